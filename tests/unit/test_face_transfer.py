"""From the performer's expression to the character's."""

from functools import cache

import numpy as np
import pytest
from drawn_face import draw, place, shape, still, track
from hypothesis import given, settings
from hypothesis import strategies as st

from motioncast.engines.puppet.face.character_face import prepare_face
from motioncast.engines.puppet.face.geometry import signed_areas, umeyama
from motioncast.engines.puppet.face.measures import eye_opening, lip_gaps
from motioncast.engines.puppet.face.performance import analyse_face
from motioncast.engines.puppet.face.regions import lip_weights, measure_regions
from motioncast.engines.puppet.face.topology import CANONICAL, EYES, FACE, STABLE, TRIANGLES
from motioncast.engines.puppet.face.transfer import FaceTransfer, expression_distance
from motioncast.engines.puppet.face.unfold import PINNED, unfold


@cache
def drawn():
    landmarks = place(shape())
    return prepare_face(draw(landmarks), still(landmarks))


@pytest.fixture(name="character")
def _character():
    return drawn()


def transfer(character, shapes):
    return FaceTransfer(character, analyse_face(track([place(s) for s in shapes])))


def canonical(landmarks):
    return umeyama(landmarks[None, STABLE], CANONICAL[STABLE]).undo(landmarks[None])[0]


def test_the_neutral_frame_returns_the_picture(character):
    moves = transfer(character, [shape()] * 30)
    difference = np.abs(moves.landmarks(10) - character.landmarks_px[:FACE])
    assert difference.max() < 0.6
    assert difference.mean() < 0.05


def test_an_open_mouth_opens_the_character_as_far(character):
    moves = transfer(character, [shape()] * 30 + [shape(gap=0.15)] * 30)
    opening = lip_gaps(canonical(moves.landmarks(50)))[4] - lip_gaps(canonical(moves.landmarks(10)))[4]
    assert opening == pytest.approx(0.15, rel=0.25)


def test_closed_lips_close_a_character_with_parted_lips():
    landmarks = place(shape(gap=0.06))
    parted = prepare_face(draw(landmarks), still(landmarks))
    assert parted.parted
    moves = transfer(parted, [shape()] * 30)
    gaps = lip_gaps(canonical(moves.landmarks(10)))
    assert gaps.max() < 0.006
    assert gaps.min() > -1e-3


def pictured():
    """A picture of parted lips and half shut lids, and the clip whose frame 40 it is."""
    moment = {"gap": 0.06, "closed": 0.3, "gaze": 0.08}
    landmarks = place(shape(**moment))
    own = prepare_face(draw(landmarks), still(landmarks))
    frames = [shape()] * 20 + [shape(**moment)] * 40 + [shape(gap=0.15)] * 20 + [shape(closed=1.0)] * 20
    return own, analyse_face(track([place(s) for s in frames]))


def test_a_frame_of_the_clip_is_recognised_and_returned_as_it_is():
    own, performance = pictured()
    distance = expression_distance(own, performance)
    assert 20 <= np.argmin(distance) < 60
    assert distance[40] < 0.003 < distance[5]
    moves = FaceTransfer(own, performance.rested_at(np.array([39, 40, 41], np.int32)))
    assert np.abs(moves.landmarks(40) - own.landmarks_px[:FACE]).max() < 0.003 * own.width_px
    assert np.abs(moves.closure(40)).max() < 0.01
    assert np.abs(moves.gaze(40)).max() < 0.003


def test_relative_to_a_frame_of_the_clip_the_lips_still_close_and_open():
    own, performance = pictured()
    moves = FaceTransfer(own, performance.rested_at(np.array([40], np.int32)))
    shut, wide = (lip_gaps(canonical(moves.landmarks(i)))[4] for i in (5, 70))
    assert shut == pytest.approx(0.0, abs=0.006)
    assert wide == pytest.approx(0.15, abs=0.02)


def test_a_blink_shuts_the_eyes(character):
    moves = transfer(character, [shape()] * 30 + [shape(closed=1.0)] * 5 + [shape()] * 20)
    open_eye, shut_eye = canonical(moves.landmarks(5)), canonical(moves.landmarks(32))
    for eye in EYES:
        assert eye_opening(shut_eye, eye) < 0.2 * eye_opening(open_eye, eye)


def test_lids_of_narrow_eyes_move_as_far_as_the_performers(character):
    """Half the lid distance: the same share of it would hardly be seen."""
    squinting = shape(closed=0.5)
    narrow = prepare_face(draw(place(squinting)), still(place(squinting)))
    frames = [shape()] * 40 + [shape(closed=0.25)] * 10 + [shape(closed=1.0)] * 10 + [shape()] * 10
    usual, small = transfer(character, frames), transfer(narrow, frames)
    assert small.closure(45).mean() > 1.3 * usual.closure(45).mean()
    for index in (5, 55):  # at rest and shut there is no difference
        np.testing.assert_allclose(small.closure(index), usual.closure(index), atol=0.06)


def test_gaze_is_limited_and_follows(character):
    moves = transfer(character, [shape()] * 30 + [shape(gaze=0.1)] * 10 + [shape(gaze=0.6)] * 10)
    assert moves.gaze(35)[0] == pytest.approx(0.1, abs=0.03)
    assert 0.1 < moves.gaze(45)[0] <= 0.28


def test_lids_open_wider_as_far_as_the_performers(character):
    wide = shape()
    for eye in EYES:
        wide[eye.upper[1:-1], 1] -= 0.2 * (wide[eye.lower, 1] - wide[eye.upper, 1])[1:-1]
    moves = transfer(character, [shape()] * 50 + [wide] * 5 + [shape(closed=1.0)] * 5)
    rest, open_wide = canonical(moves.landmarks(5)), canonical(moves.landmarks(52))
    for eye in EYES:
        assert 1.12 < eye_opening(open_wide, eye) / eye_opening(rest, eye) < 1.4


def test_a_lost_face_relaxes_to_neutral(character):
    shapes = [shape()] * 30 + [shape(gap=0.15)] * 60
    frames = [place(s) for s in shapes]
    performance = analyse_face(track(frames, [not 45 <= i < 80 for i in range(90)]))
    lost = FaceTransfer(character, performance).landmarks(62)
    assert np.abs(lost - character.landmarks_px[:FACE]).max() < 1.0


def test_what_is_read_in_depth_moves_the_face_a_third_as_far(character):
    sunken = shape()
    cheek = [50, 205, 280, 425]
    sunken[cheek, 2] += 0.05
    moves = transfer(character, [shape()] * 30 + [sunken] * 30)
    moved = canonical(moves.landmarks(50)) - canonical(moves.landmarks(10))
    assert moved[cheek, 2].mean() == pytest.approx(0.0175, rel=0.3)


def test_head_motion_does_not_leak_into_the_expression(character):
    frames = [place(shape(), (yaw, 0, 0), (yaw, 0)) for yaw in np.linspace(-20, 20, 60)]
    moves = FaceTransfer(character, analyse_face(track(frames)))
    assert np.abs(moves.landmarks(50) - character.landmarks_px[:FACE]).max() < 1.0


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.floats(0, 0.22), st.floats(0, 1), st.integers(0, 1000))
def test_no_expression_folds_the_face(gap, closed, seed):
    wild = shape(gap=gap, closed=closed)
    rng = np.random.default_rng(seed)
    for axis in (0, 1):
        waves = np.sin(CANONICAL[:, :2] @ rng.uniform(-12, 12, (2, 4)) + rng.uniform(0, 6, 4))
        wild[:, axis] += 0.01 * waves @ rng.normal(size=4)
    moved = transfer(drawn(), [shape()] * 20 + [wild] * 10).landmarks(25)
    rest, now = signed_areas(drawn().landmarks_px, TRIANGLES), signed_areas(moved, TRIANGLES)
    flipped = np.abs(now[(rest * now < 0)]).sum() / np.abs(rest).sum()
    assert flipped < 0.005


def test_unfold_repairs_a_fold_and_leaves_lips_and_lids_alone():
    rest = CANONICAL[:FACE] * 100
    displacement = np.zeros((FACE, 3))
    displacement[50, 0] = 30.0
    displacement[13, 1] = 5.0
    repaired = unfold(rest, displacement)
    assert (repaired[PINNED] == displacement[PINNED]).all()
    before = (signed_areas(rest + displacement, TRIANGLES) < 0).sum()
    assert (signed_areas(rest + repaired, TRIANGLES) < 0).sum() < before


def test_regions_stay_within_their_bounds():
    wide = CANONICAL * [1.5, 0.7, 1.0]
    regions = measure_regions(wide, CANONICAL)
    assert (regions.follow >= 0).all()
    assert regions.follow.max() <= 1.7 * 1.2
    assert ((regions.mouth >= 0) & (regions.mouth <= 1)).all()
    for weights in lip_weights():
        assert ((weights >= 0) & (weights <= 1)).all()
        assert (weights.sum(axis=1) <= 1 + 1e-9).all()


def test_an_unsure_or_missing_face_is_refused():
    landmarks = place(shape())
    assert prepare_face(draw(landmarks), still(landmarks, spread=0.02)) is None


def test_transfer_is_deterministic(character):
    shapes = [shape(gap=g) for g in np.linspace(0, 0.2, 40)]
    first, second = transfer(character, shapes), transfer(character, shapes)
    assert (first.landmarks(33) == second.landmarks(33)).all()


def test_a_performer_who_never_rests_does_not_push_the_chin_into_the_face(character):
    """The calm frames have the jaw lowered; where the lips meet, the character's face is as in its picture."""
    moves = transfer(character, [shape(gap=0.05 + 0.004 * (i % 5)) for i in range(60)] + [shape()] * 4)
    shut = moves.landmarks(62) - character.landmarks_px[:FACE]
    assert abs(shut[152, 1]) < 0.01 * character.width_px
