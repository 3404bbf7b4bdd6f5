"""Our landmarks land on the right COCO-WholeBody points, with the right scores."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from motioncast.arrays import Float32
from motioncast.engines.wan.conditions.wholebody import (
    BODY,
    FACE,
    FEET,
    LEFT_HAND,
    POINTS,
    RIGHT_HAND,
    WholeBody,
    wholebody_of_still,
    wholebody_of_track,
)
from motioncast.perception.landmarks import PerformanceTrack, PersonMasks, StillLandmarks
from motioncast.perception.skeleton import Body
from motioncast.perception.still import analyse_still

COCO_BODY = [
    Body.NOSE, Body.LEFT_EYE, Body.RIGHT_EYE, Body.LEFT_EAR, Body.RIGHT_EAR, Body.LEFT_SHOULDER, Body.RIGHT_SHOULDER,
    Body.LEFT_ELBOW, Body.RIGHT_ELBOW, Body.LEFT_WRIST, Body.RIGHT_WRIST, Body.LEFT_HIP, Body.RIGHT_HIP,
    Body.LEFT_KNEE, Body.RIGHT_KNEE, Body.LEFT_ANKLE, Body.RIGHT_ANKLE,
]  # fmt: skip


def _numbered(count: int, base: float) -> Float32:
    """(1, count, 3) points that tell which one they are: x is the number, y the part."""
    points = np.zeros((1, count, 3), np.float32)
    points[0, :, 0], points[0, :, 1] = np.arange(count), base
    return points


def _track(**changes: object) -> PerformanceTrack:
    yes = np.array([True])
    body = _numbered(33, 1000)
    body[0, Body.NOSE, 2] = -50  # the nose is nearer than the ears
    return replace(
        PerformanceTrack(
            width=640, height=360, rate=25.0,
            body_px=body, body_visibility=np.linspace(0.1, 0.9, 33, dtype=np.float32)[None],
            body_world_m=np.zeros((1, 33, 3), np.float32), body_valid=yes,
            face_px=_numbered(478, 2000), face_valid=~yes,
            left_hand_px=_numbered(21, 3000), left_hand_valid=yes,
            right_hand_px=_numbered(21, 4000), right_hand_valid=yes,
            masks=PersonMasks((b"",), np.zeros((1, 2, 3), np.float32)),
        ),
        **changes,
    )  # fmt: skip


def test_body_and_feet_are_our_landmarks_of_the_same_name() -> None:
    track = _track()
    whole = wholebody_of_track(track)
    np.testing.assert_array_equal(whole.points_px[0, BODY], track.body_px[0, COCO_BODY, :2])
    np.testing.assert_array_equal(whole.scores[0, BODY], track.body_visibility[0, COCO_BODY])
    feet = [Body.LEFT_TOE, Body.LEFT_TOE, Body.LEFT_HEEL, Body.RIGHT_TOE, Body.RIGHT_TOE, Body.RIGHT_HEEL]
    np.testing.assert_array_equal(whole.points_px[0, FEET, 0], feet)
    assert (whole.width, whole.height, len(whole)) == (640, 360, 1)
    assert whole.points_px.shape == (1, POINTS, 2)
    assert whole.points_px.dtype == whole.scores.dtype == np.float32


def test_hands_keep_their_order_and_side() -> None:
    whole = wholebody_of_track(_track(right_hand_valid=np.array([False])))
    np.testing.assert_array_equal(whole.points_px[0, LEFT_HAND], _numbered(21, 3000)[0, :, :2])
    np.testing.assert_array_equal(whole.points_px[0, RIGHT_HAND], _numbered(21, 4000)[0, :, :2])
    assert (whole.scores[0, LEFT_HAND] > 0.5).all()
    assert not whole.scores[0, RIGHT_HAND].any()


def test_a_part_that_was_not_found_has_no_score() -> None:
    whole = wholebody_of_track(_track(body_valid=np.array([False])))
    assert not whole.scores[0, :91].any()
    assert whole.scores[0, LEFT_HAND].all()


def _face(turn: float) -> Float32:
    """(1, 478, 3) the landmarks of a drawn face that matter, turned to its left by `turn` radians."""
    mesh = np.zeros((478, 3), np.float32)
    mesh[[234, 454, 1, 33, 133, 362, 263]] = [
        [-80, 10, 0], [80, 10, 0], [0, 30, -90], [-50, 0, -40], [-20, 0, -50], [20, 0, -50], [50, 0, -40],
    ]  # fmt: skip
    cos, sin = np.cos(turn), np.sin(turn)
    mesh = mesh @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], np.float32)
    return (mesh + np.array([300, 200, 0]))[None].astype(np.float32)


def test_a_found_face_places_the_head() -> None:
    whole = wholebody_of_track(_track(face_px=_face(0), face_valid=np.array([True]), body_valid=np.array([False])))
    wanted = [[300, 230], [335, 200], [265, 200], [380, 210], [220, 210]]
    np.testing.assert_allclose(whole.points_px[0, :5], wanted)
    assert (whole.scores[0, :5] > 0.5).all()
    assert (whole.scores[0, FACE] > 0.5).all()


@pytest.mark.parametrize(("turn", "shown"), [(0.3, [True, True]), (1.1, [False, True]), (-1.1, [True, False])])
def test_the_far_ear_of_a_turned_head_is_hidden(turn: float, shown: list[bool]) -> None:
    face = _face(turn)
    whole = wholebody_of_track(_track(face_px=face, face_valid=np.array([True])))
    assert list(whole.scores[0, 3:5] >= 0.5) == shown
    if not all(shown):
        near, far = (454, 234) if shown[0] else (234, 454)
        assert face[0, near, 2] < face[0, far, 2]


def test_the_back_of_a_head_shows_ears_but_no_nose() -> None:
    body = _numbered(33, 1000)
    body[0, Body.NOSE, 2] = 50
    whole = wholebody_of_track(_track(body_px=body, body_visibility=np.ones((1, 33), np.float32)))
    assert list(whole.scores[0, :5]) == [0, 0, 0, 1, 1]


def test_a_still_may_lack_every_part() -> None:
    nothing = StillLandmarks(320, 200, None, None, None, None, 1.0, None, None, np.zeros((200, 320), np.uint8))
    whole = wholebody_of_still(nothing)
    assert whole.points_px.shape == (1, POINTS, 2)
    assert not whole.scores.any()


def test_a_still_whose_face_is_a_guess_keeps_the_head_of_the_body() -> None:
    body = _numbered(33, 1000)[0]
    still = StillLandmarks(
        320, 200, body, np.ones(33, np.float32), body, _face(0)[0], 0.05, None, _numbered(21, 4000)[0],
        np.zeros((200, 320), np.uint8),
    )  # fmt: skip
    doubtful, sure = wholebody_of_still(still), wholebody_of_still(replace(still, face_spread=0.003))
    assert list(doubtful.points_px[0, 0]) == [Body.NOSE, 1000]
    assert not doubtful.scores[0, FACE].any()
    assert list(sure.points_px[0, 0]) == [300, 230]
    assert sure.scores[0, RIGHT_HAND].all()
    assert not sure.scores[0, LEFT_HAND].any()


def test_the_face_of_a_portrait_is_in_ibug_order(samples_dir: Path, models_dir: Path) -> None:
    with Image.open(samples_dir / "astronaut.png") as picture:
        still = analyse_still(np.asarray(picture.convert("RGB")), None, models_dir)
    face = wholebody_of_still(still).points_px[0, FACE]
    jaw, brows, nose, eyes, lips = face[:17], face[17:27], face[27:36], face[36:48], face[48:60]
    assert (np.diff(jaw[2:15, 0]) > 0).all()  # from the person's right, which is the picture's left
    assert jaw[:, 1].argmax() == 8
    assert (np.diff(brows[:, 0]) > 0).all()
    assert brows[:, 1].max() < eyes[:, 1].min()
    assert (np.diff(nose[:4, 1]) > 0).all()
    assert (np.diff(nose[4:, 0]) > 0).all()
    for eye in (eyes[:6], eyes[6:]):
        assert eye[0, 0] < eye[1:3, 0].min() < eye[1:3, 0].max() < eye[3, 0]
        assert eye[1:3, 1].max() < eye[4:, 1].min()
    assert (np.diff(lips[:7, 0]) > 0).all()
    assert (np.diff(lips[6:, 0]) < 0).all()
    assert lips[:7, 1].mean() < lips[7:, 1].mean()
    assert eyes[:, 1].max() < nose[4:, 1].min() < nose[4:, 1].max() < lips[:, 1].min() < lips[:, 1].max() < jaw[8, 1]


def _waving(gap: float, found: list[bool]) -> WholeBody:
    """Frames of a body with shoulders 100 px wide whose left hand lies `gap` px beside the wrist, where it is found."""
    count = len(found)
    body = np.zeros((count, 33, 3), np.float32)
    body[:, Body.LEFT_SHOULDER], body[:, Body.RIGHT_SHOULDER] = (200, 100, 0), (100, 100, 0)
    body[:, Body.LEFT_WRIST] = (250, 200, 0)
    hand = np.repeat(_numbered(21, 0), count, axis=0)
    hand[:, :, :2] += (250 + gap, 200)
    absent = np.zeros((count, 21, 3), np.float32)
    return wholebody_of_track(
        _track(
            body_px=body,
            body_visibility=np.ones((count, 33), np.float32),
            body_valid=np.ones(count, np.bool_),
            face_px=np.zeros((count, 478, 3), np.float32),
            face_valid=np.zeros(count, np.bool_),
            left_hand_px=hand,
            left_hand_valid=np.array(found),
            right_hand_px=absent,
            right_hand_valid=np.zeros(count, np.bool_),
        )
    )


def test_forearm_and_hand_meet_where_the_hand_is_and_part_without_a_jump() -> None:
    found = [True] * 8 + [False] * 8
    whole = _waving(20, found)
    wrist, root = whole.points_px[:, 9], whole.points_px[:, LEFT_HAND][:, 0]
    np.testing.assert_allclose(wrist[:8], root[:8], atol=1e-4)
    np.testing.assert_allclose(wrist[:5], [[270, 200]] * 5, atol=1e-4)
    np.testing.assert_allclose(wrist[-4:], [[250, 200]] * 4, atol=1e-4)
    assert np.abs(np.diff(wrist[:, 0])).max() < 20 / 4, "it must fade"
    shape = whole.points_px[:, LEFT_HAND] - root[:, None]
    np.testing.assert_allclose(shape, np.broadcast_to(shape[:1], shape.shape), atol=1e-4)


def test_a_hand_far_from_the_wrist_is_left_alone() -> None:
    whole = _waving(40, [True] * 6)
    np.testing.assert_array_equal(whole.points_px[:, 9], [[250, 200]] * 6)
    np.testing.assert_array_equal(whole.points_px[:, LEFT_HAND][:, 0], [[290, 200]] * 6)
