"""Cloth that hangs from a forearm keeps hanging when the arm is raised."""

import numpy as np
import pytest

from motioncast.engines.puppet.body.skinning import Frame2D, bind_limb, bone_rotations
from motioncast.engines.puppet.body.sleeve import is_wide, loose_cloth

ARM = np.array([[0.0, 0.0], [0.0, 80.0], [0.0, 160.0], [0.0, 190.0]])
RADIUS = 20.0


def skin(half_width):
    """An arm that hangs down, as wide as `half_width` at the cuff and 16 px wide elsewhere."""
    y = np.linspace(0, 200, 41)
    width = np.where((y > 90) & (y < 170), np.interp(y, [90, 150], [16, half_width]), 14)
    points = np.stack([width[:, None] * np.linspace(-1, 1, 9), np.repeat(y[:, None], 9, axis=1)], axis=-1)
    return bind_limb(points.reshape(-1, 2), ARM, np.array([-1.0, 0.0]), RADIUS, (1.0, 0.9, 0.7))


def raised(angle):
    """Elbow, wrist and hand with the forearm turned by `angle` about the elbow."""
    c, s = np.cos(angle), np.sin(angle)
    return np.vstack([ARM[:2], ARM[1] + (ARM[2:] - ARM[1]) @ np.array([[c, -s], [s, c]]).T])


def test_only_wide_cuffs_are_sleeves():
    assert is_wide(skin(45.0), RADIUS)
    assert not is_wide(skin(18.0), RADIUS)


def test_an_arm_that_does_not_turn_keeps_its_sleeve_as_drawn():
    arm = skin(45.0)
    sleeve = loose_cloth(arm, RADIUS)
    np.testing.assert_array_equal(sleeve.hang(arm.rest_px, ARM, 0.0, 1.0), arm.rest_px)


@pytest.mark.parametrize("angle", [-1.6, -2.4, 1.6, 2.4])
def test_the_tail_hangs_below_a_raised_forearm_and_nothing_stands_up(angle):
    arm = skin(45.0)
    sleeve = loose_cloth(arm, RADIUS)
    target = raised(angle)
    angles = bone_rotations(target, arm.bone_axes, 0.0)
    stiff = arm.pose(target, angles, Frame2D(0.0, np.eye(2)), 1.0)
    hanging = sleeve.hang(stiff, target, float(angles[1]), 1.0)
    loose = sleeve.free > 0.9
    assert loose.sum() > 6
    forearm = target[1] + sleeve.along[:, None] * (target[2] - target[1])
    above = forearm[:, 1] - hanging[:, 1]
    assert above[loose].max() < 0.75 * (forearm[:, 1] - stiff[:, 1])[loose].max() + 1
    assert hanging[loose, 1].mean() > stiff[loose, 1].mean() + 3  # y is down
    np.testing.assert_array_equal(hanging[sleeve.free == 0], stiff[sleeve.free == 0])


def test_the_hand_is_no_cloth():
    sleeve = loose_cloth(skin(45.0), RADIUS)
    hand = (np.abs(skin(45.0).rest_px[:, 0]) < 12) & (skin(45.0).rest_px[:, 1] > 160)
    assert sleeve.free[hand].max() == 0.0
