"""Which part of the character each pixel of the matte belongs to.

Every part grows from seed lines along its bones; a pixel goes to the part with the smallest geodesic distance inside
the matte, where colour edges cost extra. Then come the
repairs listed at `segment_parts`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter, gaussian_filter1d
from skimage.graph import MCP_Geometric

from motioncast.arrays import Bools, Float64, Floats, Image
from motioncast.engines.puppet.body.geometry import segment_distance
from motioncast.engines.puppet.body.hand_cut import bare_wrists, recut_hands
from motioncast.engines.puppet.body.joints import ELBOW, HAND, HIP, KNEE, SHOULDER, SIDES, WRIST, Joints, Side
from motioncast.engines.puppet.body.part import ARM_PART, LEG_PART, Part
from motioncast.engines.puppet.body.seeds import Problem, head_mask, past_end, pose_problem, seeds_of
from motioncast.engines.puppet.body.shoulder import cut_shoulders
from motioncast.perception.landmarks import StillLandmarks
from motioncast.perception.matting import Matte

WORK_SIDE = 400  #: long side of the picture on which distances are computed
_BONE_STATIONS = 14


@dataclass(frozen=True)
class Parts:
    """The part map and the joints it was made with."""

    labels: Image  #: (H, W) uint8 of `Part`; meaningful where the matte is not 0
    present: tuple[Part, ...]
    joints: Joints  #: hand ends may have been moved onto the hand's own pixels


def segment_parts(matte: Matte, joints: Joints, landmarks: StillLandmarks) -> Parts:
    """Split the matte into torso (with head), arms, and legs or a skirt; `landmarks` give the seeds of the head.

    After the geodesic split: the hand end is checked against the hand's pixels; an arm may not be much wider towards
    the body than away from it; torso and legs meet in a straight cut; islands join their surroundings; borders are
    smoothed; upper arms are cut off along their own width.
    """
    present = _parts_of(joints)
    height, width = matte.alpha.shape
    if present == (Part.TORSO,):
        return Parts(np.zeros((height, width), np.uint8), present, joints)
    scale = min(1.0, WORK_SIDE / max(height, width))
    size = (round(width * scale), round(height * scale))
    work = pose_problem(matte, joints, landmarks, scale, size)
    distances = np.stack([_grow(work, seeds_of(part, work), part) for part in present])
    labels = np.asarray(present, np.uint8)[np.argmin(distances, axis=0)]
    small_joints = _check_hands(labels, work)
    hands = bare_wrists(matte, joints, landmarks)
    labels = _limit_arm_width(labels, distances, present, work, hands.keys())
    if Part.LEFT_LEG in present:
        labels = _cut_hips(labels, work)
    labels = _dissolve_islands(labels, present, work.inside, seeds_of(Part.TORSO, work) > 0)
    checked = joints
    for side in SIDES:
        if small_joints.arms[side] is not work.joints.arms[side]:
            checked = checked.with_arm(side, small_joints.arms[side] / scale)
    large = _enlarge(labels, present, work.inside, (width, height), 0.1 * work.joints.radius)
    large = cut_shoulders(large, matte, checked, head_mask(landmarks, (height, width)))
    return Parts(recut_hands(large, matte, checked, hands), present, checked)


def _parts_of(joints: Joints) -> tuple[Part, ...]:
    if joints.framing == "portrait":
        return (Part.TORSO,)
    arms = [ARM_PART[side] for side in SIDES if joints.has_arms[side]]
    legs = [] if not joints.has_legs else [Part.SKIRT] if joints.skirt else list(LEG_PART.values())
    return (Part.TORSO, *arms, *legs)


def _grow(work: Problem, seeds: Image, part: Part) -> Float64:
    """Geodesic distance to the seeds; arms are handicapped, for they are thinner than the torso."""
    starts = np.argwhere((seeds > 0) & work.inside)
    if len(starts) == 0:
        return np.full(work.inside.shape, 1e9)
    distance, _ = MCP_Geometric(work.cost).find_costs(starts.tolist())
    handicap = 0.8 if part in ARM_PART.values() else 1.0
    result: Float64 = np.maximum(np.asarray(distance, np.float64), 0) / handicap
    return result


def _check_hands(labels: Image, work: Problem) -> Joints:
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


def _limit_arm_width(
    labels: Image, distances: Floats, present: Sequence[Part], work: Problem, bare: Collection[Side]
) -> Image:
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
        hand = work.hands[side] if side in bare else _hand_zone(work, side)
        mine = (labels == part) & work.inside & ~hand
        for bone in (SHOULDER, ELBOW):
            excess = _excess_inwards(work, side, bone, bones[bone][1], mine & (nearest == bone))
            result[excess] = runner_up[excess]
    return result


def _hand_zone(work: Problem, side: Side) -> Bools:
    """Where a sleeved arm may be as wide as it likes: the hand, and within 1.6 hand lengths of the knuckles."""
    arm = work.joints.arms[side]
    distance = np.hypot(work.xx - arm[HAND, 0], work.yy - arm[HAND, 1])
    zone: Bools = work.hands[side] | (distance <= 1.6 * np.linalg.norm(arm[HAND] - arm[WRIST]))
    return zone


def _nearest_bone(work: Problem, arm: Floats) -> tuple[list[tuple[Float64, Float64]], Floats]:
    chain = np.vstack([arm[:HAND], past_end(arm, 2.0)])
    bones = [segment_distance(work.xx, work.yy, chain[i], chain[i + 1]) for i in range(3)]
    return bones, np.argmin([distance for distance, _ in bones], axis=0)


def _excess_inwards(work: Problem, side: Side, bone: int, t: Floats, mine: Bools) -> Bools:
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
    excess: Bools = mine & (outward < -(1.2 * width[station] + 1))
    if bone == SHOULDER:
        excess &= t >= 0.35
    return excess


def _cut_hips(labels: Image, work: Problem) -> Image:
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


def _dissolve_islands(labels: Image, present: Sequence[Part], inside: Bools, torso_seeds: Bools) -> Image:
    """Every pixel takes the label of the nearest pixel in the largest piece of some part."""
    main = np.zeros(labels.shape, bool)
    for part in present:
        count, piece, stats, _ = cv2.connectedComponentsWithStats(((labels == part) & inside).astype(np.uint8))
        if count > 1:
            area = stats[1:, cv2.CC_STAT_AREA]
            main |= piece == 1 + int(np.argmax(area))
            if part is Part.TORSO:  # an arm across the chest may cut off the belly or the lap: no island
                seeded = np.bincount(piece[torso_seeds], minlength=count)[1:] > 0
                main |= np.isin(piece, 1 + np.flatnonzero(seeded & (area > 0.04 * area.max())))
    if not main.any():
        return labels
    _, (rows, columns) = distance_transform_edt(~main, return_indices=True)
    result: Image = labels[rows, columns]
    return result


def _enlarge(labels: Image, present: Sequence[Part], inside: Bools, size: tuple[int, int], smoothness: float) -> Image:
    """Upsample by smoothing each part's mask, so that borders come out as curves."""
    shares = [
        cv2.resize(
            gaussian_filter(((labels == part) & inside).astype(np.float32), max(1.2, smoothness)),
            size,
            interpolation=cv2.INTER_CUBIC,
        )
        for part in present
    ]
    result: Image = np.asarray(present, np.uint8)[np.argmax(np.stack(shares), axis=0)]
    return result
