"""Where an upper arm meets the trunk: how wide it is, and the cut along which it can turn without coming apart.

A paper doll's arm turns well when it ends in a round cap about its joint: whatever the angle, cap and trunk together
have the same outline. So the cut follows the bone at the arm's own half width, and ends in a disc about the shoulder.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from motioncast.arrays import Bools, Float32, Float64, Image
from motioncast.engines.puppet.body.geometry import segment_distance
from motioncast.engines.puppet.body.joints import ELBOW, HAND, SHOULDER, SIDES, WRIST, Joints, Side
from motioncast.engines.puppet.body.medial_axis import depth_at
from motioncast.engines.puppet.body.part import ARM_PART, Part
from motioncast.engines.puppet.body.planar import length, turn
from motioncast.perception.matting import Matte
from motioncast.perception.smoothing import smoothstep

_STATIONS = 8
_CUT_TO = 0.45  #: share of the upper arm that is cut along its bone
_ONE_COLOUR, _OTHER_COLOUR = 12.0, 28.0  #: Lab distance, lightness at .7
_BENT = 2.1  #: rad between upper arm and forearm, under which an arm counts as bent
_FOLDED = 0.8  #: the same, under which the forearm lies over the upper arm
_THICK = 0.75  #: limb radii
_WIDEST, _NARROWEST = 1.7, 0.4  #: limb radii


@dataclass(frozen=True)
class UpperArm:
    """The upper arm of the reference picture. All px are the picture's."""

    root: Float64  #: (2,) the shoulder
    elbow: Float64  #: (2,)
    half_width: Float64  #: (K,) px at K even stations from shoulder to elbow, measured away from the trunk
    cap: float  #: px, radius of the disc about the shoulder that lies within the figure
    covered: bool  #: the forearm is bent in front of it, or points at the camera

    def cap_mask(self, shape: tuple[int, ...]) -> Bools:
        """(H, W) the disc about the shoulder."""
        yy, xx = np.ogrid[0 : shape[0], 0 : shape[1]]
        inside: Bools = (xx - self.root[0]) ** 2 + (yy - self.root[1]) ** 2 <= self.cap**2
        return inside

    def fade(self, shape: tuple[int, ...]) -> Float64:
        """(H, W) 0..1: the arm fades in over its cap, under which the trunk has the same disc."""
        return smoothstep(-1.0, 0.0, self._down(shape) / self.cap)

    def top(self, shape: tuple[int, ...]) -> Bools:
        """(H, W) what is above the shoulder, and close to it: the corner of a padded jacket, for example."""
        return (self._down(shape) < 0) & near_line(self.root[None], shape, 1.7 * self.cap)

    def _down(self, shape: tuple[int, ...]) -> Float64:
        """(H, W) px from the shoulder towards the elbow."""
        bone = (self.elbow - self.root) / max(float(np.linalg.norm(self.elbow - self.root)), 1e-6)
        yy, xx = np.ogrid[0 : shape[0], 0 : shape[1]]
        return np.asarray((xx - self.root[0]) * bone[0] + (yy - self.root[1]) * bone[1], np.float64)

    def core(self, shape: tuple[int, ...]) -> Bools:
        """(H, W) the arm from shoulder to elbow at the width of its cap; nothing where the forearm covers it."""
        if self.covered:
            return np.zeros(shape[:2], bool)
        return near_line(np.stack([self.root, self.elbow]), shape, 0.9 * self.cap)

    def near(self, shape: tuple[int, ...], reach: float) -> Bools:
        """(H, W) what lies within `reach` px of the part that is cut along the bone."""
        end = self.root + (_CUT_TO + 0.2) * (self.elbow - self.root)
        return near_line(np.stack([self.root, end]), shape, reach)


def near_line(points: Float64, shape: tuple[int, ...], reach: float) -> Bools:
    """(H, W) what lies within `reach` px of a line through points (N, 2)."""
    mask: Image = np.zeros(shape[:2], np.uint8)
    pixels = np.round(points).astype(np.int32)
    cv2.polylines(mask, [pixels], False, 1, max(1, round(2 * reach)))
    for x, y in pixels.tolist():
        cv2.circle(mask, (x, y), max(1, round(reach)), 1, -1)
    return mask > 0


def measure_upper_arm(alpha: Float32, joints: Joints, side: Side) -> UpperArm:
    """Measure one upper arm in the matte (H, W)."""
    root, elbow = joints.arms[side][SHOULDER], joints.arms[side][ELBOW]
    radius = joints.radius
    low, high = _NARROWEST * radius, _WIDEST * radius
    t = np.linspace(0.0, 1.0, _STATIONS)[:, None]
    reach = np.arange(1.0, max(high, 2.0) + 1.0)
    outward = _outward(joints, side)
    points = root + t * (elbow - root)
    samples = points[:, None] + reach[:, None] * outward
    x, y = samples[..., 0].astype(np.float32), samples[..., 1].astype(np.float32)
    inside = cv2.remap(alpha, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) > 0.5
    width = np.where(inside.all(axis=1), radius, np.argmin(inside, axis=1) + 0.5)
    width = np.convolve(np.pad(width, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    width = np.clip(width, low, high)
    # where the picture ends, the figure goes on
    inward = np.asarray(cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    cap = float(np.clip(depth_at(inward, root), low, max(width[:3].max(), low)))
    bone, fore = root - elbow, joints.arms[side][WRIST] - elbow
    covered = abs(turn(bone, fore)) < _FOLDED or float(length(fore)) < 0.6 * float(length(bone))
    return UpperArm(root, elbow, width, cap, covered)


def cut_shoulders(labels: Image, matte: Matte, joints: Joints, head: Bools) -> Image:
    """The part map (H, W) with the border between trunk and upper arms moved to the arm's own width.

    `head` (H, W): what cannot belong to an arm.
    """
    result, alpha = labels.copy(), matte.alpha
    for side in SIDES:
        part = ARM_PART[side]
        if not joints.has_arms[side] or not (labels == part).any():
            continue
        box, arm = _surroundings(joints, side, labels.shape)
        upper = measure_upper_arm(alpha, joints, side)
        here, solid = result[box], alpha[box] > 0.02
        within, beside = _corridor(upper, arm, here == part, _outward(joints, side), box)
        limb = solid & (within | (here == part))
        foreign = _other_cloth(matte.foreground[box], limb, upper, arm, box)
        within, beside = within & ~foreign, beside | foreign
        mine = within & solid & (here == Part.TORSO) & ~head[box]
        result[box] = np.where(mine, part, np.where(beside & (here == part), Part.TORSO, here))
    return result


def _other_cloth(colours: Image, limb: Bools, upper: UpperArm, arm: Float64, box: tuple[slice, slice]) -> Bools:
    """What lies over an arm of one colour and is of another: a dress in front of a bare arm."""
    nothing: Bools = np.zeros_like(limb)
    if upper.covered:
        return nothing
    yy, xx = np.mgrid[box].astype(np.float64)
    distance, t = segment_distance(xx, yy, upper.root, upper.elbow)
    from_forearm, along = segment_distance(xx, yy, arm[ELBOW], arm[WRIST])
    forearm = limb & (from_forearm < 0.7 * upper.cap) & (along > 0.15) & (along < 0.8)
    if forearm.sum() < 30:
        return nothing
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB).astype(np.float32) * np.array([0.7, 1, 1], np.float32)
    unlike = np.linalg.norm(lab - np.median(lab[forearm], axis=0), axis=2)
    here = limb & (t > -0.2) & (t < 1.05) & (distance < np.minimum(3 * upper.cap, from_forearm))
    alike = here & (unlike < _ONE_COLOUR)
    if np.percentile(unlike[forearm], 75) > _ONE_COLOUR or alike.sum() < 0.12 * here.sum():
        return nothing
    side = 2 * max(1, round(0.25 * upper.cap)) + 1  # outlines and folds are thinner
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    foreign = cv2.morphologyEx((here & (unlike > _OTHER_COLOUR)).astype(np.uint8), cv2.MORPH_OPEN, kernel)
    solid: Bools = cv2.dilate(foreign, np.ones((3, 3), np.uint8)) > 0
    return solid & here


def elbow_crook(joints: Joints, side: Side, shape: tuple[int, ...]) -> Bools:
    """(H, W) what lies in the crook of an arm that the picture shows bent, and is farther from it than it is thick.

    Whatever hangs behind the arm there would be crumpled between the bones when they move.
    """
    arm, radius = joints.arms[side], joints.radius
    upper, fore = arm[SHOULDER] - arm[ELBOW], arm[WRIST] - arm[ELBOW]
    crook: Bools = np.zeros(shape[:2], bool)
    if abs(turn(upper, fore)) > _BENT:
        return crook
    box, _ = _surroundings(joints, side, shape)
    yy, xx = np.mgrid[box].astype(np.float64)
    away = [segment_distance(xx, yy, arm[i], arm[i + 1])[0] for i in (SHOULDER, ELBOW, WRIST)]
    # inside the angle: a positive combination of both bones
    det = upper[0] * fore[1] - upper[1] * fore[0]
    x, y = xx - arm[ELBOW][0], yy - arm[ELBOW][1]
    along_upper, along_fore = (x * fore[1] - y * fore[0]) / det, (upper[0] * y - upper[1] * x) / det
    inside = (along_upper > 0) & (along_fore > 0) & (along_upper + along_fore < 1.2)
    crook[box] = inside & (np.minimum.reduce(away) > _THICK * radius) & (away[2] > 1.5 * radius)
    return crook


def _outward(joints: Joints, side: Side) -> Float64:
    """(2,) unit vector across the upper arm, away from the trunk."""
    root, elbow = joints.arms[side][SHOULDER], joints.arms[side][ELBOW]
    along = (elbow - root) / max(float(np.linalg.norm(elbow - root)), 1e-6)
    across = np.array([-along[1], along[0]])
    towards = (joints.neck + joints.hip) / 2 - (root + elbow) / 2
    return np.asarray(-across if towards @ across > 0 else across, np.float64)


def _surroundings(joints: Joints, side: Side, shape: tuple[int, ...]) -> tuple[tuple[slice, slice], Float64]:
    arm = joints.arms[side]
    reach = 2.5 * joints.radius
    low = np.clip(np.floor(arm[:WRIST].min(axis=0) - reach), 0, np.subtract(shape[1::-1], 1)).astype(int)
    high = np.clip(np.ceil(arm[:WRIST].max(axis=0) + reach), low + 1, shape[1::-1]).astype(int)
    return (slice(low[1], high[1]), slice(low[0], high[0])), arm


def _corridor(
    upper: UpperArm, arm: Float64, mine: Bools, outward: Float64, box: tuple[slice, slice]
) -> tuple[Bools, Bools]:
    """Pixels of the arm's upper part, and pixels beside it that are the trunk's; `mine` is the cut as it was."""
    yy, xx = np.mgrid[box].astype(np.float64)
    distance, t = segment_distance(xx, yy, upper.root, upper.elbow)
    others = [segment_distance(xx, yy, arm[i], arm[i + 1])[0] for i in range(ELBOW, HAND)]
    nearest = distance < np.minimum(*others)
    outer = np.interp(t, np.linspace(0, 1, _STATIONS), upper.half_width)
    across = (xx - upper.root[0]) * outward[0] + (yy - upper.root[1]) * outward[1]
    # from the cap to where the cut was below it
    below = mine & nearest & (t > _CUT_TO) & (t < _CUT_TO + 0.2)
    inwards = -np.percentile(across[below], 10) if below.sum() > 20 else upper.cap
    inner = upper.cap + (np.clip(inwards, 0.5 * upper.cap, 1.2 * outer) - upper.cap) * smoothstep(0.0, _CUT_TO, t)
    within = (t >= 0) & (t < _CUT_TO) & nearest & (across > -inner) & (across < 1.5 * outer)
    cap = (np.hypot(xx - upper.root[0], yy - upper.root[1]) <= upper.cap) & (t < _CUT_TO) & nearest
    beside = nearest & (t < _CUT_TO) & ~within & ~cap
    return within | (cap & (across > 0)), beside & ((across < 0) | (t < 0))
