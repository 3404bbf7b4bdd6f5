"""Limbs follow their bones without tearing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motioncast.engines.puppet.body.skinning import Frame2D, bind_limb, bone_rotations

ARM = np.array([[0.0, 0.0], [0.0, 100.0], [0.0, 200.0], [0.0, 230.0]])
AT_REST = Frame2D(0.0, np.eye(2))


def _arm_points() -> np.ndarray:
    x, y = np.meshgrid(np.linspace(-14, 14, 9), np.linspace(0, 240, 61))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def _chain(angles: list[float]) -> np.ndarray:
    joints = [ARM[0]]
    for angle, length in zip(angles, (100.0, 100.0, 30.0), strict=True):
        joints.append(joints[-1] + length * np.array([-np.sin(angle), np.cos(angle)]))
    return np.array(joints)


def _bind():
    return bind_limb(_arm_points(), ARM, np.array([0.0, -1.0]), 20.0, (1.0, 0.9, 0.7))


def test_rest_pose_leaves_every_vertex_in_place():
    skin = _bind()
    posed = skin.pose(ARM, bone_rotations(ARM, skin.bone_axes, 0.0), AT_REST, 1.0)
    np.testing.assert_allclose(posed, _arm_points(), atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-2.6, 2.6), min_size=3, max_size=3))
def test_no_vertex_leaves_its_bone(angles):
    angles[1] = angles[0] + np.clip(angles[1] - angles[0], -2.6, 2.6)
    angles[2] = angles[1] + np.clip(angles[2] - angles[1], -1.0, 1.0)
    target = _chain(angles)
    skin = _bind()
    shoulder = float(angles[0])
    rotations = bone_rotations(target, skin.bone_axes, shoulder)
    posed = skin.pose(target, rotations, Frame2D(shoulder, np.eye(2)), 1.0)
    samples = np.concatenate([np.linspace(target[i], target[i + 1], 60) for i in range(3)])
    nearest = np.linalg.norm(posed[:, None] - samples[None], axis=2).min(axis=1)
    assert nearest.max() < 32, "a folded arm threw a vertex away from the limb"


@pytest.mark.parametrize("fold", [0.5, 1.5, 2.9])
def test_folded_elbow_keeps_its_width(fold):
    target = _chain([0.0, fold, fold])
    skin = _bind()
    posed = skin.pose(target, bone_rotations(target, skin.bone_axes, 0.0), AT_REST, 1.0)
    middle = np.abs(_arm_points()[:, 1] - 40) < 3
    assert np.ptp(posed[middle, 0]) == pytest.approx(28, abs=1.0)
    assert np.linalg.norm(posed[np.argmin(np.abs(_arm_points() - [0, 100]).sum(1))] - target[1]) < 4


def test_bone_stretches_along_itself_only():
    target = ARM * [1.0, 0.5]
    skin = _bind()
    posed = skin.pose(target, bone_rotations(target, skin.bone_axes, 0.0), AT_REST, 1.0)
    assert np.ptp(posed[:, 0]) == pytest.approx(28, abs=0.5)
    assert np.ptp(posed[:, 1]) == pytest.approx(120, abs=6)
