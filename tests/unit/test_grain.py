"""Grain lives on the character, changes with frame and seed, and stays small."""

import numpy as np

from motioncast.engines.puppet.canvas import Canvas
from motioncast.engines.puppet.grain import FilmGrain, noise_level


def _grained(level: float, seed: int, index: int) -> np.ndarray:
    canvas = Canvas(np.full((64, 80, 3), 128, np.uint8))
    canvas.coverage[:, 40:] = 255
    FilmGrain(level, seed).apply(canvas, index)
    return canvas.rgb.astype(int) - 128


def test_only_the_character_is_grained():
    noise = _grained(3.0, 1, 0)
    assert not noise[:, :40].any()
    assert 0.8 < noise[:, 40:].std() < 2.2


def test_frames_and_seeds_differ_and_repeat():
    assert (_grained(3.0, 1, 0) != _grained(3.0, 1, 1)).any()
    assert (_grained(3.0, 1, 0) != _grained(3.0, 2, 0)).any()
    np.testing.assert_array_equal(_grained(3.0, 1, 5), _grained(3.0, 1, 5))


def test_a_clean_picture_stays_clean():
    assert not _grained(0.1, 1, 0).any()


def test_noise_level_is_that_of_the_picture():
    rng = np.random.default_rng(0)
    smooth = np.repeat(np.linspace(40, 200, 160)[None], 120, axis=0)[..., None].repeat(3, axis=2)
    noisy = np.clip(smooth + rng.normal(0, 4, (120, 160, 1)), 0, 255)
    assert noise_level(smooth.astype(np.uint8)) < 1
    assert 2.5 < noise_level(noisy.astype(np.uint8)) < 5
