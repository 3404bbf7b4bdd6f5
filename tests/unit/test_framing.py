"""A figure that the picture cuts off leans with restraint."""

import numpy as np

from motioncast.engines.puppet.body.framing import limit_lean
from motioncast.engines.puppet.body.planar import angle, length
from motioncast.engines.puppet.body.skeleton import Bone

UPRIGHT = np.array([0.0, -1.0])


def leaning(radians):
    turn = np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
    return {Bone.SPINE: (100 * turn @ UPRIGHT)[None], Bone.SHOULDERS: (60 * turn @ [1.0, 0.0])[None]}


def test_a_small_lean_stays_and_a_large_one_is_limited():
    small, large = limit_lean(leaning(0.1), UPRIGHT), limit_lean(leaning(1.2), UPRIGHT)
    assert abs(angle(small[Bone.SPINE])[0] + np.pi / 2 - 0.1) < 0.005
    assert 0.35 < angle(large[Bone.SPINE])[0] + np.pi / 2 < 0.5


def test_shoulders_stay_square_to_the_spine_and_nothing_changes_its_length():
    limited = limit_lean(leaning(1.2), UPRIGHT)
    np.testing.assert_allclose(length(limited[Bone.SPINE]), [100.0])
    np.testing.assert_allclose(length(limited[Bone.SHOULDERS]), [60.0])
    assert abs(float(limited[Bone.SPINE][0] @ limited[Bone.SHOULDERS][0])) < 1e-6
