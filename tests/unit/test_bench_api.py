"""Figures, targets and requests of `python -m bench api`."""

import json
from math import isnan, nan

import pytest

from bench.api_figures import TARGETS, Rate, missed, over, percentile, rates, targets
from bench.api_load import create_request, poll_request

MET = {
    "creates_over_bare": 0.3,
    "polls_over_bare": 0.5,
    "p99_poll_ms": 50.0,
    "p99_poll_waiting_ratio": 1.5,
    "stored_poll_ratio": 1.2,
}


def test_percentile_is_the_nearest_rank() -> None:
    hundred = [float(value) for value in range(100, 0, -1)]
    assert percentile(hundred, 99) == 99.0
    assert percentile(hundred, 50) == 50.0
    assert percentile(hundred, 100) == 100.0
    assert percentile([3.0, 1.0, 2.0], 99) == 3.0
    assert percentile([7.0], 1) == 7.0
    assert isnan(percentile([], 99))


def test_a_ratio_is_of_medians_so_one_bad_round_does_not_count() -> None:
    assert over([50.0, 1.0, 50.0], [100.0, 100.0, 900.0]) == 0.5
    assert isnan(over([1.0], []))
    assert isnan(over([1.0], [0.0]))


def test_rates_compare_rounds_of_both_apps() -> None:
    ours = [Rate(100.0, 80.0, 3000.0, 0.1), Rate(120.0, 90.0, 2900.0, 0.1), Rate(110.0, 85.0, 3100.0, 0.1)]
    bare = [Rate(220.0, 220.0, 750.0, 0.2)] * 3
    found = rates("creates", ours, bare)
    assert found["creates_over_bare"] == 0.5
    assert found["creates_settled_over_bare"] == round(85 / 220, 3)
    assert found["creates_cpu_over_bare"] == 0.25  # the dearer request is the smaller ratio, as with throughput
    assert found["creates"]["ours"]["per_second"] == 110.0
    assert found["creates"]["bare"]["cpu_us"] == 750.0


def test_targets_are_met_at_their_limits() -> None:
    assert set(MET) == set(TARGETS) == set(targets())
    assert missed(MET) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("creates_over_bare", 0.299),
        ("polls_over_bare", 0.499),
        ("p99_poll_ms", 50.1),
        ("p99_poll_waiting_ratio", 1.51),
        ("stored_poll_ratio", 1.21),
        ("p99_poll_ms", nan),
    ],
)
def test_a_target_is_missed_beyond_its_limit(name: str, value: float) -> None:
    assert missed(MET | {name: value}) == [name]


def test_what_was_not_measured_is_missed() -> None:
    assert missed({}) == list(TARGETS)


def test_a_create_is_one_whole_request() -> None:
    head, _, body = create_request("127.0.0.1:80", "mc-key", 7, enable_sync_mode=True).partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v3/wavespeed-ai/wan-2.2/animate HTTP/1.1\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert json.loads(body)["seed"] == 7
    assert json.loads(body)["enable_sync_mode"] is True


def test_a_poll_is_one_whole_request() -> None:
    request = poll_request("127.0.0.1:80", "mc-key", "a" * 32)
    assert request.startswith(b"GET /api/v3/predictions/" + b"a" * 32 + b"/result HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer mc-key\r\n" in request
    assert request.endswith(b"\r\n\r\n")
