"""Smoothing removes jitter, keeps events and lines, and bridges gaps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motioncast.perception.gaps import fill_gaps
from motioncast.perception.smoothing import event_preserving, local_linear


@settings(max_examples=40, deadline=None)
@given(st.floats(-50, 50), st.floats(-5, 5), st.floats(0.5, 6), st.integers(5, 80))
def test_a_straight_line_is_left_alone_whatever_the_weights(offset, slope, sigma, frames):
    line = offset + slope * np.arange(frames)
    weight = np.random.default_rng(frames).uniform(0.1, 1, frames)
    np.testing.assert_allclose(local_linear(line, weight, sigma), line, atol=1e-6 * (1 + np.abs(line).max()))


def test_matches_the_plain_weighted_regression():
    rng = np.random.default_rng(1)
    x, w, sigma = rng.normal(size=40), rng.uniform(0.2, 1, 40), 2.0
    t = np.arange(40)
    expected = []
    for now in t:
        k = np.exp(-0.5 * ((t - now) / sigma) ** 2) * w * (np.abs(t - now) <= 8)
        slope_and_value = np.polyfit(t - now, x, 1, w=np.sqrt(k))
        expected.append(slope_and_value[1])
    np.testing.assert_allclose(local_linear(x, w, sigma), expected, atol=1e-6)


def test_jitter_shrinks_without_delay():
    t = np.linspace(0, 4, 120)
    clean, noise = np.sin(t), np.random.default_rng(0).normal(0, 0.05, 120)
    smooth = local_linear(clean + noise, np.ones(120), 2.0)
    assert np.abs(smooth - clean).mean() < 0.6 * np.abs(noise).mean()


def test_a_long_gap_is_bridged_between_its_ends():
    x = np.linspace(0, 10, 100)
    weight = np.ones(100)
    weight[30:70] = 0
    measured = np.where(weight > 0, x, 999.0)
    np.testing.assert_allclose(local_linear(measured, weight, 1.5), x, atol=0.5)


def test_a_blink_survives_and_noise_does_not():
    signal = np.zeros(60)
    signal[30:33] = 1.0
    noisy = signal + np.random.default_rng(0).normal(0, 0.01, 60)
    smooth = event_preserving(noisy, 0.01, 1.5)
    assert smooth[31] > 0.95
    assert np.diff(smooth[:25]).std() < 0.6 * np.diff(noisy[:25]).std()


@pytest.mark.parametrize("valid", [[0, 1, 1], [1, 0, 1], [1, 1, 0]])
def test_gaps_are_interpolated_and_ends_held(valid):
    mask = np.array(valid, bool)
    x = np.array([[1.0], [2.0], [3.0]])
    filled = fill_gaps(np.where(mask[:, None], x, -99), mask)
    assert filled[~mask][0, 0] == {0: 2.0, 1: 2.0, 2: 2.0}[valid.index(0)]
