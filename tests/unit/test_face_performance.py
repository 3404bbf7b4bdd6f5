"""Reading a performance off face landmarks."""

import numpy as np
import pytest
from drawn_face import FACE_WIDTH, place, shape, track

from motioncast.engines.puppet.face.performance import analyse_face
from motioncast.engines.puppet.face.topology import CANONICAL


def calm(count):
    return [place(shape())] * count


def test_pose_is_recovered():
    angles = [(yaw, 0.5 * yaw, -yaw) for yaw in np.linspace(0, 20, 40)]
    performance = analyse_face(track([place(shape(), a) for a in angles]))
    assert np.allclose(performance.angles_deg[5:-5], np.array(angles)[5:-5], atol=1.0)
    assert np.allclose(performance.pose.scale, FACE_WIDTH, rtol=0.02)
    assert np.abs(performance.shape - performance.neutral).max() < 0.01


def test_an_open_mouth_is_measured_and_the_neutral_face_is_closed():
    gaps = np.r_[np.full(20, 0.1), np.zeros(20), np.full(20, 0.15)]
    performance = analyse_face(track([place(shape(gap=g)) for g in gaps]))
    measured = performance.lip_gap[:, 4] - performance.closed_gap[4]
    assert np.corrcoef(measured, gaps)[0, 1] > 0.99
    assert set(performance.neutral_frames) <= set(range(20, 40))


def test_lips_that_are_seldom_closed_still_count_as_open():
    gaps = np.r_[np.full(50, 0.03), np.zeros(4), np.full(60, 0.1)]
    performance = analyse_face(track([place(shape(gap=g)) for g in gaps]))
    assert performance.closed_gap.max() < 0.01


def test_lips_that_never_close_are_open_all_along():
    performance = analyse_face(track([place(shape(gap=0.06))] * 40))
    assert (performance.lip_gap[20, 3:6] - performance.closed_gap[3:6]).min() > 0.04


def test_a_short_blink_survives_smoothing():
    frames = calm(60)
    frames[30:33] = [place(shape(closed=c)) for c in (0.6, 1.0, 0.6)]
    closure = analyse_face(track(frames)).closure
    assert closure[31].min() > 0.8
    assert np.abs(closure[:25]).max() < 0.1


def test_gaze_goes_where_the_iris_goes():
    frames = [place(shape(gaze=g)) for g in np.r_[np.zeros(30), np.full(15, 0.15)]]
    gaze = analyse_face(track(frames)).gaze
    assert gaze[40, 0] == pytest.approx(0.15, abs=0.02)
    assert abs(gaze[10, 0]) < 0.02


def test_tracker_jitter_is_smoothed_away():
    rng = np.random.default_rng(0)
    still = analyse_face(track([place(shape()) + rng.normal(0, 0.15, (478, 3)) for _ in range(60)]))
    jerk = np.abs(np.diff([still.landmarks_px(i) for i in range(60)], 2, axis=0)).mean()
    assert jerk < 0.15


def test_confidence_fades_where_the_face_was_lost():
    frames = calm(60)
    valid = [not 20 <= i < 40 for i in range(60)]
    performance = analyse_face(track(frames, valid))
    assert performance.confidence[30] < 0.1
    assert performance.confidence[5] > 0.95
    assert np.abs(np.diff(performance.confidence)).max() < 0.4
    assert performance.legible[30] < 0.05


def test_a_mistracked_first_frame_is_dropped():
    frames = calm(40)
    frames[0] = place(shape(), (10, -10, 178))
    performance = analyse_face(track(frames))
    assert not performance.valid[0]
    assert np.abs(performance.angles_deg[0]).max() < 5


def test_no_performance_without_a_face_or_with_a_tiny_one():
    assert analyse_face(track(calm(30), [i < 3 for i in range(30)])) is None
    assert analyse_face(track([frame * 0.1 for frame in calm(30)])) is None


def test_the_far_eye_of_a_turned_head_is_not_trusted():
    shut = shape(closed=0.22)
    frames = [place(shape())] * 30 + [place(shape(), (yaw, 0, 0)) for yaw in np.linspace(0, 50, 20)]
    far = place(shut, (50, 0, 0))
    turned = place(shape(), (50, 0, 0))
    mixed = turned.copy()
    right = CANONICAL[:, 0] < 0
    mixed[right] = far[right]
    closure = analyse_face(track(frames + [mixed] * 10)).closure[-5:]
    assert np.abs(closure[:, 0] - closure[:, 1]).max() < 0.1
