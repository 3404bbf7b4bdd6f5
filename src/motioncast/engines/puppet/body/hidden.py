"""Guesses of where a part of the character continues behind another part."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt

from motioncast.arrays import Bools, Float32, Float64, Image
from motioncast.engines.puppet.body.geometry import segment_distance
from motioncast.engines.puppet.body.joints import HIP, SHOULDER, SIDES, Joints, Side
from motioncast.engines.puppet.body.part import ARM_PART, LEG_PART, Part
from motioncast.engines.puppet.body.parts import Parts
from motioncast.engines.puppet.body.shoulder import measure_upper_arm, near_line
from motioncast.perception.matting import Matte

_SAME_CLOTH = 18.0  #: Lab distance (lightness at .4) under which two sides of a border count as one garment


def behind_arms_below(matte: Matte, parts: Parts) -> Bools:
    """(H, W) arm pixels, usually a hand on the hip, that the closing of torso and skirt by 1.6 R encloses."""
    body = np.isin(parts.labels, [Part.TORSO, Part.SKIRT]) & (matte.alpha > 0.5)
    arms = np.isin(parts.labels, list(ARM_PART.values())) & (matte.alpha > 0.02)
    result: Bools = arms & _closing(body, 1.6 * parts.joints.radius)
    return result


def behind_arms(matte: Matte, parts: Parts) -> Bools:
    """(H, W) arm pixels behind which the torso continues, below the shoulders.

    These are pixels in the morphological closing of the torso by 1.3 R, pixels of the shoulder-hip quad with torso on
    both sides in their row, and a band of .6 R where torso and arm wear the same cloth.
    """
    joints, labels, alpha = parts.joints, parts.labels, matte.alpha
    core = (labels == Part.TORSO) & (alpha > 0.5)
    arms = np.isin(labels, list(ARM_PART.values())) & (alpha > 0.02)
    between = np.logical_or.accumulate(core, axis=1) & np.logical_or.accumulate(core[:, ::-1], axis=1)[:, ::-1]
    shoulder = max(joints.arms[side][SHOULDER][1] for side in SIDES)
    below = np.arange(labels.shape[0])[:, None] > shoulder + 0.5 * joints.radius
    enclosed = _closing(core, 1.3 * joints.radius) | _same_cloth(matte, joints, core, arms, below)
    result: Bools = arms & below & (enclosed | (_quad(joints, labels.shape) & between))
    return result


@dataclass(frozen=True)
class Shoulders:
    """How the torso ends at the shoulders, so that an arm may turn to any side. Masks (H, W)."""

    caps: Bools  #: discs about the shoulders that belong to the arms as well
    hidden: Bools  #: arm pixels between the caps and the torso's side
    kept: Bools  #: false where thin flaps of cloth, left by the cut, would stand off once the arm has gone


def round_shoulders(matte: Matte, parts: Parts, behind: Bools) -> Shoulders:
    """Round off the torso at the shoulders; `behind` (H, W) are arm pixels behind which it continues anyway."""
    joints, radius = parts.joints, parts.joints.radius
    arms = np.isin(parts.labels, list(ARM_PART.values())) & (matte.alpha > 0.02)
    core = np.isin(parts.labels, [Part.TORSO, Part.SKIRT]) & (matte.alpha > 0.5)
    caps, tops, roots, near = (np.zeros_like(core) for _ in range(4))
    for side in SIDES:
        if joints.has_arms[side]:
            upper = measure_upper_arm(matte.alpha, joints, side)
            caps |= upper.cap_mask(core.shape)
            tops |= upper.top(core.shape)
            roots |= upper.near(core.shape, 2 * radius)
            near |= near_line(joints.arms[side], core.shape, 2 * radius)
    trimmed = opening(core | caps | (behind & ~roots), 0.45 * radius) | (core & ~near)
    trunk = _closing(trimmed, 0.8 * radius) & (trimmed | arms)
    smooth = opening(trunk | (behind & ~roots), 0.45 * radius) | caps
    return Shoulders(caps & (matte.alpha > 0.02), smooth & near & arms, ~near | smooth | tops | (matte.alpha <= 0.5))


def opening(mask: Bools, radius: float) -> Bools:
    """The (H, W) mask without what is narrower than twice `radius` px; beyond the picture it goes on."""
    side = int(radius) + 2
    padded = np.pad(mask.astype(np.uint8), side, mode="edge")
    # by distances: a structuring element of that size takes far longer
    core = cv2.distanceTransform(padded, cv2.DIST_L2, 3) > radius
    opened = cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_L2, 3) <= radius
    result: Bools = opened[side:-side, side:-side] & mask
    return result


def _closing(core: Bools, radius: float) -> Bools:
    """Closing by a disc of `radius`, at a quarter of the size."""
    height, width = core.shape
    quarter = cv2.resize(core.astype(np.uint8), (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    pad = int(radius / 4) + 2
    side = max(3, int(radius / 2) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    closed = cv2.morphologyEx(np.pad(quarter, pad, mode="edge"), cv2.MORPH_CLOSE, kernel)[pad:-pad, pad:-pad]
    grown = cv2.resize(closed.astype(np.float32), (width, height))
    result: Bools = cv2.GaussianBlur(grown, (0, 0), max(2.0, 0.12 * radius)) > 0.5
    return result


def _same_cloth(matte: Matte, joints: Joints, core: Bools, arms: Bools, below: Bools) -> Bools:
    to_core, to_arms = distance_transform_edt(~core), distance_transform_edt(~arms)
    near = 0.5 * joints.radius
    lab = cv2.cvtColor(matte.foreground, cv2.COLOR_RGB2LAB).astype(np.float32) * np.array([0.4, 1, 1], np.float32)
    middle = (joints.neck[0] + joints.hip[0]) / 2
    columns = np.arange(core.shape[1])[None]
    band = np.zeros_like(core)
    for half in (columns < middle, columns >= middle):
        on_torso, on_arm = core & (to_arms < near) & half & below, arms & (to_core < near) & half & below
        if min(on_torso.sum(), on_arm.sum()) > 50:
            difference = np.median(lab[on_torso], axis=0) - np.median(lab[on_arm], axis=0)
            if np.linalg.norm(difference) < _SAME_CLOTH:
                band |= on_arm & (to_core < 0.6 * joints.radius)
    return band


def _quad(joints: Joints, shape: tuple[int, ...]) -> Bools:
    shoulders = [joints.arms[side][SHOULDER] for side in SIDES]
    hips = [joints.hip + 1.35 * (joints.legs[side][HIP] - joints.hip) for side in SIDES[::-1]]
    mask: Image = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.round(shoulders + hips).astype(np.int32)], 1)
    return mask > 0


def behind_hands(matte: Matte, parts: Parts, side: Side) -> Bools:
    """(H, W) pixels at an arm that lie within the measured width of the leg, so that the leg continues there."""
    joints, alpha = parts.joints, matte.alpha
    arms = np.isin(parts.labels, list(ARM_PART.values())) & (alpha > 0.02)
    side_px = 2 * int(0.4 * joints.radius) + 1
    near = cv2.dilate(arms.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side_px, side_px))) > 0
    own = (parts.labels == LEG_PART[side]) & (alpha > 0.5)
    return _sizeable(_hull(own, joints.legs[side], joints.radius) & ((near & (alpha > 0.02)) | arms))


def behind_other_arm(matte: Matte, parts: Parts, side: Side) -> Bools:
    """(H, W) pixels of the other arm that lie within the measured width of this one."""
    other: Side = "right" if side == "left" else "left"
    own = (parts.labels == ARM_PART[side]) & (matte.alpha > 0.5)
    covering = (parts.labels == ARM_PART[other]) & (matte.alpha > 0.02)
    return _sizeable(_hull(own, parts.joints.arms[side], parts.joints.radius) & covering)


def _sizeable(mask: Bools) -> Bools:
    return mask if mask.sum() > 30 else np.zeros_like(mask)


def _hull(own: Bools, limb: Float64, radius: float) -> Bools:
    """The first two bones of a limb at their measured widths."""
    low = np.maximum(np.floor(limb[:3].min(axis=0) - 2 * radius), 0).astype(int)
    high = np.maximum(np.ceil(limb[:3].max(axis=0) + 2 * radius), low + 1).astype(int)
    box = slice(low[1], high[1]), slice(low[0], high[0])
    near = own[box]
    hull = np.zeros_like(own)
    if near.size == 0:
        return hull
    yy, xx = np.mgrid[low[1] : low[1] + near.shape[0], low[0] : low[0] + near.shape[1]].astype(np.float32)
    bones = [segment_distance(xx, yy, limb[i], limb[i + 1]) for i in range(3)]
    nearest = np.argmin([distance for distance, _ in bones], axis=0)
    for i, (distance, t) in enumerate(bones[:2]):
        width = _width(distance, t, near & (nearest == i), radius)
        hull[box] |= (distance < width) & (t > 0) & (t < 1)
    return hull


def _width(distance: Float64, t: Float64, own: Bools, radius: float) -> float:
    inner: Float32 | Float64 = distance[own & (t > 0.1) & (t < 0.9)]
    return min(float(np.percentile(inner, 92)), 1.5 * radius) if inner.size > 20 else radius
