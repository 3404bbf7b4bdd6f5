"""What the split into parts starts from: the matte at working size, the price of a step in it, seeds on the bones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from motioncast.arrays import Bools, Float64, Floats, Image
from motioncast.engines.puppet.body.joints import (
    ANKLE,
    ELBOW,
    HIP,
    KNEE,
    SHOULDER,
    SIDES,
    TOE,
    WRIST,
    Joints,
    Side,
    tracked_hand,
)
from motioncast.engines.puppet.body.part import ARM_PART, LEG_PART, Part
from motioncast.perception.landmarks import StillLandmarks
from motioncast.perception.matting import Matte


@dataclass(frozen=True)
class Problem:
    """The problem at working size."""

    inside: Bools  #: (h, w) the matte
    cost: Float64  #: (h, w) price of a step
    joints: Joints
    head: Float64  #: (N, 2) points on the head
    hands: Mapping[Side, Bools]  #: (h, w) the hull of a tracked hand
    xx: Float64
    yy: Float64


def pose_problem(
    matte: Matte, joints: Joints, landmarks: StillLandmarks, scale: float, size: tuple[int, int]
) -> Problem:
    inside = cv2.resize(matte.alpha, size, interpolation=cv2.INTER_AREA) > 0.4
    lab = cv2.cvtColor(cv2.resize(matte.foreground, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB)
    smooth = cv2.GaussianBlur(lab, (0, 0), 1).astype(np.float32)
    gradient = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    edge = np.linalg.norm(gradient, axis=2) / 8
    yy, xx = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float64)
    hands = {side: _hull(tracked_hand(landmarks, side), scale, inside.shape) for side in SIDES}
    cost = np.where(inside, 1 + 0.35 * edge, 1e6)
    return Problem(inside, cost, joints.scaled(scale), _head_points(landmarks) * scale, hands, xx, yy)


def _hull(points: Floats | None, scale: float, shape: tuple[int, ...]) -> Bools:
    mask: Image = np.zeros(shape, np.uint8)
    if points is not None:
        cv2.fillConvexPoly(mask, cv2.convexHull(np.round(points * scale).astype(np.int32)), 1)
    return mask > 0


def head_mask(landmarks: StillLandmarks, shape: tuple[int, int]) -> Bools:
    """(H, W) the hull of what was found of the head in a picture of that shape."""
    return _hull(_head_points(landmarks), 1.0, shape)


def _head_points(landmarks: StillLandmarks) -> Float64:
    points = [p[:, :2] for p in (landmarks.face_px,) if p is not None]
    if landmarks.body_px is not None:
        points.append(landmarks.body_px[:11, :2])
    return np.concatenate(points).astype(np.float64)


def _stroke(mask: Image, points: Sequence[Floats], thickness: int = 1) -> None:
    xy = np.round(np.stack(points)).astype(np.int32)
    cv2.polylines(mask, [xy], False, 1, thickness)


def past_end(points: Floats, times: float) -> Float64:
    """The last point of a limb, moved on along its last bone."""
    moved: Float64 = points[-2] + times * (points[-1] - points[-2])
    return moved


def seeds_of(part: Part, work: Problem) -> Image:
    mask = np.zeros(work.inside.shape, np.uint8)
    joints = work.joints
    if part is Part.TORSO:
        return _torso_seeds(mask, work)
    for side in SIDES:
        if part is ARM_PART[side]:
            arm = joints.arms[side]
            start = arm[SHOULDER] + 0.35 * (arm[ELBOW] - arm[SHOULDER])
            _stroke(mask, [start, arm[ELBOW], arm[WRIST], past_end(arm, 1.6)])
            mask[work.hands[side]] = 1
        if part is LEG_PART[side] or part is Part.SKIRT:
            leg = joints.legs[side]
            _stroke(mask, [leg[HIP] + 0.3 * (leg[KNEE] - leg[HIP]), leg[KNEE], leg[ANKLE], leg[TOE]])
    return mask


def _torso_seeds(mask: Image, work: Problem) -> Image:
    """A shrunk shoulder-hip quad, the neck and the face, less the arms that lie in front of them."""
    joints = work.joints
    neck, hip, radius = joints.neck, joints.hip, joints.radius
    (left, right), (left_hip, right_hip) = (
        [joints.arms[side][SHOULDER] for side in SIDES],
        [joints.legs[side][HIP] for side in SIDES],
    )
    quad = [neck + 0.75 * (left - neck), neck + 0.75 * (right - neck)]
    quad += [hip + 0.9 * (right_hip - hip), hip + 0.9 * (left_hip - hip)]
    cv2.fillPoly(mask, [np.round(quad).astype(np.int32)], 1)
    _stroke(mask, [neck, joints.ear], max(1, int(radius)))
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(work.head).astype(np.int32)), 1)
    if joints.has_hips and not joints.has_legs:  # a lap or the skirt of a robe must not go to the arms above it
        for leg in joints.legs.values():
            _stroke(mask, [leg[HIP], leg[KNEE]], max(1, int(radius)))
    for side in SIDES:
        if not joints.has_arms[side]:
            continue
        arm = joints.arms[side]
        in_front = np.zeros_like(mask)
        _stroke(in_front, [arm[ELBOW], arm[WRIST], past_end(arm, 1.6)], max(1, int(1.3 * radius)))
        _stroke(in_front, [arm[SHOULDER] + 0.4 * (arm[ELBOW] - arm[SHOULDER]), arm[ELBOW]], max(1, int(1.2 * radius)))
        mask[(in_front > 0) | work.hands[side]] = 0
    return mask
