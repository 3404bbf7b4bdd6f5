"""Our landmarks as COCO-WholeBody's 133 points, which the official preprocessing works with.

Order (Jin et al., "Whole-Body Human Pose Estimation in the Wild", 2020): 17 body points of COCO, 6 of the feet, 68 of
the face (iBUG 300-W), 21 of the left and 21 of the right hand. Left and right are the person's own.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.ndimage import uniform_filter1d

from motioncast.arrays import Bools, Float32, Int32
from motioncast.perception.landmarks import (
    BODY_POINTS,
    FACE_POINTS,
    HAND_POINTS,
    SURE_SPREAD,
    PerformanceTrack,
    StillLandmarks,
)
from motioncast.perception.skeleton import FACE_SIDES, NOSE_TIP, Body

POINTS = 133
BODY, FEET, FACE = slice(0, 17), slice(17, 23), slice(23, 91)
LEFT_HAND, RIGHT_HAND = slice(91, 112), slice(112, 133)
_Part: TypeAlias = tuple[Float32, Bools]  # points (N, K, 3) px, and whether they were found, (N,)
_FOUND = 0.9  #: score of a point whose network tells only that the whole part is there
_HEAD, _FRONT = slice(0, 5), slice(0, 3)  # nose, eyes and ears; those of them that the back of a head hides
_EYES = ([362, 263], [33, 133])  #: face mesh: the corners of the left and of the right eye
_HIDING_TURN = 0.7  #: sine of the turn of the head that hides the far ear

#: (23,) BlazePose's landmark for each body and foot point. It has one toe a foot, which stands for the big and the
#: small one: only the middle of the two is ever drawn.
_OF_BODY: Int32 = np.array(
    [
        Body.NOSE, Body.LEFT_EYE, Body.RIGHT_EYE, Body.LEFT_EAR, Body.RIGHT_EAR,
        Body.LEFT_SHOULDER, Body.RIGHT_SHOULDER, Body.LEFT_ELBOW, Body.RIGHT_ELBOW, Body.LEFT_WRIST, Body.RIGHT_WRIST,
        Body.LEFT_HIP, Body.RIGHT_HIP, Body.LEFT_KNEE, Body.RIGHT_KNEE, Body.LEFT_ANKLE, Body.RIGHT_ANKLE,
        Body.LEFT_TOE, Body.LEFT_TOE, Body.LEFT_HEEL, Body.RIGHT_TOE, Body.RIGHT_TOE, Body.RIGHT_HEEL,
    ],
    np.int32,
)  # fmt: skip

#: (68,) the face mesh's landmark for each iBUG point
_OF_FACE: Int32 = np.array(
    [
        *(127, 234, 93, 132, 58, 136, 149, 148, 152, 377, 378, 365, 288, 361, 323, 454, 356),  # jaw, right to left
        *(70, 63, 105, 66, 107), *(336, 296, 334, 293, 300),  # brows
        *(168, 197, 5, 4), *(98, 97, 2, 326, 327),  # bridge and underside of the nose
        *(33, 160, 158, 133, 153, 144), *(362, 385, 387, 263, 373, 380),  # eyes
        *(61, 40, 37, 0, 267, 270, 291, 405, 314, 17, 84, 181),  # outer rim of the lips
        *(78, 81, 13, 311, 308, 402, 14, 178),  # inner rim
    ],
    np.int32,
)  # fmt: skip


_SHOULDERS, _WRISTS = (5, 6), (9, 10)  #: of COCO's body points, left and right
_NEAR_WRIST = 0.3  #: of the shoulders' width
_FADE_FRAMES = 5


@dataclass(frozen=True)
class WholeBody:
    """One person's 133 points in N frames."""

    points_px: Float32  #: (N, 133, 2) canvas px, the centre of the top-left pixel at (0, 0)
    scores: Float32  #: (N, 133) confidence, 0..1
    width: int  #: of the canvas, px
    height: int  #: of the canvas, px

    def __len__(self) -> int:
        return len(self.points_px)


def wholebody_of_track(track: PerformanceTrack) -> WholeBody:
    """The performer in every frame of a track, on the track's canvas. A part that was not found has score 0."""
    return _joined(
        (track.width, track.height),
        (track.body_px, np.where(track.body_valid[:, None], track.body_visibility, 0).astype(np.float32)),
        (track.face_px, track.face_valid),
        ((track.left_hand_px, track.left_hand_valid), (track.right_hand_px, track.right_hand_valid)),
    )


def wholebody_of_still(still: StillLandmarks) -> WholeBody:
    """The person of a picture, N = 1, on the picture's canvas. A part that was not found has score 0."""
    visibility = np.zeros((1, BODY_POINTS), np.float32)
    if still.body_px is not None and still.body_visibility is not None:
        visibility = still.body_visibility[None]
    face = still.face_px if still.face_spread < SURE_SPREAD else None
    return _joined(
        (still.width, still.height),
        (_one(still.body_px, BODY_POINTS)[0], visibility),
        _one(face, FACE_POINTS),
        (_one(still.left_hand_px, HAND_POINTS), _one(still.right_hand_px, HAND_POINTS)),
    )


def _one(points: Float32 | None, count: int) -> _Part:
    """One frame of a part: its points (1, count, 3), zeros where it was not found, and whether it was."""
    if points is None:
        return np.zeros((1, count, 3), np.float32), np.array([False])
    return points[None], np.array([True])


def _joined(size: tuple[int, int], body: tuple[Float32, Float32], face: _Part, hands: tuple[_Part, _Part]) -> WholeBody:
    """`body`: points (N, 33, 3) px and their visibility (N, 33)."""
    points_px, scores = body[0][:, _OF_BODY], body[1][:, _OF_BODY]
    scores[:, _FRONT] *= face[1][:, None] | ~_turned_away(body[0])[:, None]
    mesh_px, mesh_scores = _head_of_mesh(face[0])
    found = face[1][:, None]
    points_px[:, _HEAD] = np.where(found[..., None], mesh_px, points_px[:, _HEAD])
    scores[:, _HEAD] = np.where(found, mesh_scores, scores[:, _HEAD])
    joined = [_on_wrist(points_px, wrist, *hand) for wrist, hand in zip(_WRISTS, hands, strict=True)]
    parts = (
        (face[0][:, _OF_FACE], face[1]),
        *((hand_px, hand[1]) for hand_px, hand in zip(joined, hands, strict=True)),
    )
    return WholeBody(
        np.concatenate([points_px, *(part for part, _ in parts)], axis=1)[..., :2].astype(np.float32),
        np.concatenate([scores, *(_flagged(part, valid) for part, valid in parts)], axis=1).astype(np.float32),
        *size,
    )


def _on_wrist(points_px: Float32, wrist: int, hand_px: Float32, found: Bools) -> Float32:
    """The hand (N, 21, 3) with its root on the wrist of the body's points (N, 17 + 6, 3), which is moved to meet it.

    The hand's own network places it better, so the wrist goes there where the hand is found, and fades back over a few
    frames where it is not: a forearm that jumps would be a motion. A hand far from the wrist stays, and so does the
    wrist: one of the two is another's.
    """
    gap_px = hand_px[:, 0] - points_px[:, wrist]
    shoulders_px = np.linalg.norm((points_px[:, _SHOULDERS[0]] - points_px[:, _SHOULDERS[1]])[:, :2], axis=1)
    near = found & (np.linalg.norm(gap_px[:, :2], axis=1) < _NEAR_WRIST * np.median(shoulders_px))
    moved_px = uniform_filter1d(np.where(near[:, None], gap_px, 0), _FADE_FRAMES, axis=0, mode="nearest")
    points_px[:, wrist] += moved_px
    return hand_px + np.where(near[:, None], moved_px - gap_px, 0)[:, None]


def _flagged(points: Float32, valid: Bools) -> Float32:
    """Scores (N, K) of a part's points (N, K, 3) that is there or not (N,)."""
    return np.repeat(np.float32(_FOUND) * valid[:, None], points.shape[1], axis=1)


def _head_of_mesh(mesh_px: Float32) -> tuple[Float32, Float32]:
    """Nose, eyes and ears (N, 5, 3) px of a face mesh (N, 478, 3), and their scores (N, 5).

    BlazePose's own lie well inside the face: the nose on its bridge, the ears on the cheeks. The ear on the far side
    of a head that is turned far aside is hidden, as whole-body detectors see it.
    """
    eyes = [mesh_px[:, corners].mean(axis=1) for corners in _EYES]
    ears = mesh_px[:, [FACE_SIDES[1], FACE_SIDES[0]]]
    across = ears[:, 0] - ears[:, 1]
    sine = across[:, 2] / np.maximum(np.linalg.norm(across, axis=1), 1e-6)
    hidden = np.stack([sine, -sine], axis=1) > _HIDING_TURN
    scores = np.full((len(mesh_px), 5), _FOUND, np.float32)
    scores[:, 3:][hidden] = 0
    return np.concatenate([mesh_px[:, NOSE_TIP, None], np.stack(eyes, axis=1), ears], axis=1), scores


def _turned_away(body_px: Float32) -> Bools:
    """(N,) the nose is farther from the camera than the ears: BlazePose calls it visible all the same."""
    ears_z = body_px[:, [Body.LEFT_EAR, Body.RIGHT_EAR], 2].mean(axis=1)
    return np.asarray(body_px[:, Body.NOSE, 2] > ears_z, np.bool_)
