"""Where arms meet the trunk: an arm may turn to any side without coming apart from it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from paper_doll import POSE, SKIN, SLEEVE, doll, landmarks, soft_mask

from motioncast.engines.puppet.body.folded_arms import are_folded
from motioncast.engines.puppet.body.joints import ELBOW, SHOULDER, SIDES, find_joints
from motioncast.engines.puppet.body.layers import build_layers
from motioncast.engines.puppet.body.part import ARM_PART
from motioncast.engines.puppet.body.parts import segment_parts
from motioncast.engines.puppet.body.rig import rig_limbs
from motioncast.engines.puppet.body.shoulder import elbow_crook, measure_upper_arm
from motioncast.engines.puppet.body.skeleton import Joint, joint_array
from motioncast.engines.puppet.body.torso import torso_map
from motioncast.engines.puppet.canvas import Canvas
from motioncast.perception.matting import Matte


@pytest.fixture(scope="module")
def figure():
    picture, truth = doll()
    matte, marks = Matte(truth.astype(np.float32), picture), landmarks(soft_mask(truth))
    return picture, matte, marks, find_joints(marks, matte.alpha)


def on_canvas(layer, shape):
    canvas = np.zeros(shape)
    x, y = layer.origin_px
    height, width = layer.rgba.shape[:2]
    top, left, bottom, right = max(0, y), max(0, x), min(shape[0], y + height), min(shape[1], x + width)
    canvas[top:bottom, left:right] = layer.rgba[top - y : bottom - y, left - x : right - x, 3] / 255
    return canvas


def test_the_joint_lies_on_the_axis_of_the_upper_arm(figure):
    _, matte, _, joints = figure
    depth = cv2.distanceTransform((matte.alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    for side in SIDES:
        x, y = np.round(joints.arms[side][SHOULDER]).astype(int)
        assert depth[y, x] > 0.8 * 9  # the sleeve is 18 px wide


def test_the_torso_has_a_round_shoulder_under_the_arm(figure):
    picture, matte, marks, joints = figure
    layers = build_layers(picture, matte, joints, marks)
    torso = on_canvas(layers.torso, matte.alpha.shape)
    for side in SIDES:
        cap = measure_upper_arm(matte.alpha, layers.joints, side).cap_mask(torso.shape)
        inner = cv2.erode(cap.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        assert inner.sum() > 40
        assert torso[inner].min() > 0.9


def test_an_arm_is_cut_off_at_its_own_width(figure):
    _, matte, marks, joints = figure
    parts = segment_parts(matte, joints, marks)
    for side in SIDES:
        root, elbow = joints.arms[side][SHOULDER], joints.arms[side][ELBOW]
        yy, xx = np.nonzero((parts.labels == ARM_PART[side]) & (matte.alpha > 0.5))
        along = (elbow - root) / np.linalg.norm(elbow - root)
        offset = np.stack([xx, yy], axis=1) - root
        upper = (offset @ along > 2) & (offset @ along < 0.4 * np.linalg.norm(elbow - root))
        across = np.abs(offset @ np.array([-along[1], along[0]]))[upper]
        assert across.max() < 15
        assert upper.sum() > 150


@pytest.mark.parametrize("lift", [0.0, 1.0, 1.9, 2.6])
def test_a_lifted_arm_stays_on_its_shoulder(figure, lift):
    """Between the middle of the chest and the elbow, no gap opens along the bone."""
    picture, matte, marks, joints = figure
    layers = build_layers(picture, matte, joints, marks)
    limbs, rest = rig_limbs(layers, layers.joints, 8), joint_array(layers.joints)
    target = rest.copy()
    root = rest[Joint.LEFT_SHOULDER]
    c, s = np.cos(-lift), np.sin(-lift)
    for joint in (Joint.LEFT_ELBOW, Joint.LEFT_WRIST, Joint.LEFT_HAND):
        target[joint] = root + np.array([[c, -s], [s, c]]) @ (rest[joint] - root)
    torso = torso_map(rest, target, 1.0)
    canvas = Canvas(np.zeros_like(picture))
    mesh = limbs.arm("left", target, torso, 1.0)
    canvas.draw(mesh.vertices_px, mesh.uv_px, mesh.triangles, mesh.texture, 1.0)
    covered = np.maximum(canvas.coverage / 255, on_canvas(layers.torso, matte.alpha.shape))
    line = np.linspace(root, target[Joint.LEFT_ELBOW], 40)
    x, y = np.round(line).astype(int).T
    assert covered[y, x].min() > 0.9


def test_an_arm_hangs_where_its_socket_is_though_the_performer_tilts_farther(figure):
    picture, matte, marks, joints = figure
    layers = build_layers(picture, matte, joints, marks)
    limbs, rest = rig_limbs(layers, layers.joints, 8), joint_array(layers.joints)
    target = rest.copy()
    for joint, sign in ((Joint.LEFT_SHOULDER, 1.0), (Joint.RIGHT_SHOULDER, -1.0)):
        target[joint] = rest[Joint.NECK] + sign * np.array([12.0, 24.0])  # 63 degrees: more than a chest tilts
    torso = torso_map(rest, target, 1.0)
    socket = torso(rest[[Joint.LEFT_SHOULDER]])[0]
    assert np.linalg.norm(socket - target[Joint.LEFT_SHOULDER]) > 5
    posed = limbs.arm("left", target, torso, 1.0).vertices_px[:, :2]
    skin = limbs.arms["left"].skin
    nearest = np.argmin(np.linalg.norm(skin.rest_px - rest[Joint.LEFT_SHOULDER], axis=1))
    reach = np.linalg.norm(skin.rest_px[nearest] - rest[Joint.LEFT_SHOULDER])
    assert np.linalg.norm(posed[nearest] - socket) < 1.5 * reach + 1


def test_a_shirt_in_front_of_a_bare_arm_does_not_go_with_it(figure):
    picture, matte, marks, _ = figure
    picture = picture.copy()
    bare = (np.abs(picture.astype(int) - SLEEVE).max(axis=2) < 5) & (matte.alpha > 0.5)
    picture[bare] = SKIN
    cv2.ellipse(picture, (146, 114), (11, 12), 0, 0, 360, (30, 120, 60), -1)  # what is worn on the chest, over the arm
    matte = Matte(matte.alpha, picture)
    parts = segment_parts(matte, find_joints(marks, matte.alpha), marks)
    green = np.zeros(matte.alpha.shape, np.uint8)
    cv2.ellipse(green, (146, 114), (9, 10), 0, 0, 360, 1, -1)
    assert (parts.labels[(green > 0) & (matte.alpha > 0.5)] == ARM_PART["left"]).mean() < 0.2


def test_folded_arms_are_recognised():
    folded = {
        "left": np.array([[150.0, 90], [165, 140], [120, 155], [100, 158]]),
        "right": np.array([[90.0, 90], [75, 140], [118, 158], [140, 160]]),
    }
    assert are_folded(folded, 120.0, 13.0)
    hanging = {"left": folded["left"], "right": np.array([[90.0, 90], [75, 140], [70, 190], [70, 205]])}
    assert not are_folded(hanging, 120.0, 13.0)


def test_folded_arms_stay_with_the_body(figure):
    _, matte, marks, _ = figure
    body = marks.body_px.copy()
    alpha = matte.alpha.copy()
    alpha[100:200, :88] = alpha[100:200, 152:] = 0
    points = {13: (156, 140), 15: (118, 150), 17: (100, 152), 19: (100, 154)}
    points |= {14: (84, 140), 16: (120, 156), 18: (138, 158), 20: (138, 160)}
    for index, point in points.items():
        body[index, :2] = point
    for chain in ((11, 13, 15), (12, 14, 16)):
        line = np.array([points.get(i, POSE[i]) for i in chain], np.int32)
        cv2.polylines(alpha, [line], False, 1.0, 18)
    joints = find_joints(replace(marks, body_px=body), alpha)
    assert joints.arms_folded
    assert not any(joints.has_arms.values())


def test_what_hangs_in_the_crook_of_a_bent_arm_is_left_out(figure):
    _, _, _, joints = figure
    root = joints.arms["left"][SHOULDER]
    bent = root + np.array([[0.0, 0], [10, 60], [70, 20], [85, 10]])
    crook = elbow_crook(joints.with_arm("left", bent), "left", (360, 240))
    x, y = np.round(bent[ELBOW] + [16, -30]).astype(int)
    assert crook[y, x]
    assert not crook[tuple(np.round(bent[ELBOW] + [30, -20]).astype(int)[::-1])]  # on the forearm
    assert not elbow_crook(joints, "left", (360, 240)).any()  # a straight arm has none
