import cv2
import numpy as np

from motioncast.perception.attached import surroundings, thin_things


def head(textured=False):
    """A dark head on a light wall, (300, 300, 3), and its pixels."""
    picture = np.full((300, 300, 3), (205, 215, 225), np.uint8)
    if textured:
        for x in range(0, 300, 12):
            cv2.line(picture, (x, 0), (x, 299), (40, 40, 40), 2)
    solid = np.zeros((300, 300), np.uint8)
    cv2.circle(solid, (150, 170), 60, 1, -1)
    picture[solid > 0] = (60, 40, 30)
    return picture, solid > 0


def drawn(picture, start, end, colour, width):
    line = np.zeros(picture.shape[:2], np.uint8)
    cv2.line(line, start, end, 1, width)
    picture[line > 0] = colour
    return line > 0


def test_a_hairpin_is_found():
    picture, subject = head()
    pin = drawn(picture, (150, 130), (112, 104), (70, 45, 30), 3) & ~subject
    found = thin_things(picture, subject)
    assert found[pin].mean() > 0.6
    assert not found[cv2.dilate(pin.astype(np.uint8), np.ones((7, 7))) == 0].any()


def test_a_line_that_goes_on_belongs_to_the_scene():
    picture, subject = head()
    drawn(picture, (0, 120), (299, 120), (70, 45, 30), 3)
    picture[subject] = (60, 40, 30)
    assert not thin_things(picture, subject).any()


def test_the_gap_between_two_limbs_is_no_thing():
    picture, subject = head()
    gap = np.zeros_like(subject)
    gap[195:240, 147:152] = True
    picture[gap] = (205, 215, 225)
    assert not thin_things(picture, subject & ~gap).any()


def test_lines_like_those_of_the_wall_are_left_alone():
    picture, subject = head(textured=True)
    drawn(picture, (150, 130), (112, 104), (70, 45, 30), 3)
    assert thin_things(picture, subject).sum() < 20


def test_a_glow_around_the_subject_belongs_to_its_surroundings():
    picture, subject = head()
    picture[~subject] = (40, 40, 90)
    away = cv2.distanceTransform((~subject).astype(np.uint8), cv2.DIST_L2, 5)
    glow = np.exp(-((away / 7) ** 2))[..., None] * ~subject[..., None]
    picture = (picture * (1 - glow) + 255 * glow).astype(np.uint8)
    found = surroundings(picture, subject)
    assert found[(away > 1) & (away < 6)].mean() > 0.9
    assert not found[away > 20].any()
