"""The price rule of the contract, §8."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motioncast.pricing import billed_seconds, dollars, price_micro
from motioncast.request import Resolution


@pytest.mark.parametrize(
    ("seconds", "billed"),
    [(0.04, 5), (4.999, 5), (5.0, 5), (5.0003, 5), (5.001, 5), (5.0011, 6), (5.5, 6), (30, 30), (30.0009, 30),
     (119.2, 120), (120.0, 120), (120.5, 120), (150, 120), (1e6, 120)],
)  # fmt: skip
def test_seconds_are_rounded_up_between_5_and_120(seconds, billed):
    assert billed_seconds(seconds) == billed


@pytest.mark.parametrize(
    ("seconds", "resolution", "price"),
    [(None, "480p", 0.2), (None, "720p", 0.4), (5, "480p", 0.2), (5, "720p", 0.4), (30, "480p", 1.2), (30, "720p", 2.4),
     (120, "480p", 4.8), (150, "720p", 9.6)],
)  # fmt: skip
def test_prices_are_those_of_the_hosted_page(seconds, resolution, price):
    assert dollars(price_micro(Resolution(resolution), seconds)) == price


@given(st.floats(0.001, 10_000), st.sampled_from(Resolution))
def test_a_price_is_a_whole_number_of_seconds_at_the_rate(seconds, resolution):
    rate = 40_000 if resolution is Resolution.P480 else 80_000
    price = price_micro(resolution, seconds)
    assert price % rate == 0
    assert 5 <= price // rate <= 120
    assert price // rate <= max(5, math.ceil(seconds))
    assert price // rate >= min(120, math.floor(seconds))


@given(st.floats(0.001, 200), st.floats(0.001, 200))
def test_longer_is_never_cheaper(one, other):
    short, long = sorted((one, other))
    assert price_micro(Resolution.P480, short) <= price_micro(Resolution.P480, long)
