"""A figure that the picture cuts off leans with restraint."""

import numpy as np

from motioncast.engines.puppet.body.framing import lean_over_hips, limit_lean
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


def test_a_sitter_leans_over_hips_that_stay():
    spine = leaning(0.08)[Bone.SPINE]
    leant = lean_over_hips(spine, 100 * UPRIGHT, np.ones(1))
    assert np.abs(leant - spine).max() < 0.6


def test_who_walks_takes_the_hips_along():
    """A neck a whole trunk aside, of a figure twice as large as in the picture: neither lying down nor squat."""
    spine = np.array([[-100.0, -100.0]])
    leant = lean_over_hips(spine, 100 * UPRIGHT, np.array([2.0]))
    assert 0.1 < -(angle(leant)[0] + np.pi / 2) < 0.21
    assert 170 < length(leant)[0] < 200
