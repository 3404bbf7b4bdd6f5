"""The shadow under a character in its own scene."""

import cv2
import numpy as np

from motioncast.engines.puppet.ground import GroundShadow, measure_shadow
from motioncast.engines.puppet.scene.shadow import Sole

RADIUS = 16.0


def scene(darkness):
    """A floor, the same with two shoes on it and a shadow under them, the matte of the shoes, and the feet."""
    floor = np.full((240, 320, 3), (210, 220, 215), np.uint8)
    shade = np.zeros(floor.shape[:2], np.float32)
    cv2.ellipse(shade, (160, 205), (80, 8), 0, 0, 360, darkness, -1)
    picture = (floor * (1 - cv2.GaussianBlur(shade, (0, 0), 3)[..., None]) + 0.5).astype(np.uint8)
    alpha = np.zeros(floor.shape[:2], np.float32)
    for x in (130, 190):
        cv2.ellipse(alpha, (x, 192), (18, 12), 0, 0, 360, 1, -1)
    picture[alpha > 0] = (250, 250, 250)
    soles = tuple(Sole(np.array([x, 170.0]), np.array([x, 195.0])) for x in (130, 190))
    return floor, picture, alpha, soles


def test_the_shadow_is_as_dark_as_in_the_picture_and_where_it_was():
    floor, picture, alpha, soles = scene(0.3)
    shadow = measure_shadow(picture, floor, alpha, soles, RADIUS)
    assert shadow is not None
    assert abs(shadow.darkness - 0.28) < 0.06
    assert abs(shadow.drop * RADIUS - 10) < 4


def test_without_a_shadow_none_is_drawn():
    floor, picture, alpha, soles = scene(0.0)
    assert measure_shadow(picture, floor, alpha, soles, RADIUS) is None
    assert measure_shadow(picture, floor, alpha, (), RADIUS) is None


def test_feet_at_the_lower_edge_cast_none():
    floor, picture, alpha, _ = scene(0.3)
    soles = (Sole(np.array([130.0, 240.0]), np.array([130.0, 262.0])),)
    assert measure_shadow(picture, floor, alpha, soles, RADIUS) is None


def test_it_is_drawn_under_the_soles_and_fades_when_they_lift():
    floor, _, _, soles = scene(0.3)
    stands, lifted = floor.copy(), floor.copy()
    shadow = GroundShadow(0.3, 0.6)
    shadow.draw(stands, soles, RADIUS)
    shadow.draw(lifted, tuple(Sole(s.heel_px, s.toe_px, 40.0) for s in soles), RADIUS)
    assert stands[205, 130].mean() < 0.85 * floor[205, 130].mean()
    assert int(stands[40].min()) == 210
    assert lifted.min() > stands.min() + 20
