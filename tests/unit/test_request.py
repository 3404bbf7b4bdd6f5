"""Parameters are checked as the hosted endpoint checks them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motioncast import AnimateRequest, InputError, Mode, Resolution


def test_defaults_are_those_of_the_hosted_endpoint():
    request = AnimateRequest("a.png", "b.mp4")
    assert (request.mode, request.resolution, request.seed) == (Mode.ANIMATE, Resolution.P480, -1)


@given(st.integers())
def test_seed_is_a_31_bit_number_or_minus_one(seed):
    if -1 <= seed <= 2147483647:
        drawn = AnimateRequest("a", "b", seed=seed).drawn_seed()
        assert drawn == seed or (seed == -1 and 0 <= drawn <= 2147483647)
    else:
        with pytest.raises(InputError, match="seed must be"):
            AnimateRequest("a", "b", seed=seed)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"mode": "dance"}, "mode must be animate or replace"),
        ({"resolution": "1080p"}, "resolution must be 480p or 720p"),
        ({"seed": True}, "seed must be"),
        ({"engine": "magic"}, "engine must be auto, puppet or wan"),
        ({"image": " "}, "image is empty"),
        ({"video": ""}, "video is empty"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(change, sentence):
    with pytest.raises(InputError, match=sentence):
        AnimateRequest(**{"image": "a.png", "video": "b.mp4"} | change)


def test_names_may_be_given_as_plain_text():
    assert AnimateRequest("a", "b", mode="replace", resolution="720p").mode is Mode.REPLACE
