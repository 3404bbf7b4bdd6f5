"""An arm that the picture cuts off, replaced by the mirror image of the other one."""

from collections.abc import Mapping

import numpy as np

from motioncast.arrays import Float64
from motioncast.engines.puppet.body.joints import ELBOW, HAND, SIDES, WRIST, Joints, Side
from motioncast.engines.puppet.body.sheet import Sheet


def mirror_cut_arms(
    arms: Mapping[Side, Sheet], joints: Joints, shape: tuple[int, ...]
) -> tuple[dict[Side, Sheet], dict[Side, Float64]]:
    """The arms and their joints (4, 2) at rest.

    Where the picture (H, W) cuts off one hand but not the other, that arm is the mirror image of the complete one.
    """
    sheets, rests = dict(arms), {side: joints.arms[side] for side in arms}
    cut = {side: _is_cut(arm, joints, side, shape) for side, arm in arms.items()}
    for side, other in (SIDES, SIDES[::-1]):
        if not cut.get(side) or cut.get(other) is not False:
            continue
        model, (x, y), last = arms[other], arms[other].origin_px, shape[1] - 1
        width = model.alpha.shape[1]
        sheets[side] = Sheet(model.colours[:, ::-1].copy(), model.alpha[:, ::-1].copy(), (last - (x + width - 1), y))
        rests[side] = joints.arms[other] * [-1.0, 1.0] + [float(last), 0.0]
    return sheets, rests


def _is_cut(arm: Sheet, joints: Joints, side: Side, shape: tuple[int, ...]) -> bool:
    """Whether the picture's edge cuts the hand, or cloth below the elbow as wide as a limb."""
    hand, wrist = joints.arms[side][HAND], joints.arms[side][WRIST]
    tips = hand + 0.9 * (hand - wrist)
    slack = min(tips[0], shape[1] - 1 - tips[0], shape[0] - 1 - tips[1])
    last = shape[0] - 1 - arm.origin_px[1]
    cloth = 0 <= last < len(arm.alpha) and (arm.alpha[last] > 0.5).sum() > 1.2 * joints.radius
    return bool(slack < 0.1 * np.linalg.norm(hand - wrist) or (cloth and joints.arms[side][ELBOW, 1] < shape[0]))
