from dataclasses import replace

import cv2
import numpy as np
import pytest
from paper_doll import POSE, SHIRT, SKIN, SLEEVE, TROUSERS, doll, landmarks, soft_mask

from motioncast.engines.puppet.body.joints import ELBOW, HAND, HIP, KNEE, SHOULDER, SIDES, WRIST, find_joints
from motioncast.engines.puppet.body.layers import build_layers
from motioncast.engines.puppet.body.part import Part
from motioncast.engines.puppet.body.parts import segment_parts
from motioncast.perception.matting import Matte


def character(rows=slice(None), columns=slice(None)):
    """Picture, matte, landmarks of the doll, cropped."""
    picture, truth = doll()
    picture, truth = np.ascontiguousarray(picture[rows, columns]), np.ascontiguousarray(truth[rows, columns])
    matte = Matte(truth.astype(np.float32), picture)
    return picture, matte, landmarks(soft_mask(truth), (-(columns.start or 0), -(rows.start or 0)))


def layers_of(**crop):
    picture, matte, marks = character(**crop)
    return build_layers(picture, matte, find_joints(marks, matte.alpha), marks), matte


def on_canvas(layer, shape):
    """A layer's premultiplied pixels on the reference picture's grid."""
    canvas = np.zeros((*shape, 4))
    x, y = layer.origin_px
    height, width = layer.rgba.shape[:2]
    top, left, bottom, right = max(0, y), max(0, x), min(shape[0], y + height), min(shape[1], x + width)
    canvas[top:bottom, left:right] = layer.rgba[top - y : bottom - y, left - x : right - x] / 255
    return canvas


def stacked(layers, shape):
    canvas = np.zeros((*shape, 4))
    pieces = [*layers.legs.values(), *([layers.skirt] if layers.skirt else []), layers.torso, *layers.arms.values()]
    for piece in pieces:
        above = on_canvas(piece, shape)
        canvas = above + canvas * (1 - above[..., 3:])
    return canvas


def label_at(parts, index):
    x, y = POSE[index]
    return Part(parts.labels[y, x])


def test_every_limb_gets_its_own_label():
    _, matte, marks = character()
    parts = segment_parts(matte, find_joints(marks, matte.alpha), marks)
    assert (label_at(parts, 13), label_at(parts, 15), label_at(parts, 17)) == (Part.LEFT_ARM,) * 3
    assert (label_at(parts, 14), label_at(parts, 16), label_at(parts, 18)) == (Part.RIGHT_ARM,) * 3
    assert (label_at(parts, 25), label_at(parts, 27)) == (Part.LEFT_LEG,) * 2
    assert (label_at(parts, 26), label_at(parts, 28)) == (Part.RIGHT_LEG,) * 2
    assert label_at(parts, 0) is Part.TORSO
    assert parts.labels[140, 120] == Part.TORSO


def test_a_gown_becomes_one_skirt():
    picture, matte, marks = character()
    alpha = matte.alpha.copy()
    alpha[190:300, 90:150] = 1
    joints = find_joints(marks, alpha)
    layers = build_layers(picture, replace(matte, alpha=alpha), joints, marks)
    assert joints.skirt
    assert layers.skirt is not None
    assert not layers.legs


@pytest.mark.parametrize(
    ("rows", "framing"), [(slice(None), "full"), (slice(0, 240), "half"), (slice(0, 110), "portrait")]
)
def test_framing_follows_what_the_picture_shows(rows, framing):
    _, matte, marks = character(rows)
    assert find_joints(marks, matte.alpha).framing == framing


def test_a_portrait_is_one_layer():
    layers, _ = layers_of(rows=slice(0, 110))
    assert not layers.arms
    assert not layers.legs
    assert layers.skirt is None


def test_joints_off_the_limb_are_pulled_onto_its_axis():
    _, matte, marks = character()
    body = marks.body_px.copy()
    body[13, :2] += (7, -6)
    joints = find_joints(replace(marks, body_px=body), matte.alpha)
    assert np.linalg.norm(joints.arms["left"][ELBOW] - POSE[13]) < 5


def test_a_face_alone_gives_a_portrait_and_so_does_a_silhouette():
    _, matte, marks = character()
    face = np.zeros((478, 3), np.float32)
    face[:, :2] = (120, 50)
    face[[10, 152, 234, 454], :2] = [(120, 20), (120, 78), (100, 48), (140, 48)]
    only_face = replace(marks, body_px=None, face_px=face)
    joints = find_joints(only_face, matte.alpha)
    assert joints.framing == "portrait"
    assert joints.neck[1] > 78
    assert joints.arms["left"][SHOULDER][0] > joints.arms["right"][SHOULDER][0]
    guessed = find_joints(replace(marks, body_px=None), matte.alpha)
    rows = np.flatnonzero((matte.alpha > 0.5).any(axis=1))
    assert guessed.framing == "portrait"
    assert rows[0] < guessed.neck[1] < rows.mean()
    assert not any(guessed.has_arms.values())


def test_the_layers_at_rest_are_the_character():
    layers, matte = layers_of()
    canvas = stacked(layers, matte.alpha.shape)
    inside = matte.alpha == 1
    assert canvas[..., 3][inside].mean() > 0.995
    assert (canvas[..., 3][inside] < 0.9).mean() < 0.01
    assert canvas[..., 3][~inside].mean() < 0.01
    assert np.abs(canvas[..., :3] - matte.foreground / 255)[inside].mean() < 0.02


def test_textures_are_premultiplied_with_an_empty_border():
    layers, _ = layers_of()
    for layer in (layers.torso, *layers.arms.values(), *layers.legs.values()):
        assert (layer.rgba[..., :3] <= layer.rgba[..., 3:]).all()
        assert layer.rgba[0].max() == layer.rgba[-1].max() == 0
        assert layer.rgba[:, 0].max() == layer.rgba[:, -1].max() == 0


def test_the_torso_continues_behind_an_arm_in_front_of_it_in_its_own_colour():
    picture, matte, marks = character()
    body = marks.body_px.copy()
    arm = {13: (166, 146), 15: (124, 156), 17: (104, 156), 19: (104, 158)}
    picture, alpha = picture.copy(), matte.alpha.copy()
    alpha[:300, 156:] = 0
    cv2.polylines(picture, [np.array([POSE[11], arm[13], arm[15]], np.int32)], False, SLEEVE, 18)
    cv2.polylines(alpha, [np.array([POSE[11], arm[13], arm[15]], np.int32)], False, 1.0, 18)
    for index, point in arm.items():
        body[index, :2] = point
    marks = replace(marks, body_px=body)
    matte = Matte(alpha, picture)
    layers = build_layers(picture, matte, find_joints(marks, alpha), marks)
    behind = on_canvas(layers.torso, alpha.shape)[148:160, 126:138]
    assert behind[..., 3].min() > 0.95
    assert np.abs(behind[..., :3] * 255 - SHIRT).mean() < 40


def test_a_cut_torso_goes_on_below_the_picture():
    layers, matte = layers_of(rows=slice(0, 240))
    height = matte.alpha.shape[0]
    assert layers.cut_below
    bottom = layers.torso.origin_px[1] + layers.torso.rgba.shape[0]
    assert bottom > 1.3 * height
    middle = layers.torso.rgba[height + 10 - layers.torso.origin_px[1], 120 - layers.torso.origin_px[0]]
    assert middle[3] > 250


def test_a_full_figure_is_not_extended():
    layers, matte = layers_of()
    assert not layers.cut_below
    assert layers.torso.origin_px[1] + layers.torso.rgba.shape[0] < matte.alpha.shape[0]


def test_a_hand_cut_by_the_picture_is_replaced_by_the_mirrored_other():
    layers, matte = layers_of(columns=slice(0, 208))
    joints, width = layers.joints, matte.alpha.shape[1]
    left, right = layers.arms["left"], layers.arms["right"]
    np.testing.assert_array_equal(left.rgba, right.rgba[:, ::-1])
    np.testing.assert_allclose(left.limb_joints[:, 0], width - 1 - joints.arms["right"][:, 0])
    elbow = np.round(left.limb_joints[ELBOW]).astype(int) - left.origin_px
    assert left.rgba[elbow[1], elbow[0], 3] == 255


def test_rest_joints_of_every_layer_lie_on_it():
    layers, _ = layers_of()
    for limbs, rows in ((layers.arms, (SHOULDER, ELBOW, WRIST, HAND)), (layers.legs, (HIP, KNEE))):
        for side in SIDES:
            for row in rows:
                x, y = np.round(limbs[side].limb_joints[row]).astype(int) - limbs[side].origin_px
                assert limbs[side].rgba[y, x, 3] > 128


def test_a_bare_hand_in_front_of_trousers_is_cut_along_its_own_border():
    """A hand hangs over the thigh; the geodesic split alone takes cloth along."""
    picture, matte, marks = character()
    body = marks.body_px.copy()
    arm = {13: (164, 140), 15: (150, 196), 17: (148, 214), 19: (150, 214)}
    picture, alpha = picture.copy(), matte.alpha.copy()
    alpha[:, 159:] = 0
    cv2.rectangle(picture, (92, 190), (172, 300), TROUSERS, -1)
    cv2.rectangle(alpha, (92, 190), (172, 300), 1.0, -1)
    limb = np.array([POSE[11], arm[13], arm[15], arm[17]], np.int32)
    hand_area = np.zeros(alpha.shape, np.uint8)
    cv2.polylines(hand_area, [limb[2:]], False, 1, 14)
    cv2.circle(hand_area, (149, 222), 12, 1, -1)
    for canvas, sleeve, skin in ((picture, SKIN, SKIN), (alpha, 1.0, 1.0)):
        cv2.polylines(canvas, [limb[:3]], False, sleeve, 14)
        canvas[hand_area > 0] = skin
    for index, point in arm.items():
        body[index, :2] = point
    hand = np.zeros((21, 3), np.float32)
    fan = np.linspace(-1, 1, 5)
    hand[0, :2] = arm[15]
    for finger in range(5):
        for k, reach in enumerate((16, 22, 28, 33)):
            hand[1 + 4 * finger + k, :2] = (149 + 6 * fan[finger], 196 + reach)
    marks = replace(marks, body_px=body, left_hand_px=hand)
    matte = Matte(alpha, picture)
    layers = build_layers(picture, matte, find_joints(marks, alpha), marks)
    below = on_canvas(layers.arms["left"], alpha.shape)[205:260] * 255
    solid = below[..., 3] > 200
    assert solid.sum() > 0.75 * hand_area[205:260].sum()
    assert (np.abs(below[..., :3] - SKIN).max(axis=2)[solid] < 40).mean() > 0.95
