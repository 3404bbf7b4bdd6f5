"""Lids of a statue: the lines are followed where the tracker put its contour beside them."""

import cv2
import numpy as np
import pytest
from drawn_face import SIDE, SKIN, place, shape

from motioncast.engines.puppet.face.lid_lines import follow_lid_lines
from motioncast.engines.puppet.face.topology import EYES

ZOOM = 4


def carved(landmarks, lids):
    """Bare skin with a line along each of the given contours: (landmark numbers, darkness 0..1)."""
    image = np.full((SIDE * ZOOM, SIDE * ZOOM, 3), SKIN, np.uint8)
    for ids, darkness in lids:
        colour = tuple(int(value * (1 - darkness)) for value in SKIN)
        cv2.polylines(image, [np.round(landmarks[ids, :2]).astype(np.int32)], False, colour, 6, cv2.LINE_AA)
    return cv2.GaussianBlur(image, (0, 0), 1.0)


@pytest.fixture(name="eyes")
def _eyes():
    return ZOOM * place(shape())


def test_lids_move_onto_the_lines_of_a_statue(eyes):
    image = carved(eyes, [(lid, dark) for eye in EYES for lid, dark in ((eye.upper, 0.7), (eye.lower, 0.25))])
    width = np.linalg.norm(eyes[33] - eyes[133])
    tracked = eyes.copy()
    for eye in EYES:
        tracked[np.r_[eye.upper, eye.lower[1:-1]], :2] += [0.0, -0.15 * width]
    found = follow_lid_lines(image, tracked)
    for eye in EYES:
        for lid in (eye.upper[3:6], eye.lower[3:6]):
            assert np.abs(found[lid, 1] - eyes[lid, 1]).max() < 0.05 * width
        assert (found[eye.upper_ring, 1] > tracked[eye.upper_ring, 1]).all()
    rest = np.setdiff1d(np.arange(468), np.concatenate([eye_landmarks(eye) for eye in EYES]))
    np.testing.assert_array_equal(found[rest], tracked[rest])


def eye_landmarks(eye):
    return np.r_[eye.upper, eye.lower, eye.upper_ring, eye.lower_ring, eye.second_ring]


def test_shut_eyes_have_no_second_line_and_stay_as_they_were(eyes):
    shut = eyes.copy()
    for eye in EYES:
        shut[eye.upper] = shut[eye.lower] = (eyes[eye.upper] + eyes[eye.lower]) / 2
    image = carved(shut, [(eye.upper, 0.7) for eye in EYES])
    np.testing.assert_array_equal(follow_lid_lines(image, shut), shut)


def test_without_lines_nothing_moves(eyes):
    np.testing.assert_array_equal(follow_lid_lines(carved(eyes, []), eyes), eyes)
