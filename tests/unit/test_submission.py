"""Any parameters at all: a submission, or a sentence that names the field."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motioncast.request import MAX_SEED, Mode, Resolution
from motioncast.service.submission import FIELDS, FLAGS, InvalidField, Submission, parse_submission

GOOD = {"image": "https://example.com/me.png", "video": "https://example.com/clip.mp4"}

text = st.text(st.characters(codec=None), max_size=40)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | text
anything = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3))
KNOWN = {
    "image": st.sampled_from(["", " ", "@/tmp/x", "http://x", "\0", "\ud800"]),
    "video": st.sampled_from(["", "http://x", "data:,"]),
    "mode": st.sampled_from(["animate", "replace", "ANIMATE", ""]),
    "prompt": st.text(max_size=30) | st.just("x" * 20_001),
    "resolution": st.sampled_from(["480p", "720p", "1080p", 480]),
    "seed": st.sampled_from([-2, -1, 0, MAX_SEED, MAX_SEED + 1, 7.0, 7.5, math.inf, math.nan, True, "7", 10**400]),
    "enable_sync_mode": st.sampled_from([True, False, 0, 1, "true"]),
    "enable_base64_output": st.sampled_from([True, False, 0, 1, "true"]),
    "webhook_url": st.sampled_from(["", "https://example.com", "x" * 3000]),
}
bodies = st.fixed_dictionaries({}, optional={name: values | anything for name, values in KNOWN.items()})
headers = st.dictionaries(st.sampled_from(["x-max-cost", "cancel-after"]), st.text(max_size=12))


def outcome(body, webhook=None, given_headers=None) -> Submission | None:
    """The submission, or None after a refusal that names a known field in one printable sentence."""
    try:
        return parse_submission(body, webhook, given_headers)
    except InvalidField as error:
        refused = error
    assert refused.field in {*FIELDS, *FLAGS, "body", "webhook", "X-Max-Cost", "Cancel-After"}
    assert str(refused).startswith(f'field "{refused.field}" ')
    assert str(refused).encode()
    return None


@given(anything)
def test_any_body(body):
    assert outcome(body) is None or isinstance(body, dict)


@given(bodies, st.dictionaries(text, anything, max_size=3), st.none() | text, headers)
def test_any_values_of_the_parameters(values, extras, webhook, given_headers):
    found = outcome(extras | GOOD | values, webhook, given_headers)
    if found is None:
        return
    assert isinstance(found.mode, Mode)
    assert isinstance(found.resolution, Resolution)
    assert type(found.seed) is int
    assert -1 <= found.seed <= MAX_SEED
    assert type(found.sync_mode) is type(found.base64_output) is bool
    for value in (found.image, found.video, found.prompt):
        value.encode()
        assert "\0" not in value
    assert found.image.strip() == found.image != ""
    assert found.max_cost_micro is None or found.max_cost_micro >= 0
    assert found.cancel_after_s is None or 0 < found.cancel_after_s < 1e7
    assert set(found.ignored).isdisjoint({*FIELDS, *FLAGS})
    assert {name for name, value in extras.items() if value is not None} - {*FIELDS, *FLAGS} == set(found.ignored)


@given(st.sampled_from([*KNOWN]), anything)
def test_null_is_absent(field, value):
    if field not in GOOD:
        assert outcome(GOOD | {field: None}) == outcome(GOOD)
    assert (outcome(GOOD | {field: value}) is None) == (outcome(GOOD | {field: value, "other": None}) is None)


def test_defaults():
    expected = Submission(
        image=GOOD["image"], video=GOOD["video"], prompt="", mode=Mode.ANIMATE, resolution=Resolution.P480, seed=-1,
        engine="", sync_mode=False, base64_output=False, webhook_url=None, max_cost_micro=None, cancel_after_s=None,
        ignored=(),
    )  # fmt: skip
    assert parse_submission(GOOD) == expected


def test_the_webhook_of_the_query_wins():
    body = GOOD | {"webhook_url": "https://example.com/body"}
    assert parse_submission(body).webhook_url == "https://example.com/body"
    assert parse_submission(body, "https://example.com/query").webhook_url == "https://example.com/query"
    assert parse_submission(GOOD | {"webhook_url": ""}).webhook_url is None


@pytest.mark.parametrize(
    ("given_time", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("1.5s", 1.5),
        ("5m", 300),
        ("1h", 3600),
        ("1h30m", 5400),
        ("1h30m10s", 5410),
        (" 5m ", 300),
    ],
)
def test_deadlines(given_time, seconds):
    assert parse_submission(GOOD, headers={"cancel-after": given_time}).cancel_after_s == seconds


@pytest.mark.parametrize(("given_cost", "micro"), [("0", 0), ("0.2", 200_000), ("1.50", 1_500_000), ("1e2", 10**8)])
def test_cost_limits(given_cost, micro):
    assert parse_submission(GOOD, headers={"x-max-cost": given_cost}).max_cost_micro == micro


def test_a_seed_that_another_language_made_a_float_is_whole():
    assert parse_submission(GOOD | {"seed": json.loads("7.0")}).seed == 7
