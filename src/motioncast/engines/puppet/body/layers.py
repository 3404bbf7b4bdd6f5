"""The character cut into layers that can move apart: each is complete where its neighbours used to cover it.

A layer holds its own part, an overlap under or over its neighbours, and invented texture (reflected from its own
pixels) where another part hid it. Draw order: far leg, near leg (or skirt), torso, arms.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt

from motioncast.arrays import Bools, Float32, Float64, Image
from motioncast.engines.puppet.body.extend import extend_arm, extend_torso, touches_bottom
from motioncast.engines.puppet.body.hidden import (
    Shoulders,
    behind_arms,
    behind_arms_below,
    behind_hands,
    behind_other_arm,
    opening,
    round_shoulders,
)
from motioncast.engines.puppet.body.joints import HIP, KNEE, SIDES, Joints, Side
from motioncast.engines.puppet.body.mirror_arm import mirror_cut_arms
from motioncast.engines.puppet.body.part import ARM_PART, LEG_PART, Part
from motioncast.engines.puppet.body.parts import Parts, segment_parts
from motioncast.engines.puppet.body.sheet import Sheet
from motioncast.engines.puppet.body.shoulder import elbow_crook, measure_upper_arm
from motioncast.engines.puppet.cloth_fill import continue_cloth
from motioncast.engines.puppet.mask import grown
from motioncast.engines.puppet.mirror_fill import mirror_fill
from motioncast.perception.landmarks import StillLandmarks
from motioncast.perception.matting import Matte

_CRUMB = 0.01  #: area over that of the layer's largest piece
_OTHER_CLOTH = 25.0  #: Lab distance (lightness at .7) between two garments
_UNDER_HEM = 0.14  #: torso lengths that a leg goes on under the torso; higher up it would show at a bent waist
_RIM = 2  #: px on either side of a cut between two parts where the colours of both are mixed


@dataclass(frozen=True)
class Layer:
    """One piece of the character as a texture."""

    rgba: Image  #: (H2, W2, 4) premultiplied, with an empty border of one pixel where the piece ends
    origin_px: tuple[int, int]  #: reference-image (x, y) of the texture's pixel (0, 0); may be negative
    limb_joints: Float64 | None = None  #: (4, 2) reference px; for a mirrored arm these are the mirrored arm's joints


@dataclass(frozen=True)
class BodyLayers:
    """The character as layers."""

    torso: Layer  #: with the head; everything for a portrait
    arms: Mapping[Side, Layer]
    legs: Mapping[Side, Layer]  #: empty if there is a skirt, or no legs
    skirt: Layer | None
    joints: Joints  #: the joints the layers belong to
    cut_below: bool  #: the subject runs out of the bottom of the picture; the layers are extended below it


def build_layers(image: Image, matte: Matte, joints: Joints, landmarks: StillLandmarks) -> BodyLayers:
    """Cut an (H, W, 3) reference picture into layers. Colours are the matte's; the picture must have its size."""
    if image.shape[:2] != matte.alpha.shape:
        raise ValueError("The matte and the picture differ in size.")
    parts = segment_parts(matte, joints, landmarks)
    joints = parts.joints
    cut_below = not joints.has_legs and touches_bottom(matte.alpha, joints)
    behind = behind_arms(matte, parts)
    shoulders = round_shoulders(matte, parts, behind)
    torso = extend_torso(_torso(matte, parts, behind, shoulders), landmarks, joints, below=cut_below)
    arms = {side: _arm(matte, parts, side) for side in SIDES if joints.has_arms[side]}
    arms = {side: extend_arm(arm, joints, side, below=cut_below) for side, arm in arms.items()}
    arms, rests = mirror_cut_arms(arms, joints, matte.alpha.shape)
    legs = {side: _leg(matte, parts, side) for side in SIDES if LEG_PART[side] in parts.present}
    skirt = _skirt(matte, parts, shoulders) if Part.SKIRT in parts.present else None
    return BodyLayers(
        torso=_finish(torso),
        arms={side: _finish(arm, rests[side]) for side, arm in arms.items()},
        legs={side: _finish(leg, joints.legs[side]) for side, leg in legs.items()},
        skirt=_finish(skirt) if skirt else None,
        joints=joints,
        cut_below=cut_below,
    )


def _finish(sheet: Sheet, limb_joints: Float64 | None = None) -> Layer:
    """Drop crumbs, crop to what is visible, premultiply, and leave one empty pixel around."""
    sheet = _without_crumbs(sheet)
    rows, columns = np.flatnonzero((sheet.alpha > 0.004).any(axis=1)), np.flatnonzero((sheet.alpha > 0.004).any(axis=0))
    if len(rows) == 0:
        rows = columns = np.zeros(1, int)
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    alpha = sheet.alpha[box][..., None]
    rgba = np.concatenate([sheet.colours[box] * alpha, alpha * 255], axis=2)
    texture = np.pad(np.clip(rgba + 0.5, 0, 255).astype(np.uint8), ((1, 1), (1, 1), (0, 0)))
    x, y = sheet.origin_px
    return Layer(texture, (int(columns[0]) + x - 1, int(rows[0]) + y - 1), limb_joints)


def _without_crumbs(sheet: Sheet) -> Sheet:
    """Pieces far smaller than the largest one are left-overs of the cuts; alone they would fly about."""
    count, piece, stats, _ = cv2.connectedComponentsWithStats((sheet.alpha > 0.03).astype(np.uint8))
    if count < 3:
        return sheet
    area = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    crumb = area < _CRUMB * area[1:].max()
    crumb[0] = False
    return replace(sheet, alpha=np.where(crumb[piece], 0, sheet.alpha).astype(np.float32))


def _soft(mask: Bools, sigma: float = 1.0) -> Float32:
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma), np.float32)


def _disc(shape: tuple[int, ...], centre: Float64, radius: float) -> Bools:
    yy, xx = np.ogrid[0 : shape[0], 0 : shape[1]]
    result: Bools = (xx - centre[0]) ** 2 + (yy - centre[1]) ** 2 < radius**2
    return result


def _torso(matte: Matte, parts: Parts, behind: Bools, shoulders: Shoulders) -> Sheet:
    """Torso and head, continued behind the arms, its hem feathered over the legs."""
    alpha, labels, radius = matte.alpha, parts.labels, parts.joints.radius
    own = labels == Part.TORSO
    if parts.present == (Part.TORSO,):
        return Sheet(matte.foreground, alpha)
    others = ~own & (alpha > 0.02)
    own &= shoulders.kept
    core = own & (alpha > 0.5)
    # two pixels under every neighbour: two soft edges side by side would let the background through
    fill = (behind & shoulders.kept) | shoulders.hidden | shoulders.caps | (others & grown(core, 2) & shoulders.kept)
    crease = max(3, round(0.18 * radius))  # pixels at the border still show the neighbour, or its shadow
    source = (core | shoulders.caps) & ~grown(others & ~shoulders.caps, crease)
    colours = continue_cloth(matte.foreground, grown(fill, crease) & ~source, source, radius)
    shape = np.where(own, alpha, 0)
    shape = np.where(
        grown(fill, 2) & others, np.maximum(shape, np.minimum(1, 1.6 * _soft(core | fill) - 0.3) * alpha), shape
    )
    legs = np.isin(labels, [*LEG_PART.values(), Part.SKIRT]) & (alpha > 0.3)
    if legs.any():
        shape *= np.clip((distance_transform_edt(~legs) - 0.5) / (0.45 * radius), 0, 1)
    return Sheet(colours, np.clip(shape, 0, 1).astype(np.float32))


def _arm(matte: Matte, parts: Parts, side: Side) -> Sheet:
    """The arm with a disc of whatever is around the shoulder, so that the joint stays covered when it turns.

    The left arm, which is drawn first, goes on behind the right one where arms are folded.
    """
    own = parts.labels == ARM_PART[side]
    upper, radius = measure_upper_arm(matte.alpha, parts.joints, side), parts.joints.radius
    disc = upper.cap_mask(own.shape) & (parts.labels == Part.TORSO)
    own &= ~elbow_crook(parts.joints, side, own.shape)
    own &= ~upper.near(own.shape, 1.5 * radius) | opening(own | disc, 0.35 * radius) | (matte.alpha <= 0.5)
    if side == "left" and Part.RIGHT_ARM in parts.present:
        hidden = behind_other_arm(matte, parts, side)
    else:
        hidden = np.zeros_like(own)
    hidden |= upper.core(own.shape) & (parts.labels == Part.TORSO) & (matte.alpha > 0.5) & ~disc
    others = ~own & ~disc & (matte.alpha > 0.3)
    source = (own | disc) & (matte.alpha > 0.9) & ~grown(others, _RIM)  # at the cut the neighbour shines through
    rim = grown(own | disc | hidden, _RIM) & ~source
    colours = mirror_fill(matte.foreground, rim & (grown(others, _RIM + 2) | hidden), source, fade_px=1.0)
    shown = matte.alpha * _soft(own | disc | hidden)
    # no edge of its own over the trunk, but where the arm is raised and what is beyond the shoulder is its forearm
    root = upper.near(own.shape, 1.2 * upper.cap)
    return Sheet(colours, (shown * np.where(root, upper.fade(own.shape), 1.0)).astype(np.float32))


def _leg(matte: Matte, parts: Parts, side: Side) -> Sheet:
    """The leg with its half of the hips above it (the torso's hem lies over that) and with what a hand covered."""
    joints, labels, alpha = parts.joints, parts.labels, matte.alpha
    own = labels == LEG_PART[side]
    root = joints.legs[side][HIP]
    inward = joints.hip - root
    half_width = float(np.linalg.norm(inward))
    yy, xx = np.ogrid[0 : own.shape[0], 0 : own.shape[1]]
    beyond_middle = (xx - joints.hip[0]) * inward[0] + (yy - joints.hip[1]) * inward[1]
    hips = _disc(own.shape, root, 2 * half_width) & (labels == Part.TORSO)
    hips &= (beyond_middle < 0.3 * half_width**2) & (yy > root[1] - _UNDER_HEM * joints.torso_length)
    arms = np.isin(labels, list(ARM_PART.values())) & (alpha > 0.02)
    near_arm = grown(arms, max(1, int(0.4 * joints.radius)))
    thigh, outer = _thigh(own & (alpha > 0.5), joints.legs[side], -inward)
    own, hips = own & thigh, hips & thigh
    hidden = (behind_hands(matte, parts, side) | (outer & ~own & near_arm)) & thigh
    seam = ~own & (alpha > 0.5) & grown(own & (alpha > 0.5), 2)
    shirt = hips & _unlike(matte, own & (alpha > 0.9) & (yy < root[1] + 4 * half_width))
    stripes = 2 * max(1, round(0.25 * joints.radius)) + 1
    kernel = np.ones((stripes, stripes), np.uint8)
    shirt = hips & (cv2.morphologyEx(shirt.astype(np.uint8), cv2.MORPH_CLOSE, kernel) > 0)
    source = (own | (hips & ~grown(shirt, 2))) & (alpha > 0.9) & ~near_arm
    hole = (hidden | seam | shirt | (hips & grown(shirt, 2))) & ~source
    colours = mirror_fill(matte.foreground, hole, source, 1.6 * joints.radius)
    soft = _soft(own | hips | hidden | seam)
    return Sheet(colours, np.where(hidden, soft, alpha * soft).astype(np.float32))


def _thigh(own: Bools, leg: Float64, outward: Float64) -> tuple[Bools, Bools]:
    """How wide a thigh is towards the outside, from where no hem hangs over it and no hand in front of it.

    Two (H, W) masks: what is no farther outward; the outer half of the thigh at that width, from the hip down.
    """
    yy, xx = np.mgrid[0 : own.shape[0], 0 : own.shape[1]].astype(np.float32)
    along = leg[KNEE] - leg[HIP]
    across = np.array([-along[1], along[0]]) / max(float(np.linalg.norm(along)), 1e-6)
    across = -across if across @ outward < 0 else across
    out = (xx - leg[HIP][0]) * across[0] + (yy - leg[HIP][1]) * across[1]
    t = ((xx - leg[HIP][0]) * along[0] + (yy - leg[HIP][1]) * along[1]) / max(float(along @ along), 1e-6)
    below = own & (t > 0.35) & (t < 0.55)
    width = float(np.percentile(out[below], 99)) if below.sum() > 20 else np.inf
    within: Bools = (t > 0.45) | (out <= width + 1)
    outer: Bools = (t > 0.0) & (t < 0.5) & (out > 0) & (out <= min(width, 1e6))
    return within, outer & bool(np.isfinite(width))


def _unlike(matte: Matte, thigh: Bools) -> Bools:
    """(H, W) pixels that differ in colour from the thigh: what is worn above it must not turn with the leg."""
    if not thigh.any():
        return np.zeros_like(thigh)
    lab = cv2.cvtColor(matte.foreground, cv2.COLOR_RGB2LAB).astype(np.float32) * np.array([0.7, 1, 1], np.float32)
    distance = np.linalg.norm(lab - np.median(lab[thigh], axis=0), axis=2)
    result: Bools = distance > max(_OTHER_CLOTH, 1.5 * float(np.percentile(distance[thigh], 90)))
    return result


def _skirt(matte: Matte, parts: Parts, shoulders: Shoulders) -> Sheet:
    """Legs and cloth, up to behind the torso, and continued behind a hand on the hip."""
    joints = parts.joints
    yy = np.arange(parts.labels.shape[0])[:, None]
    low = yy > joints.hip[1] - 0.35 * joints.torso_length
    own = ((parts.labels == Part.SKIRT) | ((parts.labels == Part.TORSO) & low)) & shoulders.kept
    hidden = behind_arms_below(matte, parts) & low
    core = own & (matte.alpha > 0.9)
    colours = mirror_fill(matte.foreground, grown(hidden, 2) & ~(core & ~grown(hidden, 1)), core, 1.6 * joints.radius)
    soft = _soft(own | hidden)
    return Sheet(colours, np.where(hidden, soft, matte.alpha * soft).astype(np.float32))
