"""The drawn pose that the model is steered by, as the official preprocessing of Wan2.2-Animate draws it.

Colours, order, sizes and roundings are those of `draw_aapose_by_meta_new` (Wan-Video/Wan2.2,
`wan/modules/animate/preprocess/human_visualization.py`): limbs as filled ellipses, then the points, then the left and
the right hand. The face is not drawn: the model sees it in a picture of its own.
"""

import colorsys
import math

import cv2
import numpy as np

from motioncast.arrays import Float32, Image, Int32
from motioncast.engines.wan.conditions.limbs import COLOURS, LIMBS, THRESHOLD, drawn_points
from motioncast.engines.wan.conditions.wholebody import LEFT_HAND, RIGHT_HAND
from motioncast.perception.skeleton import HAND_BONES

_DIMMED = 0.6  #: brightness of a limb relative to its colour
_BLUE = (0, 0, 255)
_FARTHEST_PX = 1e5  #: OpenCV takes whole pixel numbers only, and not every one
_HAND_COLOURS = tuple(
    tuple(255 * channel for channel in colorsys.hsv_to_rgb(bone / len(HAND_BONES), 1.0, 1.0))
    for bone in range(len(HAND_BONES))
)


def line_width(size: tuple[int, int]) -> int:
    """Half the thickness of a limb and the radius of a point on a canvas of `size` (W, H), in px."""
    return max(int(min(size) / 200) - 1, 1)


def draw_pose(points_px: Float32, scores: Float32, size: tuple[int, int]) -> Image:
    """The pose as (H, W, 3) uint8 RGB on black, for a canvas of `size` (W, H).

    points_px (133, 2) and scores (133,) are COCO-WholeBody's, in pixels of that canvas: draw at the final size, for
    the width of the lines hangs on it. A point whose score is below `THRESHOLD` is left out with its limbs.
    """
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    seen = np.where(np.isfinite(points_px).all(axis=1), scores, 0)
    points_px = np.clip(np.nan_to_num(points_px), -_FARTHEST_PX, _FARTHEST_PX)
    width = line_width(size)
    _draw_body(canvas, *drawn_points(points_px, seen), width)
    for hand in (LEFT_HAND, RIGHT_HAND):
        _draw_hand(canvas, points_px[hand].astype(np.int32), seen[hand], max(width // 2, 1))
    return canvas


def _draw_body(canvas: Image, points_px: Float32, scores: Float32, width: int) -> None:
    for (start, end), colour in zip(LIMBS, COLOURS, strict=False):  # the last colour belongs to a point only
        if min(scores[start], scores[end]) >= THRESHOLD:
            dimmed = [int(channel * _DIMMED) for channel in colour]
            cv2.fillConvexPoly(canvas, _ellipse(points_px[start], points_px[end], width), dimmed)
    for (x, y), score, colour in zip(points_px.astype(np.int32).tolist(), scores, COLOURS, strict=True):
        if score >= THRESHOLD:
            cv2.circle(canvas, (x, y), width, colour, cv2.FILLED)


def _ellipse(start_px: Float32, end_px: Float32, width: int) -> Int32:
    """(K, 2) outline of the ellipse over a limb; centre, half length and degrees are cut to whole numbers."""
    centre_x, centre_y = ((start_px + end_px) / 2).tolist()
    along_x, along_y = (start_px - end_px).tolist()
    half, degrees = math.hypot(along_x, along_y) / 2, math.degrees(math.atan2(along_y, along_x))
    outline = cv2.ellipse2Poly((int(centre_x), int(centre_y)), (int(half), width), int(degrees), 0, 360, 1)
    return np.asarray(outline, np.int32)


def _draw_hand(canvas: Image, points_px: Int32, scores: Float32, width: int) -> None:
    """Bones (20) in the colours of the rainbow, then the points (21) in blue.

    What touches the first row or column, or lies beyond it, is left out: there the official detector puts what it
    does not find.
    """
    seen = (scores >= THRESHOLD) & (points_px > 0).all(axis=1)
    places = points_px.tolist()
    for (start, end), colour in zip(HAND_BONES.tolist(), _HAND_COLOURS, strict=True):
        if seen[start] and seen[end]:
            cv2.line(canvas, places[start], places[end], colour, width)
    for place, visible in zip(places, seen, strict=True):
        if visible:
            cv2.circle(canvas, place, width, _BLUE, cv2.FILLED)
