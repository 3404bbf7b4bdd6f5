"""The performer's face, cut out of the driving frames for the motion encoder.

The box is the one the model was trained with (Wan2.2, animate preprocessing: `get_face_bboxes`): the box of the 68 face
points with 1.3 times its area, three quarters of the growth in height above and one below, clipped to the frame, then
stretched to 512 x 512. The crop is kept non-square on purpose: the encoder saw every training face stretched that way,
so a square crop would show it narrower faces than it knows.

What is ours: boxes are steady (no jitter that reads as motion of the face), and a frame without a face has one too.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from motioncast.arrays import Bools, Float32, Float64, Image, Int32
from motioncast.engines.wan.conditions.wholebody import FACE, WholeBody
from motioncast.perception.gaps import fill_gaps
from motioncast.perception.smoothing import event_preserving

FACE_PX = 512
_GROWTH = float(np.sqrt(1.3)) - 1.0  #: of each side, for 1.3 times the area
_HEAD, _SHOULDERS = slice(0, 5), slice(5, 7)  #: COCO body points; the head's are nose, eyes, ears
#: Side of the box by the head points' largest distance from their middle, and how far the box's middle lies below
#: theirs, in sides: medians over real clips that show both (2.5-2.95 and .12-.2)
_FACE_OF_HEAD, _FACE_BELOW_HEAD = 2.7, 0.15
_SEEN = 0.3  #: median score from which a group of points counts as seen
_LEAST_PX = 6  #: a box with a shorter side shows no face
_STEADY_FRAMES = 1.5  #: standard deviation of the smoothing over time
_JITTER = 0.01  #: of a box's longer side: what an edge may shake by itself


@dataclass(frozen=True)
class FaceBoxes:
    """Where to cut in each of N frames."""

    edges_px: Int32  #: (N, 4) left, top, right, bottom; right and bottom are outside; all 0 where there is no head
    found: Bools  #: (N,) whether the face itself was seen; elsewhere the box is where it must be

    def __len__(self) -> int:
        return len(self.found)


def face_boxes(body: WholeBody, cuts: tuple[int, ...] = ()) -> FaceBoxes:
    """The box of every frame, in pixels of the canvas of `body`; `cuts` are the first frames of shots but the first.

    A frame without a face (turned away) has the box between the last and the next one with a face, carried along with
    the head of the body; before the first face it is the first one's, after the last the last one's. A shot without any
    face has boxes around the head of the body, and one without a head has none.
    """
    bounds = np.array([body.width, body.height] * 2, np.float64)
    points, found = _points(body, FACE)
    tight = _official_edges(points)
    found &= _seen(body.scores[:, FACE]) & _shows_something(np.clip(tight, 0, bounds))
    edges = np.zeros((len(found), 4))
    for shot in np.split(np.arange(len(found), dtype=np.int32), list(cuts)):
        if found[shot].any():
            edges[shot] = _of_faces(tight[shot], found[shot], _head_centres(body, shot))
        else:
            edges[shot] = _of_heads(body, shot)
    whole = np.clip(np.floor(edges + 1e-3), 0, bounds)
    whole[~_shows_something(whole)] = 0
    return FaceBoxes(whole.astype(np.int32), found)


def crop_face(frame: Image, edges_px: Int32) -> Image:
    """(512, 512, 3) picture of one box (4,) of `FaceBoxes` in the (H, W, 3) frame; black if the box is empty.

    Black is what the model knows as "no expression": its unconditional faces are all -1.
    """
    left, top, right, bottom = edges_px.tolist()
    face = frame[top:bottom, left:right]
    if face.size == 0:
        return np.zeros((FACE_PX, FACE_PX, 3), np.uint8)
    shrinks = min(face.shape[:2]) > FACE_PX
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(face, (FACE_PX, FACE_PX), interpolation=way), np.uint8)


def _official_edges(face_px: Float64) -> Float64:
    """(N, 4) edges of the grown box around points (N, 68, 2)."""
    low, high = face_px.min(axis=1), face_px.max(axis=1)
    grown = (high - low) * _GROWTH
    left, right = low[:, 0] - grown[:, 0] / 2, high[:, 0] + grown[:, 0] / 2
    top, bottom = low[:, 1] - grown[:, 1] * 0.75, high[:, 1] + grown[:, 1] * 0.25
    return np.stack([left, top, right, bottom], axis=1)


def _of_faces(tight: Float64, found: Bools, centres: Float64) -> Float64:
    """Boxes (n, 4) of a shot: relative to the head `centres` (n, 2) while the face is away, then steadied."""
    carried = np.tile(centres, 2)
    away = fill_gaps(np.where(found[:, None], tight - carried, 0.0), found) + carried
    return _steadied(away)


def _of_heads(body: WholeBody, shot: Int32) -> Float64:
    """Boxes (n, 4) of a shot without a face, from the body's nose, eyes and ears; zero where there is no head."""
    head, seen = _heads(body, shot)
    if not seen.any():
        return np.zeros((len(shot), 4))
    centres = _head_centres(body, shot)
    reach = np.linalg.norm(head - head.mean(axis=1, keepdims=True), axis=2).max(axis=1)
    side = _FACE_OF_HEAD * fill_gaps(reach, seen)[:, None]
    middle = centres + side * np.array([0.0, _FACE_BELOW_HEAD])
    return _steadied(np.hstack([middle - side / 2, middle + side / 2]))


def _steadied(edges: Float64) -> Float64:
    """Boxes (n, 4) of a shot without the jitter of a detector; real motion, however sudden, stays as it is."""
    side = float(np.median((edges[:, 2:] - edges[:, :2]).max(axis=1)))
    return event_preserving(edges, max(_JITTER * side, 1e-6), _STEADY_FRAMES)


def _head_centres(body: WholeBody, shot: Int32) -> Float64:
    """(n, 2) middle of the head's body points, filled in where they are not seen; zero if they never are."""
    head, seen = _heads(body, shot)
    return fill_gaps(head.mean(axis=1), seen)


def _heads(body: WholeBody, shot: Int32) -> tuple[Float64, Bools]:
    """(n, 5, 2) the body's points of the head, zero where there is none, and (n,) where there is one.

    Whoever turns their back hides nose and eyes, but not where the head is: shoulders are enough to trust the points.
    """
    head, known = _points(body, _HEAD)
    trusted = known & (_seen(body.scores[:, _HEAD]) | _seen(body.scores[:, _SHOULDERS]))
    seen: Bools = trusted[shot]
    return np.where(seen[:, None, None], head[shot], 0.0), seen


def _points(body: WholeBody, part: slice) -> tuple[Float64, Bools]:
    """(N, K, 2) points of a part, and (N,) whether they are numbers; zero where they are not."""
    points = body.points_px[:, part].astype(np.float64)
    known = np.asarray(np.isfinite(points).all(axis=(1, 2)))
    return np.where(known[:, None, None], points, 0.0), known


def _seen(scores: Float32) -> Bools:
    """(N,) from scores (N, K)."""
    return np.asarray(np.median(np.nan_to_num(scores), axis=1) >= _SEEN)


def _shows_something(edges: Float64) -> Bools:
    return np.asarray((edges[:, 2:] - edges[:, :2]).min(axis=1) >= _LEAST_PX)
