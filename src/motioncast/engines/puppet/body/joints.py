"""The skeleton of the reference character in its own picture.

Tracked joints sit on cloth edges as often as on limbs; a limb that turns about a point on its edge tears. So elbows,
wrists, knees and ankles are snapped to the medial axis of the matte, shoulders to that of the upper arm. All points are
(x, y) in reference pixels; left and right are the subject's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from motioncast.arrays import Float32, Float64, Floats
from motioncast.engines.puppet.body.folded_arms import are_folded
from motioncast.engines.puppet.body.medial_axis import depth_at, snapped
from motioncast.perception.landmarks import FACE_POINTS, StillLandmarks

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")
SHOULDER, ELBOW, WRIST, HAND = range(4)  #: rows of an arm
HIP, KNEE, ANKLE, TOE = range(4)  #: rows of a leg

_ARM_POINTS: Mapping[Side, tuple[int, int, int]] = {"left": (11, 13, 15), "right": (12, 14, 16)}
_KNUCKLES: Mapping[Side, tuple[int, int]] = {"left": (17, 19), "right": (18, 20)}
_LEG_POINTS: Mapping[Side, tuple[int, int, int, int]] = {"left": (23, 25, 27, 31), "right": (24, 26, 28, 32)}
_LIMB_RADIUS = 0.13  #: limb radius over torso length


@dataclass(frozen=True)
class Joints:
    """Joints of the reference character, (x, y) in reference pixels, float64. They may lie outside the picture."""

    arms: Mapping[Side, Float64]  #: (4, 2): shoulder, elbow, wrist, hand end (the knuckles)
    legs: Mapping[Side, Float64]  #: (4, 2): hip, knee, ankle, toe
    ear: Float64  #: (2,) midpoint of the ears
    has_torso: bool  #: the shoulders were seen
    has_hips: bool  #: the hips were seen; otherwise they are guesses
    has_arms: Mapping[Side, bool]  #: elbow and wrist were seen or are plausible
    has_legs: bool  #: both legs are inside the picture
    skirt: bool  #: the legs are joined by cloth; they become one layer
    arms_folded: bool = False  #: each hand lies on the other arm: they cover each other and stay as they are

    @property
    def neck(self) -> Float64:
        """(2,) midpoint of the shoulders."""
        middle: Float64 = (self.arms["left"][SHOULDER] + self.arms["right"][SHOULDER]) / 2
        return middle

    @property
    def hip(self) -> Float64:
        """(2,) midpoint of the hips."""
        middle: Float64 = (self.legs["left"][HIP] + self.legs["right"][HIP]) / 2
        return middle

    @property
    def torso_length(self) -> float:
        """Neck to hip centre, px."""
        return float(np.linalg.norm(self.neck - self.hip))

    @property
    def radius(self) -> float:
        """A typical limb radius R, px; distances in the body code are multiples of it."""
        return _LIMB_RADIUS * self.torso_length

    @property
    def framing(self) -> Literal["portrait", "half", "full"]:
        """`full`: legs are inside the picture; `half`: torso and at least one arm; `portrait`: head and shoulders."""
        if self.has_torso and self.has_legs:
            return "full"
        return "half" if self.has_torso and (self.arms_folded or any(self.has_arms.values())) else "portrait"

    def scaled(self, factor: float) -> "Joints":
        """The same joints in a picture `factor` times as large."""
        return replace(
            self,
            arms={side: arm * factor for side, arm in self.arms.items()},
            legs={side: leg * factor for side, leg in self.legs.items()},
            ear=self.ear * factor,
        )

    def with_arm(self, side: Side, arm: Float64) -> "Joints":
        """The same joints with one (4, 2) arm replaced."""
        return replace(self, arms={**self.arms, side: arm})


def find_joints(landmarks: StillLandmarks, alpha: Float32) -> Joints:
    """Joints from the landmarks of the still and the (H, W) matte of its subject.

    Where there is neither a body nor a face, head and shoulders are guessed from the silhouette; nothing moves by them.
    """
    body = landmarks.body_px
    if body is None or landmarks.body_visibility is None:
        face = landmarks.face_px
        return _from_matte(alpha) if face is None else _from_face(face[:, :2].astype(np.float64))
    seen = landmarks.body_visibility
    points = body[:, :2].astype(np.float64)
    arms = {side: _arm(landmarks, side) for side in SIDES}
    legs = {side: points[list(_LEG_POINTS[side])] for side in SIDES}
    joints = Joints(
        arms=arms,
        legs=legs,
        ear=points[[7, 8]].mean(axis=0),
        has_torso=bool(seen[[11, 12]].min() > 0.6),
        has_hips=bool(seen[[23, 24]].min() > 0.5),
        has_arms=dict.fromkeys(SIDES, False),
        has_legs=_legs_inside(legs, seen, landmarks.height),
        skirt=False,
    )
    joints = _repair_short_arm(joints, landmarks, alpha)
    joints = replace(joints, has_arms={side: _arm_inside(joints, side, seen, alpha) for side in SIDES})
    if all(joints.has_arms.values()) and are_folded(joints.arms, float(joints.neck[0]), joints.radius):
        joints = replace(joints, has_arms=dict.fromkeys(SIDES, False), arms_folded=True)
    joints = _snap_to_axis(joints, alpha, {side: tracked_hand(landmarks, side) is not None for side in SIDES})
    return replace(joints, skirt=joints.has_legs and _joined_by_cloth(joints, alpha))


def _from_matte(alpha: Float32) -> Joints:
    """The same below the upper quarter of a silhouette."""
    rows, columns = np.nonzero(alpha > 0.5)
    x, top, quarter = float(columns.mean()), float(rows.min()), 0.25 * float(np.ptp(rows) + 1)
    oval = np.empty((FACE_POINTS, 2))
    oval[:] = x, top + 0.5 * quarter
    oval[10], oval[152] = (x, top), (x, top + quarter)
    return _from_face(oval)


def _from_face(face: Float64) -> Joints:
    """Head and shoulders in the usual proportions below a face mesh (478, 2)."""
    down = face[152] - face[10]
    across = np.array([down[1], -down[0]])  # towards the subject's left, which is on the right of the picture
    neck = face[152] + 0.45 * down
    arms: dict[Side, Float64] = {}
    legs: dict[Side, Float64] = {}
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        shoulder, hip = neck + sign * 0.95 * across, neck + 2.4 * down + sign * 0.5 * across
        arms[side] = shoulder + np.outer([0, 1.4, 2.5, 2.9], down)
        legs[side] = hip + np.outer([0, 2, 4, 4.3], down)
    nowhere = dict.fromkeys(SIDES, False)
    ear = face[[234, 454]].mean(axis=0)
    return Joints(arms, legs, ear, False, False, nowhere, False, False)


def tracked_hand(landmarks: StillLandmarks, side: Side) -> Float64 | None:
    """The (21, 2) px hand of one arm, if it was found where that arm ends."""
    hand = landmarks.left_hand_px if side == "left" else landmarks.right_hand_px
    if hand is None or landmarks.body_px is None:
        return None
    fingers = hand[:, :2].astype(np.float64)
    _, elbow, wrist = landmarks.body_px[list(_ARM_POINTS[side]), :2].astype(np.float64)
    gap = np.linalg.norm(fingers - wrist, axis=1).min()
    return fingers if gap < max(np.linalg.norm(wrist - elbow), np.ptp(fingers, axis=0).max()) else None


def _arm(landmarks: StillLandmarks, side: Side) -> Float64:
    assert landmarks.body_px is not None
    points = landmarks.body_px[:, :2].astype(np.float64)
    shoulder, elbow, wrist = points[list(_ARM_POINTS[side])]
    end = points[list(_KNUCKLES[side])].mean(axis=0)
    fingers = tracked_hand(landmarks, side)
    if fingers is not None:
        end = fingers[[5, 9, 13, 17]].mean(axis=0)
        forearm, length = (float(np.linalg.norm(v)) for v in (wrist - elbow, end - fingers[0]))
        reach = (
            1.5 * _LIMB_RADIUS * float(np.linalg.norm(points[[11, 12]].mean(axis=0) - points[[23, 24]].mean(axis=0)))
        )
        if length < 0.3 * forearm:  # a fist seen end-on: the knuckles say nothing about its direction
            end = fingers.mean(axis=0)
            if np.linalg.norm(end - wrist) < 0.3 * forearm:
                end = wrist + 0.3 * (wrist - elbow)
        elif np.linalg.norm(fingers[0] - wrist) < max(reach, 1.2 * length):
            wrist = fingers[0]
        else:
            end = wrist + end - fingers[0]
    return np.stack([shoulder, elbow, wrist, end])


def _legs_inside(legs: Mapping[Side, Float64], seen: Floats, height: int) -> bool:
    knees = max(leg[KNEE, 1] for leg in legs.values())
    ankles = max(leg[ANKLE, 1] for leg in legs.values())
    return bool(seen[[25, 26]].min() > 0.5 and knees < height and ankles < 1.03 * height)


def _covered(alpha: Float32, points: Floats) -> bool:
    """Whether every (x, y) lies inside the picture and on the subject."""
    xy = np.round(points).astype(int)
    inside = (xy >= 0).all() and (xy[:, 0] < alpha.shape[1]).all() and (xy[:, 1] < alpha.shape[0]).all()
    return bool(inside and (alpha[xy[:, 1], xy[:, 0]] > 0.5).all())


def _repair_short_arm(joints: Joints, landmarks: StillLandmarks, alpha: Float32) -> Joints:
    """Replace an arm whose hand was missed by the mirror image of the other one, if the subject is there too."""
    hands = {side: tracked_hand(landmarks, side) for side in SIDES}
    for side, other in (SIDES, SIDES[::-1]):
        mine, model = joints.arms[side], joints.arms[other]
        short = np.linalg.norm(mine[HAND] - mine[ELBOW]) < 0.6 * np.linalg.norm(model[HAND] - model[ELBOW])
        if hands[side] is not None or hands[other] is None or not short:
            continue
        mirrored = mine[SHOULDER] + (model - model[SHOULDER]) * [-1.0, 1.0]
        if _covered(alpha, mirrored[ELBOW:].clip(0, [alpha.shape[1] - 1, alpha.shape[0] - 1])):
            return joints.with_arm(side, mirrored)
    return joints


def _arm_inside(joints: Joints, side: Side, seen: Floats, alpha: Float32) -> bool:
    _, elbow, wrist = _ARM_POINTS[side]
    height, width = alpha.shape
    arm = joints.arms[side]
    slack = 0.12 * height
    inside = 0 <= arm[WRIST, 0] < width and arm[WRIST, 1] < height and arm[ELBOW, 1] < height + slack
    return bool(inside and seen[elbow] > 0.3 and seen[wrist] > 0.35)


def _snap_to_axis(joints: Joints, alpha: Float32, sure_wrist: Mapping[Side, bool]) -> Joints:
    """Move each limb joint to the best nearby point of the medial axis: max of min(depth, .8 R) - .55 distance.

    Not the wrist of a tracked hand: in front of the body, the axis is the body's.
    """
    below = int(0.5 * joints.torso_length)
    solid = np.pad((alpha > 0.5).astype(np.uint8), ((0, below), (0, 0)), mode="edge")
    depth = np.asarray(cv2.distanceTransform(solid, cv2.DIST_L2, 5), np.float32)
    arms = {side: arm.copy() for side, arm in joints.arms.items()}
    legs = {side: leg.copy() for side, leg in joints.legs.items()}
    for side in SIDES:
        arms[side][ELBOW] = snapped(arms[side][ELBOW], depth, joints.radius)
        if joints.has_arms[side]:
            half_width = depth_at(depth, (arms[side][SHOULDER] + arms[side][ELBOW]) / 2)
            arms[side][SHOULDER] = snapped(arms[side][SHOULDER], depth, joints.radius, half_width)
        if not sure_wrist[side]:
            wrist = snapped(arms[side][WRIST], depth, joints.radius)
            arms[side][HAND] += wrist - arms[side][WRIST]
            arms[side][WRIST] = wrist
        for row in (KNEE, ANKLE):
            legs[side][row] = snapped(legs[side][row], depth, joints.radius)
    return replace(joints, arms=arms, legs=legs)


def _joined_by_cloth(joints: Joints, alpha: Float32) -> bool:
    """Whether the middle between the thighs is subject all the way down to the knees."""
    t = np.linspace(0.3, 1.0, 12)[:, None]
    left, right = (joints.legs[side][HIP] * (1 - t) + joints.legs[side][KNEE] * t for side in SIDES)
    xy = np.round((left + right) / 2).astype(int).clip(0, [alpha.shape[1] - 1, alpha.shape[0] - 1])
    return bool((alpha[xy[:, 1], xy[:, 0]] > 0.5).mean() > 0.85)
