"""The body measures of the quality bench, on synthetic skeletons whose truth is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.body_measures import angle_between_deg, compare_bodies, missing_keypoints, pixels_per_metre
from bench.judge import JudgeTrack
from motioncast.arrays import Float64

FRAMES = 12
PX_PER_M = 400.0
ALL_SEEN = np.ones((FRAMES, 33))
#: metres, x right, y down, origin at the middle of the hips
SKELETON_M = {
    7: (0.08, -0.65), 8: (-0.08, -0.65), 11: (0.18, -0.5), 12: (-0.18, -0.5), 13: (0.3, -0.25), 14: (-0.3, -0.25),
    15: (0.4, 0.0), 16: (-0.4, 0.0), 23: (0.1, 0.0), 24: (-0.1, 0.0), 25: (0.12, 0.45), 26: (-0.12, 0.45),
    27: (0.12, 0.9), 28: (-0.12, 0.9),
}  # fmt: skip


def skeleton_m() -> Float64:
    body = np.zeros((FRAMES, 33, 3))
    for point, place in SKELETON_M.items():
        body[:, point, :2] = place
    return body


def driver_px() -> Float64:
    return skeleton_m() * PX_PER_M + 500


def with_forearm_turned(degrees: float) -> Float64:
    """The driver's body, its left forearm turned about the elbow."""
    body = driver_px()
    turn = np.radians(degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    body[:, 15, :2] = body[:, 13, :2] + (body[:, 15, :2] - body[:, 13, :2]) @ rotation.T
    return body


@given(st.floats(-180, 180), st.floats(0.2, 5), st.floats(-500, 500))
def test_angle_error_is_the_turn_of_the_bone_whatever_size_and_place(turn: float, size: float, shift: float) -> None:
    output = with_forearm_turned(turn) * size + shift
    found = compare_bodies(driver_px(), ALL_SEEN, skeleton_m(), output, ALL_SEEN)
    assert found.bones_deg["left_forearm"] == pytest.approx(abs(turn), abs=1e-3)
    assert found.bones_deg["right_forearm"] == pytest.approx(0, abs=1e-3)
    assert found.mean_deg == pytest.approx(abs(turn) / 10, abs=1e-3)
    assert found.median_deg == pytest.approx(0, abs=1e-3)


def test_angle_between_vectors_is_unsigned_and_wraps() -> None:
    a = np.array([(1.0, 0.1), (0.0, 1.0), (1.0, 0.0)])
    b = np.array([(1.0, -0.1), (-1.0, 0.0), (-2.0, 0.0)])
    assert angle_between_deg(a, b) == pytest.approx([2 * np.degrees(np.arctan(0.1)), 90, 180])


def test_bones_the_driver_hides_are_not_measured() -> None:
    hidden = ALL_SEEN.copy()
    hidden[:, 15] = 0.4
    found = compare_bodies(driver_px(), hidden, skeleton_m(), with_forearm_turned(90), ALL_SEEN)
    assert "left_forearm" not in found.bones_deg
    assert found.missing_rate == 0


def test_bones_missing_in_the_output_are_counted_not_measured() -> None:
    hidden = ALL_SEEN.copy()
    hidden[:, 15] = 0.4
    found = compare_bodies(driver_px(), ALL_SEEN, skeleton_m(), with_forearm_turned(90), hidden)
    assert found.mean_deg == pytest.approx(0, abs=1e-6)
    assert found.missing_rate == pytest.approx(1 / 10)


def test_a_frame_without_a_body_counts_as_missing() -> None:
    output, seen = driver_px(), ALL_SEEN.copy()
    output[:3], seen[:3] = np.nan, 0
    found = compare_bodies(driver_px(), ALL_SEEN, skeleton_m(), output, seen)
    assert found.missing_rate == pytest.approx(0.25)


def test_a_bone_that_points_at_the_camera_has_no_angle() -> None:
    driver = driver_px()
    driver[:, 15, :2] = driver[:, 13, :2] + (5, 5)
    found = compare_bodies(driver, ALL_SEEN, skeleton_m(), with_forearm_turned(90), ALL_SEEN)
    assert "left_forearm" not in found.bones_deg


def test_scale_is_read_from_the_torso() -> None:
    assert pixels_per_metre(driver_px(), skeleton_m()) == pytest.approx(np.full(FRAMES, PX_PER_M))


def test_nothing_in_common_gives_no_number() -> None:
    found = compare_bodies(driver_px(), ALL_SEEN * 0, skeleton_m(), driver_px(), ALL_SEEN)
    assert np.isnan(found.mean_deg)
    assert found.bones_deg == {}


def test_missing_keypoints_are_counted_on_both_sides_among_those_that_driver_and_picture_show() -> None:
    driver, output = ALL_SEEN.copy(), ALL_SEEN.copy()
    driver[:3, 15] = 0.1  # hidden for a quarter of the time
    driver[:, [27, 28]] = 0.1  # never shown: not asked for
    output[:, [15, 25, 27, 28]] = 0.1
    reference = np.ones(33)
    reference[25] = 0.1  # not in the picture: not asked for either
    found = missing_keypoints(driver, output, reference)
    assert found == {"driver": pytest.approx(0.25 / 9), "output": pytest.approx(1 / 9)}


def test_a_bone_seen_for_a_moment_only_is_not_measured() -> None:
    count = 60
    driver, metres = (np.repeat(points[:1], count, axis=0) for points in (driver_px(), skeleton_m()))
    seen = np.ones((count, 33))
    seen[8:, 15] = 0.1
    found = compare_bodies(driver, seen, metres, driver, np.ones((count, 33)))
    assert "left_forearm" not in found.bones_deg
    assert "right_forearm" in found.bones_deg


def test_what_lies_beyond_the_edge_is_not_seen() -> None:
    body = np.full((1, 33, 3), 5.0)
    body[0, 3, 1], body[0, 4, 0] = 20.0, -1.0
    track = JudgeTrack((10, 20), body, np.full((1, 33), 0.9), body, np.zeros((1, 478, 3)), (b"",))
    assert np.flatnonzero(track.visibility_in_picture[0] == 0).tolist() == [3, 4]
