"""Drawing the eyeballs on the canvas, below the posed lids."""

import cv2
import numba as nb
import numpy as np

from motioncast.arrays import Float32, Float64, Floats, Image
from motioncast.engines.puppet.face.character_face import CharacterFace
from motioncast.engines.puppet.face.eyes import EyeLayer
from motioncast.engines.puppet.face.fill import clipped_box, outline_mask
from motioncast.engines.puppet.face.geometry import ramp
from motioncast.engines.puppet.face.measures import eye_frame
from motioncast.engines.puppet.face.mouth_kernels import tint
from motioncast.engines.puppet.face.sampling import bilinear
from motioncast.engines.puppet.face.topology import EYES, Eye, contour

_LID_LINE = 0.9  #: opacity of the margin of a moved upper lid
_LID_SHADE: Float32 = np.array([0.40, 0.33, 0.30], np.float32)  #: and its colour over that of what it covers
_SHADOW_REACH = 0.10  #: of the eye width, of the shadow below the lids


def paint_eyes(
    canvas: Image,
    coverage: Image,
    vertices_px: Floats,
    affine: Float64,
    character: CharacterFace,
    gaze: Float64,
    closure: Float64,
) -> None:
    """Draw both eyeballs of one frame into `canvas` (H, W, 3) RGB in place, only where `coverage` (H, W) has the head.

    vertices_px (468, 2 or more): posed face on the canvas. affine (2, 2): how the head turns and scales reference
    pixels. gaze (2,) and closure (2,): see `FaceTransfer`.
    """
    for side, eye in enumerate(EYES):
        _paint_eye(
            canvas, coverage, vertices_px, affine, character, character.eyes[side], eye, gaze, float(closure[side])
        )
        _line_lid(canvas, coverage, vertices_px, eye, float(closure[side]))


def _paint_eye(
    canvas: Image,
    coverage: Image,
    vertices_px: Floats,
    affine: Float64,
    character: CharacterFace,
    layer: EyeLayer,
    eye: Eye,
    gaze: Float64,
    closure: float,
) -> None:
    closing = max(closure, 0.0)
    if layer.follow == 0 and closing < 0.05:
        return  # nothing differs from the warped picture
    outline = np.asarray(vertices_px, np.float64)[contour(eye.upper, eye.lower), :2]
    box = clipped_box(outline, 2.0, (canvas.shape[1], canvas.shape[0]))
    determinant = float(np.linalg.det(affine))
    if box is None or determinant <= 1e-4:
        return
    zoom = np.sqrt(determinant)
    width = layer.width_px * zoom
    mask = outline_mask(outline - box[:2], (box[2] - box[0], box[3] - box[1]), max(0.4, 0.012 * width))
    depth = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 3)
    # lids that all but touch leave nothing to see, however thin the mask can be drawn
    gap = np.linalg.norm(vertices_px[eye.upper[2:7], :2] - vertices_px[eye.lower[2:7], :2], axis=1).mean()
    opacity = ramp(0.3, 1.6, float(gap))
    strength = (0.10 + 0.35 * closing) * (1.0 if layer.follow > 0 else ramp(0.05, 0.3, closing))
    # a coarser copy when the eye is drawn smaller than its patch
    level = int(np.clip(np.log2(max(layer.levels[0].scale / zoom, 1e-3)) + 0.35, 0, len(layer.levels) - 1))
    texture = layer.levels[level]
    centre, axis, _ = eye_frame(character.landmarks_px, eye)
    posed = outline[[0, len(eye.upper) - 1]].mean(axis=0)
    inverse = np.linalg.inv(affine) * texture.scale
    origin = inverse @ (np.array(box[:2]) - posed) + centre * texture.scale + texture.offset
    shift = gaze * layer.follow * layer.width_px
    turn = (axis * shift[0] + np.array([-axis[1], axis[0]]) * shift[1]) * texture.scale
    still = 1.0 - ramp(0.004, 0.03, float(np.hypot(*shift)) / layer.width_px)
    x0, y0, x1, y1 = box
    _blend(
        canvas[y0:y1, x0:x1],
        coverage[y0:y1, x0:x1],
        mask,
        depth.astype(np.float32),
        texture.original,
        texture.white,
        texture.iris,
        np.column_stack([inverse, origin]).astype(np.float32),
        turn.astype(np.float32),
        opacity,
        still,
        strength,
        float(_SHADOW_REACH * width),
    )


def _line_lid(canvas: Image, coverage: Image, vertices_px: Floats, eye: Eye, closure: float) -> None:
    """The dark margin of the upper lid, which the picture shows only where the lid rests."""
    share = _LID_LINE * ramp(0.05, 0.4, max(closure, -3.0 * closure))
    margin = np.asarray(vertices_px, np.float64)[eye.upper, :2]
    box = clipped_box(margin, 3.0, (canvas.shape[1], canvas.shape[0]))
    if share <= 0 or box is None:
        return
    x0, y0, x1, y1 = box
    width = 0.05 * float(np.linalg.norm(margin[0] - margin[-1]))
    # a thin line at four times the size: cv2 draws no fractional widths
    mask = np.zeros((4 * (y1 - y0), 4 * (x1 - x0)), np.uint8)
    points = np.round((margin - [x0, y0] + 0.5) * 4 * 16).astype(np.int32)
    cv2.polylines(mask, [points], False, 255, max(1, round(4 * width)), cv2.LINE_AA, 4)
    small = cv2.resize(mask, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    small = cv2.GaussianBlur(small, (0, 0), 0.35 * width + 0.2).astype(np.uint8, copy=False)
    tint(canvas[y0:y1, x0:x1], coverage[y0:y1, x0:x1], small, _LID_SHADE, share)


@nb.njit(nogil=True, cache=True)
def _blend(
    canvas: Image,
    coverage: Image,
    mask: Image,
    depth: Float32,
    original: Image,
    white: Image,
    iris: Image,
    to_patch: Float32,
    turn: Float32,
    opacity: float,
    still: float,
    shadow: float,
    reach: float,
) -> None:
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            if mask[y, x] == 0 or coverage[y, x] == 0:
                continue
            share = opacity * mask[y, x] * coverage[y, x] / 65025.0
            u = to_patch[0, 0] * x + to_patch[0, 1] * y + to_patch[0, 2]
            v = to_patch[1, 0] * x + to_patch[1, 1] * y + to_patch[1, 2]
            own = still * bilinear(original, u, v, 3) / 255.0
            cover = bilinear(iris, u - turn[0], v - turn[1], 3) / 255.0
            t = min(depth[y, x] / reach, 1.0)
            light = 1.0 - shadow * (1.0 - t * t * (3.0 - 2.0 * t))
            for c in range(3):
                ball = bilinear(white, u, v, c) * (1 - cover) + bilinear(iris, u - turn[0], v - turn[1], c) * cover
                colour = (ball * (1 - own) + bilinear(original, u, v, c) * own) * light
                canvas[y, x, c] = int(canvas[y, x, c] * (1 - share) + colour * share + 0.5)
