"""The head of a character: its mesh, its weights, its motion."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from drawn_face import FACE_WIDTH, SIDE, draw, place, shape, still, track
from paper_doll import HEIGHT, POSE, WIDTH
from paper_doll import landmarks as doll_landmarks

from motioncast.engines.puppet.body.calibrate import Anchor
from motioncast.engines.puppet.body.layers import Layer
from motioncast.engines.puppet.canvas import Canvas
from motioncast.engines.puppet.face.character_face import prepare_face
from motioncast.engines.puppet.face.geometry import euler_deg, rotation_from_euler, signed_areas
from motioncast.engines.puppet.face.head_motion import HeadMotion, head_motion, locate_head
from motioncast.engines.puppet.face.performance import analyse_face
from motioncast.engines.puppet.face.topology import FACE
from motioncast.engines.puppet.head import StillTorso, build_head_mesh, head_weight
from motioncast.engines.puppet.trunk import build_trunk

STILL = HeadMotion(np.eye(3), 1.0, np.zeros(2))
HERE = StillTorso(np.eye(2, 3))


def first(count):
    """The clip starts as the picture."""
    return Anchor(np.arange(count) == 0, alike=True)


def bust():
    """Alpha (SIDE, SIDE) of a head on a neck and shoulders that the picture cuts off."""
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    cv2.ellipse(alpha, (120, 110), (62, 85), 0, 0, 360, 255, -1)
    cv2.rectangle(alpha, (95, 150), (145, 239), 255, -1)
    cv2.rectangle(alpha, (40, 215), (200, 239), 255, -1)
    return alpha


@pytest.fixture(scope="module")
def character():
    landmarks = place(shape())
    return prepare_face(draw(landmarks), still(landmarks))


@pytest.fixture(scope="module")
def mesh(character):
    return build_head_mesh(bust(), character, still(character.landmarks_px))


def test_an_unmoved_head_returns_the_picture(mesh):
    posed = mesh.pose(None, STILL, HERE)
    assert posed.dtype == np.float32
    assert np.allclose(posed[:, :2], mesh.rest_px, atol=1e-3)
    assert np.allclose(mesh.texture_px[FACE:], mesh.rest_px[FACE:], atol=1e-3)


def test_the_mesh_covers_the_layer(mesh):
    covered = np.zeros((SIDE, SIDE), np.uint8)
    for triangle in mesh.triangles:
        cv2.fillConvexPoly(covered, np.round(mesh.rest_px[triangle]).astype(np.int32), 255)
    assert covered[bust() > 0].mean() > 254


def test_weights_are_one_on_the_face_and_zero_at_the_cut(mesh):
    assert ((mesh.weight >= 0) & (mesh.weight <= 1)).all()
    assert (mesh.weight[:FACE] == 1).all()
    bottom = mesh.rest_px[:, 1] > SIDE - 2
    assert bottom.any()
    assert mesh.weight[bottom].max() < 1e-6


def test_weight_falls_down_the_neck_and_aside(character):
    frame = locate_head(character, still(character.landmarks_px))
    chin = frame.chin_px
    down = head_weight(chin + np.array([[0, -30.0], [0, 20], [0, 60], [0, 200]]), frame)
    assert down[0] == 1
    assert (np.diff(down) < 0).all()
    aside = head_weight(np.array([[chin[0], chin[1] + 20], [chin[0] + 2.5 * FACE_WIDTH, chin[1] + 20]]), frame)
    assert aside[0] > 0.5
    assert aside[1] == 0


def test_a_turn_moves_the_nose_and_not_the_cut(mesh, character):
    frames = [place(shape(), (yaw, 0, 0)) for yaw in np.linspace(0, 25, 40)]
    motion = head_motion(analyse_face(track(frames)), track(frames), mesh.frame, first(40), relative_to_neck=False).at(
        39
    )
    posed = mesh.pose(None, motion, HERE)
    assert posed[4, 0] < mesh.rest_px[4, 0] - 8
    bottom = mesh.rest_px[:, 1] > SIDE - 2
    assert np.allclose(posed[bottom, :2], mesh.rest_px[bottom], atol=0.5)
    rest, now = (signed_areas(v, mesh.triangles) for v in (mesh.rest_px, posed))
    assert np.abs(now[rest * now < 0]).sum() < 0.02 * np.abs(rest).sum()


@pytest.fixture(scope="module")
def half_turned():
    """A face turned by 28 degrees whose far cheek has a blue stain at its very edge; trunk of it."""
    landmarks = place(shape(), (28.0, 0, 0))
    picture = draw(landmarks)
    near_the_nose = np.abs(landmarks[[234, 454], 0] - landmarks[4, 0])
    side = landmarks[[227, 137, 177] if near_the_nose[0] < near_the_nose[1] else [447, 366, 401], :2]
    for x, y in np.round(side).astype(int):
        cv2.circle(picture, (int(x), int(y)), 2, (0, 0, 255), -1)
    layer = Layer(np.dstack([picture, np.full((SIDE, SIDE), 255, np.uint8)]), (0, 0))
    return build_trunk(layer, picture, still(landmarks))


def drawn(trunk, motion):
    canvas = Canvas(np.zeros((SIDE, SIDE, 3), np.uint8))
    posed = trunk.mesh.pose(None, motion, trunk.place(HERE))
    canvas.draw(posed, trunk.mesh.texture_px, trunk.mesh.triangles, trunk.texture, 1.0)
    return canvas.rgb


def test_a_half_turned_face_is_unchanged_in_the_pose_of_its_picture(half_turned):
    assert half_turned.face.far_side is not None
    own = half_turned.texture.levels[0][:SIDE, :SIDE, :3]
    assert np.abs(drawn(half_turned, STILL).astype(int) - own)[4:-4, 4:-4].max() <= 1


def test_towards_the_camera_the_far_cheek_is_completed_from_the_near_one(half_turned):
    turn = rotation_from_euler(np.array([-22.0, 0, 0]))
    completed = drawn(half_turned, HeadMotion(turn, 1.0, np.zeros(2))).astype(int)
    plain = replace(
        half_turned,
        mesh=build_head_mesh(
            np.full((SIDE, SIDE), 255, np.uint8),
            replace(half_turned.face, far_side=None),
            still(half_turned.face.landmarks_px),
        ),
    )
    stretched = drawn(plain, HeadMotion(turn, 1.0, np.zeros(2))).astype(int)
    blue = [int((picture[..., 2] - picture[..., 0] > 120).sum()) for picture in (stretched, completed)]
    assert blue[0] > 8
    assert blue[1] < 0.4 * blue[0]


def test_the_torso_carries_the_head_without_turning_it(mesh):
    angle = np.radians(20)
    turn = 2 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    torso = StillTorso(np.column_stack([turn, [30.0, 5.0]]))
    posed = mesh.pose(None, STILL, torso)
    centre = mesh.frame.centre_px[:2]
    expected = 2 * (mesh.rest_px[:FACE] - centre) + turn @ centre + [30.0, 5.0]
    assert np.allclose(posed[:FACE, :2], expected, atol=0.01)
    assert np.allclose(mesh.affine(STILL, torso), 2 * np.eye(2))


def test_the_expression_pulls_the_surroundings_of_the_face(mesh, character):
    landmarks = character.landmarks_px[:FACE].copy()
    landmarks[:, 1] += 6
    posed = mesh.pose(landmarks, STILL, HERE)
    moved = posed[:, 1] - mesh.rest_px[:, 1]
    assert np.allclose(moved[:FACE], 6, atol=1e-3)
    assert moved[FACE:].max() > 3
    assert moved[FACE:].min() >= -1e-3


def motions(angles, shifts, **options):
    frames = [place(shape(), a, s) for a, s in zip(angles, shifts, strict=True)]
    landmarks = place(shape())
    frame = locate_head(prepare_face(draw(landmarks), still(landmarks)), still(landmarks))
    recorded = track(frames, **options)
    return lambda relative: head_motion(
        analyse_face(recorded), recorded, frame, first(len(recorded)), relative_to_neck=relative
    )


def test_head_motion_starts_at_rest_and_follows_within_limits():
    angles = [(yaw, 0.3 * yaw, 0.2 * yaw) for yaw in np.linspace(15, 75, 60)]
    heads = motions(angles, [(0, 0)] * 60)(False)
    turn = euler_deg(heads.rotation)
    assert np.abs(turn[0]).max() < 0.5
    assert np.abs(turn[:, 0]).max() <= 30
    assert (np.diff(turn[3:-3, 0]) > -1e-6).all()
    assert len(heads) == 60


def test_without_a_neck_the_whole_shift_counts_and_with_one_only_its_own():
    shifts = [(0.5 * i, 0) for i in range(60)]
    body = np.zeros((60, 33, 3))
    body[:, 11, :2] = np.array([170.0, 230.0]) + shifts
    body[:, 12, :2] = np.array([70.0, 230.0]) + shifts
    both = motions([(0, 0, 0)] * 60, shifts, body_px=body)
    assert both(False).shift_px[-1, 0] == pytest.approx(29.5, abs=3.5)
    assert np.abs(both(True).shift_px).max() < 1.0
    assert (both(True).scale == 1).all()


def test_size_follows_the_head_towards_the_camera():
    frames = [place(shape()) * zoom for zoom in np.linspace(1, 1.2, 60)]
    landmarks = place(shape())
    frame = locate_head(prepare_face(draw(landmarks), still(landmarks)), still(landmarks))
    heads = head_motion(analyse_face(track(frames)), track(frames), frame, first(60), relative_to_neck=False)
    assert heads.scale[-1] == pytest.approx(1.2, abs=0.05)


def test_a_head_without_a_face_follows_ears_and_nose():
    still_doll = doll_landmarks(np.full((HEIGHT, WIDTH), 255, np.uint8))
    body = np.repeat(still_doll.body_px[None], 50, axis=0).astype(float)
    body[:, 2, :2], body[:, 5, :2] = np.add(POSE[0], (6, -5)), np.add(POSE[0], (-6, -5))
    body[:, 0, 0] -= np.linspace(0, 8, 50)
    recorded = track([place(shape())] * 50, [False] * 50, body)
    alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
    alpha[20:200, 80:160] = 255
    mesh = build_head_mesh(alpha, None, still_doll)
    assert mesh.faces == 0
    assert mesh.weight.max() == 1
    assert mesh.weight.min() == 0
    heads = head_motion(None, recorded, mesh.frame, first(50), relative_to_neck=True)
    assert euler_deg(heads.rotation)[-1, 0] > 8
    posed = mesh.pose(None, heads.at(49), HERE)
    feet = mesh.rest_px[:, 1] > 190
    assert np.allclose(posed[feet, :2], mesh.rest_px[feet], atol=1e-3)
    assert np.abs(posed[:, :2] - mesh.rest_px).max() > 2


def test_a_picture_without_head_or_pose_does_not_move():
    blank = still(place(shape()), spread=0.5)
    mesh = build_head_mesh(bust(), None, blank)
    assert mesh.frame is None
    assert np.allclose(mesh.pose(None, STILL, HERE)[:, :2], mesh.rest_px, atol=1e-3)


def test_a_half_turned_character_turns_less_towards_the_camera():
    frames = [place(shape(), (yaw, 0, 0)) for yaw in np.linspace(0, 40, 40)]
    recorded = track(frames)
    turns = []
    for own in (-35, 0):
        landmarks = place(shape(), (own, 0, 0))
        frame = locate_head(prepare_face(draw(landmarks), still(landmarks)), still(landmarks))
        heads = head_motion(analyse_face(recorded), recorded, frame, first(40), relative_to_neck=False)
        relative = frame.rotation.T @ heads.rotation[-1] @ frame.rotation
        turns.append(euler_deg(relative)[0])
    assert 0 < turns[0] < 0.7 * turns[1]


def test_the_nod_of_a_half_turned_character_does_not_become_a_tilt():
    recorded = track([place(shape(), (0, pitch, 0)) for pitch in np.linspace(0, 15, 40)])
    landmarks = place(shape(), (30, 0, 0))
    frame = locate_head(prepare_face(draw(landmarks), still(landmarks)), still(landmarks))
    heads = head_motion(analyse_face(recorded), recorded, frame, first(40), relative_to_neck=False)
    yaw, pitch, roll = euler_deg(heads.rotation[-1] @ frame.rotation)
    assert yaw == pytest.approx(frame.yaw_deg, abs=1)
    assert pitch > 10
    assert abs(roll) < 1


def test_a_picture_of_the_clip_turns_exactly_as_far_as_the_performer():
    recorded = track([place(shape(), (yaw, 0, 0)) for yaw in np.linspace(0, 6, 40)])
    landmarks = place(shape())
    frame = locate_head(prepare_face(draw(landmarks), still(landmarks)), still(landmarks))
    performance = analyse_face(recorded)
    turns = [
        euler_deg(head_motion(face, recorded, frame, first(40), relative_to_neck=False).rotation[-1])[0]
        for face in (performance.rested_at(np.array([0], np.int32)), performance)
    ]
    assert turns[0] == pytest.approx(6, abs=0.4)
    assert turns[1] > 1.1 * turns[0]
