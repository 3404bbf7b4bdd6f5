"""A character without legs stands on those of the performer."""

import numpy as np
from paper_doll import doll, landmarks, soft_mask

from motioncast.engines.puppet.body.hem import FADE, fade_hem
from motioncast.engines.puppet.body.joints import find_joints
from motioncast.engines.puppet.body.layers import build_layers
from motioncast.engines.puppet.scene.performer import PerformerRegion, Waist
from motioncast.perception.landmarks import PerformanceTrack, PersonMasks
from motioncast.perception.matting import Matte

SIZE = (240, 416)
BODY = {11: (140, 80), 12: (100, 80), 13: (165, 120), 14: (75, 120), 15: (180, 180), 16: (70, 180), 17: (182, 195)}
BODY |= {18: (68, 195), 19: (184, 195), 20: (66, 195), 21: (180, 190), 22: (70, 190), 23: (132, 180), 24: (108, 180)}
BODY |= {25: (132, 260), 26: (108, 260), 27: (132, 340), 28: (108, 340), 29: (130, 350), 30: (110, 350)}
BODY |= {31: (138, 360), 32: (102, 360)}


def performer() -> PerformanceTrack:
    """One frame of somebody who stands with hanging arms."""
    body = np.zeros((1, 33, 3), np.float32)
    for index, point in BODY.items():
        body[0, index, :2] = point
    mask = PersonMasks.pack(np.full((256, 256), 255, np.uint8))
    to_px = np.array([[[SIZE[0] / 256, 0, 0], [0, SIZE[1] / 256, 0]]], np.float32)
    no, hands = np.zeros(1, bool), np.zeros((1, 21, 3), np.float32)
    return PerformanceTrack(
        width=SIZE[0], height=SIZE[1], rate=25.0,
        body_px=body, body_visibility=np.ones((1, 33), np.float32),
        body_world_m=np.zeros((1, 33, 3), np.float32), body_valid=~no,
        face_px=np.zeros((1, 478, 3), np.float32), face_valid=no,
        left_hand_px=hands, left_hand_valid=no, right_hand_px=hands, right_hand_valid=no,
        masks=PersonMasks((mask,), to_px), cuts=(),
    )  # fmt: skip


def test_the_performers_legs_stay_and_their_arms_do_not():
    region = PerformerRegion(performer(), SIZE)
    stays = region.below(0, Waist(np.array([120.0, 150.0]), np.array([0.0, 15.0])))
    assert stays.shape == region.work_size[::-1]
    assert stays[145].max() < 10  # the chest
    for x, y in ((132, 220), (108, 300), (120, 175)):
        assert stays[y, x] > 245
    assert stays[190, 184] < 10  # a hand beside the thigh


def test_a_cut_torso_fades_out_at_the_hips():
    picture, truth = doll()
    picture, truth = np.ascontiguousarray(picture[:240]), np.ascontiguousarray(truth[:240])
    matte = Matte(truth.astype(np.float32), picture)
    marks = landmarks(soft_mask(truth))
    layers = build_layers(picture, matte, find_joints(marks, matte.alpha), marks)
    faded, gone = fade_hem(layers)
    joints, (_, top) = layers.joints, layers.torso.origin_px
    y = joints.hip[1] - (gone + np.array([-0.02, 0.5 * FADE, FADE + 0.02])) * joints.torso_length - top
    below, middle, above = (faded.torso.rgba[round(v), :, 3].max() for v in y)
    assert below == 0
    assert 60 < middle < 200
    assert above == 255
