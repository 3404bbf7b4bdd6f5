"""Bones that look alike are made equal; bones that differ for good are left alone."""

import numpy as np
import pytest

from motioncast.engines.puppet.body.calibrate import Anchor, agreement, calibrate, settle
from motioncast.engines.puppet.body.skeleton import BONES, Bone, Joint


def _vectors(angle: float, size: float) -> dict[Bone, np.ndarray]:
    vector = size * np.array([np.cos(angle), np.sin(angle)])
    return {bone: np.repeat(vector[None], 10, axis=0) for bone in Bone}


def _rest(angle: float, size: float) -> np.ndarray:
    joints = np.zeros((len(Joint), 2))
    start, end = BONES[Bone.LEFT_FOREARM]
    joints[end] = joints[start] + size * np.array([np.cos(angle), np.sin(angle)])
    return joints


@pytest.mark.parametrize("difference", [0.0, 0.1, -0.3])
def test_a_small_difference_is_corrected_in_angle_and_length(difference):
    frames = np.arange(10) < 2
    corrected = calibrate(_vectors(0.5, 40.0), _rest(0.5 + difference, 50.0), frames)[Bone.LEFT_FOREARM]
    np.testing.assert_allclose(
        corrected[0], 50 * np.array([np.cos(0.5 + difference), np.sin(0.5 + difference)]), atol=1
    )


def test_another_pose_is_left_alone():
    frames = np.arange(10) < 2
    vectors = _vectors(0.5, 40.0)
    corrected = calibrate(vectors, _rest(2.0, 50.0), frames)
    np.testing.assert_allclose(corrected[Bone.LEFT_FOREARM], vectors[Bone.LEFT_FOREARM])


def test_agreement_fades_out():
    assert agreement(0.2) == pytest.approx(0.2)
    assert agreement(-1.5) == 0.0
    assert 0 < agreement(0.55) < 0.55


def test_what_is_left_of_a_joint_in_the_anchor_is_taken_off_the_whole_clip_if_it_is_little():
    rest = np.array([[100.0, 50.0], [200.0, 80.0]])
    joints = np.stack([rest + [[3.0, -2.0], [90.0, 0.0]] + 10.0 * n for n in range(4)])
    settled = settle(joints, rest, Anchor(np.array([True, False, False, False]), alike=True), (400, 300))
    np.testing.assert_allclose(settled[0, 0], rest[0])
    np.testing.assert_allclose(settled[3, 0], rest[0] + 30.0)
    np.testing.assert_allclose(settled[:, 1], joints[:, 1])  # another place, not an error
