"""The line between a hand and whatever is behind it, drawn again by colour at full size.

The geodesic split knows bones, not fingers: a hand that hangs in front of a coat takes the coat's hem along. Here each
tracked hand is cut out of its surroundings by GrabCut (Rother et al., SIGGRAPH 2004), seeded by its palm.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt

from motioncast.arrays import Bools, Float64, Image
from motioncast.engines.puppet.body.geometry import segment_distance
from motioncast.engines.puppet.body.joints import ELBOW, SIDES, WRIST, Joints, Side, tracked_hand
from motioncast.engines.puppet.body.part import ARM_PART, Part
from motioncast.perception.grabcut import HAND_BONES
from motioncast.perception.landmarks import StillLandmarks
from motioncast.perception.matting import Matte

_SEED = 20_221
_ITERATIONS = 4
_REACH = 0.5  #: how far from its bones a hand may extend, in palm lengths
_FOREARM = 0.85  #: how far from the wrist towards the elbow, in palm lengths, the border may move
_ARM_WIDTH = 0.5  #: the same of a bare forearm
_AROUND = 1.4  #: how much of the surroundings is looked at, in palm lengths
_PALM = (0, 5, 9, 13, 17)
_BARE = 22.0  #: Lab distance under which the wrist shows the same skin as the palm
_SMALLEST_PALM_PX = 6.0


def bare_wrists(matte: Matte, joints: Joints, landmarks: StillLandmarks) -> Mapping[Side, Float64]:
    """The (21, 2) px hands that are tracked and whose wrist shows the same skin as the palm, by side.

    Only such a hand can be told from cloth by its colour; where a sleeve reaches down to the hand, it belongs to it.
    """
    found: dict[Side, Float64] = {}
    for side in SIDES:
        hand = tracked_hand(landmarks, side)
        if hand is not None and joints.has_arms[side] and _palm_length(hand) > _SMALLEST_PALM_PX:
            box, corner = _box(hand, matte.alpha.shape)
            solid = matte.alpha[box] > 0.3
            palm = _palm_seed(hand - corner, solid.shape) & solid
            wrist = _areas(hand - corner, joints.arms[side] - corner, solid.shape).wrist & solid
            if palm.any() and wrist.any() and _alike(matte.foreground[box], palm, wrist):
                found[side] = hand
    return found


def recut_hands(labels: Image, matte: Matte, joints: Joints, hands: Mapping[Side, Float64]) -> Image:
    """The (H, W) part map with the borders of these `hands` moved to where the picture has them."""
    for side, hand in hands.items():
        labels = _recut(labels, matte, joints.arms[side], hand, ARM_PART[side])
    return labels


def _recut(labels: Image, matte: Matte, arm: Float64, hand: Float64, part: Part) -> Image:
    box, corner = _box(hand, labels.shape)
    here, solid = labels[box].copy(), matte.alpha[box] > 0.3
    mine = here == part
    if (solid & ~mine).sum() < 0.02 * _palm_length(hand) ** 2:
        return labels
    palm = _palm_seed(hand - corner, here.shape) & solid
    area = _areas(hand - corner, arm - corner, here.shape)
    sleeve = mine & solid & area.sleeve
    zone = solid & ~sleeve & (area.hand | mine)
    chosen = _grab(matte.foreground[box], palm, zone, mine, solid & ~mine & ~zone)
    if chosen is None:
        return labels
    chosen = _joined(chosen & area.hand | sleeve, palm, area.forearm, _palm_length(hand)) & zone
    _, (rows, columns) = distance_transform_edt(~(solid & ~mine), return_indices=True)
    here[zone & ~chosen] = here[rows, columns][zone & ~chosen]
    here[chosen] = part
    _, (rows, columns) = distance_transform_edt(~solid, return_indices=True)
    result = labels.copy()
    result[box] = here[rows, columns]  # the faint rim of the matte goes with what it is the rim of
    return result


def _palm_length(hand: Float64) -> float:
    return float(np.linalg.norm(hand[9] - hand[0]))


def _box(hand: Float64, shape: tuple[int, ...]) -> tuple[tuple[slice, slice], Float64]:
    """The hand's surroundings, and their top left corner (x, y)."""
    margin = _AROUND * _palm_length(hand)
    size = [shape[1], shape[0]]
    low = np.floor(hand.min(axis=0) - margin).clip(0, np.subtract(size, 1)).astype(int)
    high = np.ceil(hand.max(axis=0) + margin + 1).clip(low + 1, size).astype(int)
    return (slice(low[1], high[1]), slice(low[0], high[0])), low.astype(np.float64)


def _palm_seed(hand: Float64, shape: tuple[int, ...]) -> Bools:
    mask: Image = np.zeros(shape, np.uint8)
    middle = hand[list(_PALM)].mean(axis=0)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(middle + 0.7 * (hand[list(_PALM)] - middle)).astype(np.int32)), 1)
    return mask > 0


@dataclass(frozen=True)
class _Areas:
    """Masks (h, w) around one hand."""

    hand: Bools  #: where the border may move
    sleeve: Bools  #: towards the elbow from there
    forearm: Bools  #: before the wrist
    wrist: Bools  #: the piece of the forearm next to the hand


def _areas(hand: Float64, arm: Float64, shape: tuple[int, ...]) -> _Areas:
    palm_length = _palm_length(hand)
    band: Image = np.zeros(shape, np.uint8)
    points = np.round(hand).astype(int)
    for a, b in HAND_BONES:
        cv2.line(band, points[a].tolist(), points[b].tolist(), 1, max(1, round(2 * _REACH * palm_length)))
    yy, xx = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float64)
    distance, t = segment_distance(xx, yy, arm[ELBOW], arm[WRIST])
    before = (1 - t) * max(float(np.linalg.norm(arm[WRIST] - arm[ELBOW])), 1.0) / palm_length  # of the wrist
    near = distance / palm_length
    reach = (band > 0) | ((before > -0.2) & (near < 0.8))
    # at the wrist the thumb begins; farther up an arm is hardly wider than half a palm is long
    bare = (band > 0) | (before < 0.25) | (near < _ARM_WIDTH)
    return _Areas(
        hand=reach & bare & (before < _FOREARM),
        sleeve=(before >= _FOREARM) | ((before > 0) & ~reach),
        forearm=before > 0.1,
        wrist=(before > 0) & (before < 0.4) & (near < 0.2),
    )


def _alike(colours: Image, palm: Bools, wrist: Bools) -> bool:
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB).astype(np.float32)
    difference = np.median(lab[palm], axis=0) - np.median(lab[wrist], axis=0)
    return bool(np.linalg.norm(difference * [0.5, 1, 1]) < _BARE)


def _grab(colours: Image, sure: Bools, zone: Bools, mine: Bools, rest: Bools) -> Bools | None:
    """The pixels of `zone` that go with the `sure` ones and not with the `rest`."""
    if not sure.any() or not rest.any():
        return None
    guide = _elsewhere(colours, sure | zone, rest)
    marks = np.full(zone.shape, cv2.GC_BGD, np.uint8)
    marks[zone] = np.where(mine[zone], cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    marks[sure] = cv2.GC_FGD
    cv2.setRNGSeed(_SEED)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(guide, marks, None, *models, _ITERATIONS, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    result: Bools = ((marks & 1) > 0) & zone
    return result


def _elsewhere(colours: Image, used: Bools, rest: Bools) -> Image:
    """The picture with everything that is neither `used` nor `rest` painted like the `rest` next to it."""
    _, (rows, columns) = distance_transform_edt(~rest, return_indices=True)
    painted: Image = np.where((used | rest)[..., None], colours, colours[rows, columns])
    return np.ascontiguousarray(painted[..., ::-1])


def _joined(chosen: Bools, palm: Bools, forearm: Bools, palm_length: float) -> Bools:
    """What hangs together with the palm, without pinholes; no crumbs of cloth at the forearm."""
    pieces_px = (3, 2 * max(1, round(0.12 * palm_length)) + 1)
    fine, coarse = (
        cv2.morphologyEx(
            np.pad((chosen | palm).astype(np.uint8), side, mode="edge"), cv2.MORPH_OPEN, np.ones((side, side), np.uint8)
        )[side:-side, side:-side]
        for side in pieces_px
    )
    opened = (np.where(forearm, coarse, fine) > 0) | palm
    count, pieces = cv2.connectedComponents(opened.astype(np.uint8))
    keep = np.bincount(pieces[palm].ravel(), minlength=count) > 0
    keep[0] = False
    closed: Bools = cv2.morphologyEx(keep[pieces].astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0
    return closed
