"""The trunk maps its own joints exactly."""

import numpy as np
import pytest

from motioncast.engines.puppet.body.skeleton import Joint
from motioncast.engines.puppet.body.torso import torso_map


def _rest() -> np.ndarray:
    joints = np.zeros((len(Joint), 2))
    joints[Joint.NECK], joints[Joint.HIP] = [100, 50], [100, 150]
    joints[Joint.LEFT_SHOULDER], joints[Joint.RIGHT_SHOULDER] = [130, 50], [70, 50]
    joints[Joint.LEFT_HIP], joints[Joint.RIGHT_HIP] = [115, 150], [85, 150]
    return joints


def test_unmoved_skeleton_maps_points_to_themselves():
    points = np.random.default_rng(0).uniform(0, 200, (50, 2))
    np.testing.assert_allclose(torso_map(_rest(), _rest(), 1.0)(points), points, atol=1e-9)


@pytest.mark.parametrize("angle", [-0.6, 0.3, 1.2])
def test_turned_scaled_and_moved_skeleton_carries_its_joints(angle):
    c, s = np.cos(angle), np.sin(angle)
    target = 1.3 * _rest() @ np.array([[c, -s], [s, c]]).T + [7, -9]
    mapped = torso_map(_rest(), target, 1.3)(_rest())
    trunk = [Joint.NECK, Joint.HIP, Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER, Joint.LEFT_HIP, Joint.RIGHT_HIP]
    np.testing.assert_allclose(mapped[trunk], target[trunk], atol=1e-6)


def test_head_is_carried_by_the_chest_without_being_squeezed():
    target = _rest()
    target[Joint.NECK] = [100, 90]  # the spine is seen half as long
    place = torso_map(_rest(), target, 1.0).head
    np.testing.assert_allclose(place[:, :2], np.eye(2), atol=1e-9)
    np.testing.assert_allclose(place @ [100, 20, 1], [100, 60], atol=1e-9)
