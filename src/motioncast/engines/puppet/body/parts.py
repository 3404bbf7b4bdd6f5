"""Which part of the character each pixel of the matte belongs to.

Every part grows from seed lines along its bones; a pixel goes to the part with the smallest geodesic distance inside
the matte, where colour edges cost extra. Then come the
repairs listed at `segment_parts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter, gaussian_filter1d
from skimage.graph import MCP_Geometric

from motioncast.arrays import Bools, Float64, Floats, Image
from motioncast.engines.puppet.body.geometry import segment_distance
from motioncast.engines.puppet.body.joints import (
    ANKLE,
    ELBOW,
    HAND,
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
from motioncast.perception.landmarks import StillLandmarks
from motioncast.perception.matting import Matte

WORK_SIDE = 400  #: long side of the picture on which distances are computed
_BONE_STATIONS = 14


class Part(IntEnum):
    """Labels of the part map."""

    TORSO = 0  #: with the head
    LEFT_ARM = 1
    RIGHT_ARM = 2
    LEFT_LEG = 3
    RIGHT_LEG = 4
    SKIRT = 5  #: both legs and the cloth around them


ARM_PART = {"left": Part.LEFT_ARM, "right": Part.RIGHT_ARM}
LEG_PART = {"left": Part.LEFT_LEG, "right": Part.RIGHT_LEG}


@dataclass(frozen=True)
class Parts:
    """The part map and the joints it was made with."""

    labels: Image  #: (H, W) uint8 of `Part`; meaningful where the matte is not 0
    present: tuple[Part, ...]
    joints: Joints  #: hand ends may have been moved onto the hand's own pixels


@dataclass(frozen=True)
class _Work:
    """The problem at working size."""

    inside: Bools  #: (h, w) the matte
    cost: Float64  #: (h, w) price of a step
    joints: Joints
    head: Float64  #: (N, 2) points on the head
    hands: Mapping[Side, Bools]  #: (h, w) the hull of a tracked hand
    xx: Float64
    yy: Float64


def segment_parts(matte: Matte, joints: Joints, landmarks: StillLandmarks) -> Parts:
    """Split the matte into torso (with head), arms, and legs or a skirt; `landmarks` give the seeds of the head.

    After the geodesic split: the hand end is checked against the hand's pixels; an arm may not be much wider towards
    the body than away from it; torso and legs meet in a straight cut; islands join their surroundings; borders are
    smoothed.
    """
    present = _parts_of(joints)
    height, width = matte.alpha.shape
    if present == (Part.TORSO,):
        return Parts(np.zeros((height, width), np.uint8), present, joints)
    scale = min(1.0, WORK_SIDE / max(height, width))
    size = (round(width * scale), round(height * scale))
    work = _prepare(matte, joints, landmarks, scale, size)
    distances = np.stack([_grow(work, _seeds(part, work), part) for part in present])
    labels = np.asarray(present, np.uint8)[np.argmin(distances, axis=0)]
    small_joints = _check_hands(labels, work)
    labels = _limit_arm_width(labels, distances, present, work)
    if Part.LEFT_LEG in present:
        labels = _cut_hips(labels, work)
    labels = _dissolve_islands(labels, present, work.inside)
    checked = joints
    for side in SIDES:
        if small_joints.arms[side] is not work.joints.arms[side]:
            checked = checked.with_arm(side, small_joints.arms[side] / scale)
    return Parts(_enlarge(labels, present, work.inside, (width, height)), present, checked)


def _parts_of(joints: Joints) -> tuple[Part, ...]:
    if joints.framing == "portrait":
        return (Part.TORSO,)
    arms = [ARM_PART[side] for side in SIDES if joints.has_arms[side]]
    legs = [] if not joints.has_legs else [Part.SKIRT] if joints.skirt else list(LEG_PART.values())
    return (Part.TORSO, *arms, *legs)


def _prepare(matte: Matte, joints: Joints, landmarks: StillLandmarks, scale: float, size: tuple[int, int]) -> _Work:
    inside = cv2.resize(matte.alpha, size, interpolation=cv2.INTER_AREA) > 0.4
    lab = cv2.cvtColor(cv2.resize(matte.foreground, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB)
    smooth = cv2.GaussianBlur(lab, (0, 0), 1).astype(np.float32)
    gradient = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    edge = np.linalg.norm(gradient, axis=2) / 8
    yy, xx = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float64)
    hands = {side: _hull(tracked_hand(landmarks, side), scale, inside.shape) for side in SIDES}
    cost = np.where(inside, 1 + 0.35 * edge, 1e6)
    return _Work(inside, cost, joints.scaled(scale), _head_points(landmarks) * scale, hands, xx, yy)


def _hull(points: Floats | None, scale: float, shape: tuple[int, ...]) -> Bools:
    mask: Image = np.zeros(shape, np.uint8)
    if points is not None:
        cv2.fillConvexPoly(mask, cv2.convexHull(np.round(points * scale).astype(np.int32)), 1)
    return mask > 0


def _head_points(landmarks: StillLandmarks) -> Float64:
    points = [p[:, :2] for p in (landmarks.face_px,) if p is not None]
    if landmarks.body_px is not None:
        points.append(landmarks.body_px[:11, :2])
    return np.concatenate(points).astype(np.float64)


def _stroke(mask: Image, points: Sequence[Floats], thickness: int = 1) -> None:
    xy = np.round(np.stack(points)).astype(np.int32)
    cv2.polylines(mask, [xy], False, 1, thickness)


def _past(points: Floats, times: float) -> Float64:
    """The last point of a limb, moved on along its last bone."""
    moved: Float64 = points[-2] + times * (points[-1] - points[-2])
    return moved


def _seeds(part: Part, work: _Work) -> Image:
    mask = np.zeros(work.inside.shape, np.uint8)
    joints = work.joints
    if part is Part.TORSO:
        return _torso_seeds(mask, work)
    for side in SIDES:
        if part is ARM_PART[side]:
            arm = joints.arms[side]
            start = arm[SHOULDER] + 0.35 * (arm[ELBOW] - arm[SHOULDER])
            _stroke(mask, [start, arm[ELBOW], arm[WRIST], _past(arm, 1.6)])
            mask[work.hands[side]] = 1
        if part is LEG_PART[side] or part is Part.SKIRT:
            leg = joints.legs[side]
            _stroke(mask, [leg[HIP] + 0.3 * (leg[KNEE] - leg[HIP]), leg[KNEE], leg[ANKLE], leg[TOE]])
    return mask


def _torso_seeds(mask: Image, work: _Work) -> Image:
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
        _stroke(in_front, [arm[ELBOW], arm[WRIST], _past(arm, 1.6)], max(1, int(1.3 * radius)))
        _stroke(in_front, [arm[SHOULDER] + 0.4 * (arm[ELBOW] - arm[SHOULDER]), arm[ELBOW]], max(1, int(1.2 * radius)))
        mask[(in_front > 0) | work.hands[side]] = 0
    return mask


def _grow(work: _Work, seeds: Image, part: Part) -> Float64:
    """Geodesic distance to the seeds; arms are handicapped, for they are thinner than the torso."""
    starts = np.argwhere((seeds > 0) & work.inside)
    if len(starts) == 0:
        return np.full(work.inside.shape, 1e9)
    distance, _ = MCP_Geometric(work.cost).find_costs(starts.tolist())
    handicap = 0.8 if part in ARM_PART.values() else 1.0
    result: Float64 = np.maximum(np.asarray(distance, np.float64), 0) / handicap
    return result


def _check_hands(labels: Image, work: _Work) -> Joints:
    """Turn the end of an untracked hand onto the centroid of its pixels, if it points > .5 rad away from that."""
    joints = work.joints
    for side in SIDES:
        arm = joints.arms[side]
        wrist, length = arm[WRIST], float(np.linalg.norm(arm[HAND] - arm[WRIST]))
        forearm = (wrist - arm[ELBOW]) / max(float(np.linalg.norm(wrist - arm[ELBOW])), 1e-6)
        mine = (labels == ARM_PART[side]) & work.inside
        offset = np.argwhere(mine)[:, ::-1] - wrist
        offset = offset[(offset @ forearm > 0) & (np.hypot(*offset.T) < 3.2 * length)]
        if not joints.has_arms[side] or work.hands[side].any() or len(offset) <= 15:
            continue
        centre = offset.mean(axis=0)
        reach = float(np.linalg.norm(centre))
        cosine = centre @ (arm[HAND] - wrist) / max(reach * length, 1e-6)
        if np.arccos(np.clip(cosine, -1, 1)) > 0.5 and reach > 1e-6:
            moved = arm.copy()
            moved[HAND] = wrist + centre / reach * max(length, reach)
            joints = joints.with_arm(side, moved)
    return joints


def _limit_arm_width(labels: Image, distances: Floats, present: Sequence[Part], work: _Work) -> Image:
    """Give back to the body what lies farther inwards of an arm's bone than 1.2 times the arm's outer half-width."""
    result = labels.copy()
    for side in SIDES:
        part = ARM_PART[side]
        if part not in present:
            continue
        bones, nearest = _nearest_bone(work, work.joints.arms[side])
        others = np.stack(
            [d if p is not part else np.full_like(d, 1e9) for p, d in zip(present, distances, strict=True)]
        )
        runner_up = np.asarray(present, np.uint8)[np.argmin(others, axis=0)]
        for bone in (0, 1):
            mine = (labels == part) & work.inside & (nearest == bone)
            excess = _excess_inwards(work, side, bone, bones[bone][1], mine)
            result[excess] = runner_up[excess]
    return result


def _nearest_bone(work: _Work, arm: Floats) -> tuple[list[tuple[Float64, Float64]], Floats]:
    chain = np.vstack([arm[:HAND], _past(arm, 2.0)])
    bones = [segment_distance(work.xx, work.yy, chain[i], chain[i + 1]) for i in range(3)]
    return bones, np.argmin([distance for distance, _ in bones], axis=0)


def _excess_inwards(work: _Work, side: Side, bone: int, t: Floats, mine: Bools) -> Bools:
    joints, radius = work.joints, work.joints.radius
    arm = joints.arms[side]
    start, along = arm[bone], arm[bone + 1] - arm[bone]
    along = along / max(float(np.linalg.norm(along)), 1e-6)
    across = (work.yy - start[1]) * along[0] - (work.xx - start[0]) * along[1]
    to_body = (joints.neck + joints.hip) / 2 - (arm[bone] + arm[bone + 1]) / 2
    outward = -np.sign(to_body[1] * along[0] - to_body[0] * along[1]) * across
    station = np.clip((t * _BONE_STATIONS).astype(int), 0, _BONE_STATIONS - 1)
    width = np.full(_BONE_STATIONS, np.nan)
    for i in range(_BONE_STATIONS):
        values = outward[mine & (station == i) & (outward > 0)]
        if len(values) > 2:
            width[i] = np.percentile(values, 97)
    known = ~np.isnan(width)
    if not known.any():
        return np.zeros_like(mine)
    width = np.interp(np.arange(_BONE_STATIONS), np.flatnonzero(known), width[known])
    width = gaussian_filter1d(np.maximum(width, 0.35 * radius), 1.2, mode="nearest")
    hand = np.hypot(work.xx - arm[HAND, 0], work.yy - arm[HAND, 1])
    limited = hand > 1.6 * np.linalg.norm(arm[HAND] - arm[WRIST])
    limited &= ~work.hands[side]
    if bone == SHOULDER:
        limited &= t >= 0.35
    excess: Bools = mine & limited & (outward < -(1.2 * width[station] + 1))
    return excess


def _cut_hips(labels: Image, work: _Work) -> Image:
    """A straight border between torso and legs across the thigh, at 22 %; colours make saw-teeth there."""
    joints = work.joints
    best, owner, t = np.full(labels.shape, np.inf), np.zeros_like(labels), np.zeros(labels.shape)
    for side in SIDES:
        distance, along = segment_distance(work.xx, work.yy, joints.legs[side][HIP], joints.legs[side][KNEE])
        closer = distance < best
        best = np.where(closer, distance, best)
        owner[closer] = LEG_PART[side]
        t = np.where(closer, along, t)
    zone = np.isin(labels, [Part.TORSO, *LEG_PART.values()]) & (t > -0.2) & (t < 0.6)
    zone &= work.yy > joints.hip[1] - joints.radius
    return np.where(zone, np.where(t > 0.22, owner, Part.TORSO), labels).astype(np.uint8)


def _dissolve_islands(labels: Image, present: Sequence[Part], inside: Bools) -> Image:
    """Every pixel takes the label of the nearest pixel in the largest piece of some part."""
    main = np.zeros(labels.shape, bool)
    for part in present:
        count, piece, stats, _ = cv2.connectedComponentsWithStats(((labels == part) & inside).astype(np.uint8))
        if count > 1:
            area = stats[1:, cv2.CC_STAT_AREA]
            main |= piece == 1 + int(np.argmax(area))
            if part is Part.TORSO:  # arms folded in front may cut off the lap, which is no island
                bottom = stats[1:, cv2.CC_STAT_TOP] + stats[1:, cv2.CC_STAT_HEIGHT] >= labels.shape[0] - 1
                main |= np.isin(piece, 1 + np.flatnonzero(bottom & (area > 0.06 * area.max())))
    if not main.any():
        return labels
    _, (rows, columns) = distance_transform_edt(~main, return_indices=True)
    result: Image = labels[rows, columns]
    return result


def _enlarge(labels: Image, present: Sequence[Part], inside: Bools, size: tuple[int, int]) -> Image:
    """Upsample by smoothing each part's mask, so that borders come out as curves."""
    shares = [
        cv2.resize(
            gaussian_filter(((labels == part) & inside).astype(np.float32), 1.2), size, interpolation=cv2.INTER_CUBIC
        )
        for part in present
    ]
    result: Image = np.asarray(present, np.uint8)[np.argmax(np.stack(shares), axis=0)]
    return result
