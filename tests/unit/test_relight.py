"""The character takes on the scene's light; shadow and light wrap touch only what they should."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motioncast.engines.puppet.scene.light_wrap import wrap_light
from motioncast.engines.puppet.scene.relight import LightMeter, Relight, fit_relight, ring_around
from motioncast.engines.puppet.scene.shadow import Sole, draw_shadow


def reference() -> tuple[np.ndarray, np.ndarray]:
    """A skin-coloured figure with some shading on a neutral backdrop, and its matte."""
    rgb = np.full((120, 100, 3), 180, np.uint8)
    shade = np.linspace(0.7, 1.0, 80)[:, None, None]
    rgb[20:100, 30:70] = (np.array([215, 165, 135]) * shade).astype(np.uint8)
    alpha = np.zeros((120, 100), np.float32)
    alpha[20:100, 30:70] = 1
    return rgb, alpha


def lit(colour: tuple[int, int, int], strength: float = 1.0) -> tuple[Relight, np.ndarray]:
    rgb, alpha = reference()
    scene = np.random.default_rng(0).normal(colour, 8, (90, 160, 3)).clip(0, 255).astype(np.uint8)
    person = np.zeros((90, 160), np.uint8)
    person[30:80, 60:90] = 255
    relight = fit_relight(rgb, alpha, scene, ring_around(person), person > 200, strength=strength)
    return relight, relight.apply(rgb)[alpha > 0].astype(float).mean(axis=0)


def test_a_blue_night_makes_the_character_bluer_and_darker() -> None:
    rgb, alpha = reference()
    before = rgb[alpha > 0].astype(float).mean(axis=0)
    _, after = lit((40, 50, 90))
    assert after[2] / after[0] > 1.1 * before[2] / before[0]
    assert after.sum() < 0.85 * before.sum()


def test_a_warm_scene_makes_the_character_warmer() -> None:
    rgb, alpha = reference()
    before = rgb[alpha > 0].astype(float).mean(axis=0)
    _, after = lit((230, 170, 110))
    assert after[0] / after[2] > 1.05 * before[0] / before[2]


def test_a_saturated_scene_does_not_repaint_a_face() -> None:
    _, after = lit((200, 0, 160), strength=0.7)
    assert after[1] > 0.45 * after[0]
    assert after[0] > after[1]


def test_a_coloured_light_tints_grey_and_leaves_a_red_coat_red() -> None:
    rgb, alpha = reference()
    rgb[20:60, 30:70], rgb[60:100, 30:70] = (190, 35, 40), (120, 120, 120)
    scene = np.random.default_rng(0).normal((60, 80, 210), 8, (90, 160, 3)).clip(0, 255).astype(np.uint8)
    person = np.zeros((90, 160), np.uint8)
    person[30:80, 60:90] = 255
    out = fit_relight(rgb, alpha, scene, ring_around(person), person > 200, strength=1.0).apply(rgb)
    red, before, grey = (
        cv2.cvtColor(image[y : y + 1, 50:51] / np.float32(255), cv2.COLOR_RGB2LAB)[0, 0, 1:]
        for image, y in ((out, 40), (rgb, 40), (out, 80))
    )
    turn = np.degrees(np.arctan2(red[1], red[0]) - np.arctan2(before[1], before[0]))
    assert abs(turn) < 12
    assert grey[1] < -8


def test_strength_goes_from_nothing_to_all() -> None:
    rgb, alpha = reference()
    before = rgb[alpha > 0].astype(float).mean(axis=0)
    none, half, full = (lit((40, 50, 90), s)[1] for s in (0.0, 0.5, 1.0))
    assert np.array_equal(lit((40, 50, 90), 0.0)[0].apply(rgb), rgb)
    assert np.allclose(none, before)
    assert np.abs(half - before).sum() < np.abs(full - before).sum()


@given(st.tuples(*[st.integers(0, 255)] * 3), st.floats(0, 1))
def test_any_scene_colour_gives_a_finite_map(colour: tuple[int, int, int], strength: float) -> None:
    relight, after = lit(colour, strength)
    assert np.isfinite(relight.gain).all()
    assert np.isfinite(relight.lab_shift).all()
    assert (after >= 0).all()
    assert after.max() > 5


def test_the_ring_lies_around_the_person_and_not_on_them() -> None:
    person = np.zeros((90, 160), np.uint8)
    person[30:60, 60:90] = 255
    ring = ring_around(person)
    assert ring.any()
    assert not ring[30:60, 60:90].any()
    assert not ring[:, :30].any()


def measured(levels: np.ndarray) -> np.ndarray:
    meter = LightMeter()
    mask = np.zeros((45, 80), np.uint8)
    mask[15:40, 30:50] = 255
    for level in levels:
        meter.add(np.full((90, 160, 3), level, np.uint8), mask)
    return meter.gains(25.0)


def test_steady_light_gives_no_gain() -> None:
    assert np.allclose(measured(np.full(40, 120)), 1)


def test_gain_follows_a_light_that_is_switched_on_without_delay_and_within_limits() -> None:
    gains = measured(np.where(np.arange(80) < 30, 60, 200))[:, 1]
    assert gains[0] < 0.9
    assert gains[-1] == pytest.approx(1, abs=0.02)
    assert gains.min() >= 1 / 1.3 - 1e-9
    assert np.argmax(np.diff(gains)) == pytest.approx(30, abs=10)
    assert np.abs(np.diff(gains)).max() < 0.06


def test_shots_are_measured_apart() -> None:
    meter = LightMeter()
    for t in range(40):
        meter.add(np.full((60, 60, 3), 40 if t < 20 else 220, np.uint8), np.zeros((60, 60), np.uint8), cut=t == 20)
    assert np.allclose(meter.gains(25.0), 1)


def feet(lift: float = 0) -> tuple[Sole, ...]:
    return (Sole(np.array([100.0, 150.0]), np.array([130.0, 155.0]), lift),)


def test_a_sole_on_the_floor_darkens_it_there_only() -> None:
    floor = np.full((200, 240, 3), 200, np.uint8)
    draw_shadow(floor, feet(), 12)
    assert floor[156, 115, 0] < 150
    assert (floor[:120] == 200).all()
    assert (floor[:, 190:] == 200).all()


def test_a_lifted_foot_throws_less_shadow_and_a_jump_none() -> None:
    darkest = []
    for lift in (0.0, 18.0, 60.0):
        floor = np.full((300, 240, 3), 200, np.uint8)
        draw_shadow(floor, feet(lift), 12)
        darkest.append(int(floor.min()))
    assert darkest[0] < darkest[1] < darkest[2] == 200


def test_a_cast_shadow_reaches_where_it_is_sent() -> None:
    floor = np.full((200, 240, 3), 200, np.uint8)
    draw_shadow(floor, feet(), 12, cast_px=np.array([60.0, 20.0]))
    assert floor[165, 165, 0] < 195


def test_shadows_outside_the_picture_are_harmless() -> None:
    floor = np.full((60, 60, 3), 200, np.uint8)
    draw_shadow(floor, feet(), 12)
    assert (floor == 200).all()


def test_light_wraps_the_rim_and_leaves_the_core_and_the_scene() -> None:
    background = np.full((240, 240, 3), 250, np.uint8)
    alpha = np.zeros((240, 240), np.uint8)
    cv2.circle(alpha, (120, 120), 60, 255, -1)
    image = background.copy()
    image[alpha > 0] = 20
    before = image.copy()
    wrap_light(image, background, alpha)
    assert image[120, 62, 0] > 30
    assert (image[100:140, 100:140] == 20).all()
    assert np.array_equal(image[alpha == 0], before[alpha == 0])


def test_light_wrap_of_an_absent_character_changes_nothing() -> None:
    image = np.full((64, 64, 3), 90, np.uint8)
    wrap_light(image, np.full_like(image, 250), np.zeros((64, 64), np.uint8))
    assert (image == 90).all()
