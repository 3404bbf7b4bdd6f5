"""The face measures of the quality bench, on synthetic meshes whose truth is known."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.face_fidelity import compare_channel, compare_faces
from bench.face_measures import EYE_LID_PAIRS, INNER_LIP_PAIRS, STABLE, STABLE_SHAPE, face_channels
from bench.irises import EYES, iris_darkness
from motioncast.arrays import Float64, Image

SIZE = (720, 405)


def neutral_face() -> Float64:
    """(478, 3) frontal face of width 1, its mouth closed, its eyes .3 open; unused landmarks lie at the origin."""
    face = np.zeros((478, 3))
    face[STABLE] = STABLE_SHAPE
    for corner, x in ((61, -0.2), (291, 0.2)):
        face[corner] = (x, 0.55, -0.2)
    for pair, x in zip(INNER_LIP_PAIRS, np.linspace(-0.1, 0.1, 5), strict=True):
        face[pair] = (x, 0.55, -0.25)
    for side, middle in enumerate((-0.224, 0.224)):
        for upper, lower in EYE_LID_PAIRS[side]:
            face[upper], face[lower] = (middle, 0.066, -0.07), (middle, 0.126, -0.07)
    face[[468, 473]] = [(-0.224, 0.096, -0.07), (0.224, 0.096, -0.07)]
    return face


def turned(face: Float64, yaw: float, pitch: float, roll: float) -> Float64:
    """The face turned about its centre by Rz(roll) Rx(pitch) Ry(yaw)."""
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (np.cos, np.sin))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    result: Float64 = face @ (about_z @ about_x @ about_y).T
    return result


def speaking(gaps: Float64, *, width_px: float = 150) -> Float64:
    """(N, 478, 3) faces in pixels whose lower lip hangs `gaps` face widths below the upper."""
    faces = np.repeat(neutral_face()[None], len(gaps), axis=0)
    faces[:, INNER_LIP_PAIRS[:, 1], 1] += gaps[:, None]
    return faces * width_px + 300


angles = st.floats(-0.7, 0.7)


@given(yaw=angles, pitch=angles, roll=angles, width=st.floats(60, 600), gap=st.floats(0, 0.3))
def test_channels_do_not_depend_on_pose_scale_or_place(
    yaw: float, pitch: float, roll: float, width: float, gap: float
) -> None:
    face = neutral_face()
    face[INNER_LIP_PAIRS[:, 1], 1] += gap
    found = face_channels((turned(face, yaw, pitch, roll) * width + (400, 200, 10))[None])
    expected = {"mouth_open": gap, "mouth_width": 0.4, "yaw": yaw, "pitch": pitch, "roll": roll, "width_px": width}
    for name, value in expected.items():
        assert found[name][0] == pytest.approx(value, rel=1e-3, abs=1e-3), name
    still = face_channels(neutral_face()[None])
    for name in ("eye_open", "gaze", "brow"):
        assert found[name][0] == pytest.approx(still[name][0], abs=1e-3)


def test_eye_openness_is_the_lid_distance_in_eye_widths() -> None:
    assert face_channels(neutral_face()[None])["eye_open"][0] == pytest.approx(0.06 / 0.2, abs=0.01)


def test_a_frame_without_a_face_has_no_channels_and_spoils_no_other() -> None:
    faces = speaking(np.array([0.1, 0.1, 0.1]))
    faces[1] = np.nan
    assert np.isfinite(face_channels(faces)["mouth_open"]).tolist() == [True, False, True]


def test_an_output_that_opens_its_mouth_half_as_far_has_slope_one_half() -> None:
    gaps = 0.1 + 0.08 * np.sin(np.linspace(0, 12, 60))
    found = compare_faces(speaking(gaps), SIZE, speaking(gaps / 2), SIZE).channels["mouth_open"]
    assert found.r == pytest.approx(1)
    assert found.slope == pytest.approx(0.5, rel=1e-3)
    assert found.moves


def test_a_delayed_output_correlates_less() -> None:
    gaps = 0.1 + 0.08 * np.sin(np.linspace(0, 40, 120))
    late = compare_faces(speaking(gaps), SIZE, speaking(np.roll(gaps, 4)), SIZE).channels["mouth_open"]
    assert late.r < 0.5


def test_a_channel_in_which_the_driver_rests_is_not_scored() -> None:
    found = compare_faces(speaking(np.full(30, 0.1)), SIZE, speaking(np.linspace(0, 0.2, 30)), SIZE)
    assert not found.channels["mouth_open"].moves


def test_a_motionless_output_scores_zero() -> None:
    assert compare_channel(np.sin(np.arange(20.0)), np.ones(20), 0.01).r == 0


def test_small_faces_are_skipped_at_the_size_of_720_pixels() -> None:
    gaps = np.linspace(0, 0.2, 30)
    small = compare_faces(speaking(gaps, width_px=95), SIZE, speaking(gaps), SIZE)
    assert small.skipped
    assert not small.channels
    assert not compare_faces(speaking(gaps, width_px=95), (360, 200), speaking(gaps), SIZE).skipped


def test_faces_lost_in_the_output_are_counted() -> None:
    gaps = np.linspace(0, 0.2, 40)
    output = speaking(gaps)
    output[:10] = np.nan
    assert compare_faces(speaking(gaps), SIZE, output, SIZE).lost_rate == pytest.approx(0.25)


def painted_eyes(iris: int, white: int) -> tuple[Image, Float64]:
    """Two eyes with round irises in lids of 15 corners, and their landmarks (478, 3)."""
    picture, face = np.full((120, 240, 3), 150, np.uint8), np.zeros((478, 3))
    for middle, rim, outline, x in ((*EYES[0], 70), (*EYES[1], 170)):
        around = np.linspace(0, 2 * np.pi, len(outline), endpoint=False)
        face[list(outline), :2] = np.stack([x + 30 * np.cos(around), 60 + 14 * np.sin(around)], axis=1)
        face[middle, :2] = (x, 60)
        face[list(rim), :2] = [(x + 9, 60), (x, 69), (x - 9, 60), (x, 51)]
        cv2.fillPoly(picture, [face[list(outline), :2].astype(np.int32)], (white,) * 3)
        cv2.circle(picture, (x, 60), 9, (iris,) * 3, -1)
    return picture, face


def test_irises_are_darker_than_the_white_and_a_statue_has_none() -> None:
    assert iris_darkness(*painted_eyes(60, 200)) == pytest.approx(0.7, abs=0.02)
    assert iris_darkness(*painted_eyes(190, 190)) == pytest.approx(0.0, abs=0.02)
    assert np.isnan(iris_darkness(painted_eyes(60, 200)[0], np.full((478, 3), np.nan)))
