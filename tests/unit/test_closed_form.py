import cv2
import numpy as np

from motioncast.perception.closed_form import closed_form_alpha

RED, BLUE = np.array((220, 40, 30.0)), np.array((30, 60, 200.0))


def disc(side=160, radius=50):
    """A soft disc: the picture, its true coverage, what is surely inside, and the band around its border."""
    yy, xx = np.mgrid[:side, :side] - side / 2
    depth = radius - np.hypot(yy, xx)
    share = np.clip(depth / 8 + 0.5, 0, 1)[..., None]
    picture = (share * RED + (1 - share) * BLUE + 0.5).astype(np.uint8)
    return picture, share[..., 0], depth > 6, np.abs(depth) <= 6


def test_the_share_of_two_colours_is_recovered():
    picture, truth, inside, band = disc()
    alpha = closed_form_alpha(picture, inside, band)
    assert alpha is not None
    assert np.abs(alpha - truth).max() < 0.02


def test_what_is_known_stays_as_it_is():
    picture, _, inside, band = disc()
    alpha = closed_form_alpha(picture, inside, band)
    np.testing.assert_array_equal(alpha[~band], inside[~band])


def test_strands_of_hair_inside_a_wide_band_are_found():
    picture = np.full((120, 120, 3), BLUE, np.uint8)
    picture[60:] = RED
    cv2.line(picture, (40, 60), (70, 20), RED.tolist(), 2)
    inside = np.zeros((120, 120), bool)
    inside[66:] = True
    band = np.zeros_like(inside)
    band[12:66, 20:100] = True
    band[54:66] = True
    alpha = closed_form_alpha(picture, inside, band)
    assert alpha is not None
    assert alpha[25:50][np.all(picture[25:50] == RED, axis=2)].min() > 0.9
    assert alpha[25:50][np.all(picture[25:50] == BLUE, axis=2)].max() < 0.1


def test_an_area_that_is_no_band_is_declined():
    noise = np.random.default_rng(0).integers(0, 255, (700, 700, 3)).astype(np.uint8)
    everything = np.ones((700, 700), bool)
    everything[:, :2] = False
    assert closed_form_alpha(noise, ~everything, everything) is None


def test_nothing_unknown_needs_no_solving():
    picture, _, inside, _ = disc()
    np.testing.assert_array_equal(closed_form_alpha(picture, inside, np.zeros_like(inside)), inside)


def test_flat_colours_and_hard_borders_can_be_solved():
    """Drawings: most windows hold one colour, or two, and their scatter is singular."""
    picture = np.full((896, 592, 3), (224, 215, 200), np.uint8)
    for top, bottom, left, right, colour in (
        (80, 240, 215, 375, (120, 150, 160)),
        (280, 560, 177, 415, (100, 140, 150)),
    ):
        cv2.rectangle(picture, (left, top), (right, bottom), colour, -1)
        cv2.rectangle(picture, (left, top), (right, bottom), (30, 30, 30), 4)
    subject = (picture != (224, 215, 200)).any(axis=2).astype(np.uint8)
    inside = cv2.erode(subject, np.ones((9, 9))) > 0
    alpha = closed_form_alpha(picture, inside, (cv2.dilate(subject, np.ones((9, 9))) > 0) & ~inside)
    assert np.isfinite(alpha).all()
    assert np.abs(alpha - subject).mean() < 0.01
