"""The character takes the performer's angles with its own proportions."""

import numpy as np
import pytest

from motioncast.engines.puppet.body.calibrate import Anchor
from motioncast.engines.puppet.body.driver_pose import joints_of, read_driver_pose
from motioncast.engines.puppet.body.rest_pose import RestPose
from motioncast.engines.puppet.body.retarget import retarget
from motioncast.engines.puppet.body.skeleton import BONES, Bone, Joint
from motioncast.perception.landmarks import PerformanceTrack, PersonMasks
from motioncast.perception.skeleton import mirror_body
from motioncast.request import Mode

STANDING_M = {
    0: (0, -0.72), 7: (0.07, -0.7), 8: (-0.07, -0.7), 11: (0.18, -0.5), 12: (-0.18, -0.5), 13: (0.3, -0.28),
    14: (-0.3, -0.28), 15: (0.38, -0.05), 16: (-0.38, -0.05), 17: (0.4, 0.03), 18: (-0.4, 0.03), 19: (0.41, 0.04),
    20: (-0.41, 0.04), 23: (0.1, 0), 24: (-0.1, 0), 25: (0.12, 0.4), 26: (-0.12, 0.4), 27: (0.13, 0.8),
    28: (-0.13, 0.8), 31: (0.16, 0.85), 32: (-0.16, 0.85),
}  # fmt: skip


def _standing() -> np.ndarray:
    world = np.zeros((33, 3))
    for index, point in STANDING_M.items():
        world[index, :2] = point
    return world


def _track(frames: int = 60, wave: float = 0.9, scale: float = 200.0, visible: float = 0.95) -> PerformanceTrack:
    """A performer 200 px a metre who swings the straightened left forearm."""
    world = np.repeat(_standing()[None], frames, axis=0)
    angle = wave * np.sin(np.arange(frames) / 10)
    reach = np.stack([np.sin(angle + 0.5), np.cos(angle + 0.5)], axis=1)
    for index, length in ((15, 0.25), (17, 0.33), (19, 0.33)):
        world[:, index, :2] = world[:, 13, :2] + reach * length
    px = world * scale + [320, 260, 0]
    none = np.zeros((frames, 21, 3), np.float32)
    return PerformanceTrack(
        width=640, height=480, rate=30.0, body_px=px.astype(np.float32),
        body_visibility=np.full((frames, 33), visible, np.float32), body_world_m=world.astype(np.float32),
        body_valid=np.ones(frames, bool), face_px=np.zeros((frames, 478, 3), np.float32),
        face_valid=np.zeros(frames, bool), left_hand_px=none, left_hand_valid=np.zeros(frames, bool),
        right_hand_px=none, right_hand_valid=np.zeros(frames, bool),
        masks=PersonMasks((b"",) * frames, np.zeros((frames, 2, 3), np.float32)),
    )  # fmt: skip


def _rest(scale: float = 120.0, arm: float = 1.0) -> RestPose:
    world = _standing()
    for elbow, wrist in ((13, 15), (14, 16)):
        world[wrist] = world[elbow] + arm * (world[wrist] - world[elbow])
    px = joints_of(world * scale + [200, 180, 0])[:, :2]
    return RestPose(px, joints_of(world), has_legs=True, cut_at_bottom=False)


def _beginning(driver) -> Anchor:
    return Anchor(np.arange(len(driver)) < 4, alike=False)


def _angles(joints: np.ndarray, bone: Bone) -> np.ndarray:
    start, end = BONES[bone]
    vector = joints[..., end, :] - joints[..., start, :]
    return np.arctan2(vector[..., 1], vector[..., 0])


@pytest.mark.parametrize("mode", list(Mode))
def test_bone_angles_are_the_performers(mode):
    driver = read_driver_pose(_track())
    targets = retarget(_rest(), driver, _beginning(driver), mode, (400, 400))
    for bone in (Bone.LEFT_FOREARM, Bone.RIGHT_UPPER_ARM, Bone.LEFT_THIGH, Bone.SPINE):
        error = _angles(targets.joints_px, bone) - _angles(driver.joints_px, bone)
        assert np.abs(np.degrees((error + np.pi) % (2 * np.pi) - np.pi)).max() < 3, bone


def test_character_keeps_its_own_proportions():
    driver = read_driver_pose(_track())
    long_armed, short_armed = (
        retarget(_rest(arm=arm), driver, _beginning(driver), Mode.ANIMATE, (400, 400)).joints_px for arm in (1.2, 0.8)
    )
    start, end = BONES[Bone.LEFT_FOREARM]
    lengths = [np.linalg.norm(j[:, end] - j[:, start], axis=1).mean() for j in (long_armed, short_armed)]
    assert lengths[0] / lengths[1] == pytest.approx(1.5, rel=0.05)


def test_replace_stands_in_the_performers_place_at_the_performers_size():
    driver = read_driver_pose(_track())
    targets = retarget(_rest(), driver, _beginning(driver), Mode.REPLACE, (640, 480))
    assert np.abs(targets.joints_px[:, Joint.HIP] - driver.joints_px[:, Joint.HIP]).max() < 4
    assert targets.scale.mean() == pytest.approx(200 / 120, rel=0.03)


def test_unseen_arm_rests_as_in_the_reference_image():
    track = _track()
    track.body_visibility[:, [13, 15]] = 0.02
    driver = read_driver_pose(track)
    targets = retarget(_rest(), driver, _beginning(driver), Mode.ANIMATE, (400, 400))
    rest = _rest()
    error = _angles(targets.joints_px, Bone.LEFT_FOREARM) - _angles(rest.joints_px, Bone.LEFT_FOREARM)
    assert np.abs(np.degrees(error)).max() < 3


def test_performer_seen_from_behind_drives_the_image_side():
    track = _track(wave=0.0)
    track.body_px[:] = track.body_px[:, mirror_body()]
    track.body_world_m[:] = track.body_world_m[:, mirror_body()]
    joints = read_driver_pose(track).joints_px
    assert (joints[:, Joint.LEFT_SHOULDER, 0] > joints[:, Joint.RIGHT_SHOULDER, 0]).all()


def test_figure_stays_inside_the_picture_when_the_performer_runs_across():
    track = _track()
    track.body_px[..., 0] += np.linspace(-900, 900, len(track), dtype=np.float32)[:, None]
    driver = read_driver_pose(track)
    targets = retarget(_rest(), driver, _beginning(driver), Mode.ANIMATE, (400, 400))
    assert targets.joints_px[..., 0].min() > -8
    assert targets.joints_px[..., 0].max() < 408


def test_alike_figures_agree_exactly_in_the_anchor_frame():
    driver = read_driver_pose(_track())
    rest = _rest(scale=200.0)
    shifted = rest.joints_px + np.random.default_rng(3).normal(0, 3, rest.joints_px.shape)
    shifted[Joint.NECK] = shifted[[Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER]].mean(axis=0)
    shifted[Joint.HIP] = shifted[[Joint.LEFT_HIP, Joint.RIGHT_HIP]].mean(axis=0)
    noisy = RestPose(shifted, rest.joints_world_m, has_legs=True, cut_at_bottom=False)
    frames = np.zeros(len(driver), bool)
    frames[0] = True  # the arm hangs as in the reference there
    targets = retarget(noisy, driver, Anchor(frames, alike=True), Mode.ANIMATE, (400, 400))
    limbs = [Joint.NECK, Joint.HIP, Joint.LEFT_ELBOW, Joint.RIGHT_WRIST, Joint.LEFT_KNEE, Joint.RIGHT_ANKLE]
    assert np.abs(targets.joints_px[0, limbs] - shifted[limbs]).max() < 4
