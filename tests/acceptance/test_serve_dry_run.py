"""?dry_run=true: what a job would cost and what it would be warned of, without doing it."""

import pytest

from tests.acceptance.caller import Caller, refusal
from tests.acceptance.serving import MODEL
from tests.clips import Clip, make_clip


@pytest.fixture(scope="module")
def visitor(server, new_name) -> Caller:
    """A caller who only asks."""
    return Caller.new(server, new_name())


@pytest.fixture(scope="module")
def inputs(visitor, portrait, talker) -> dict[str, str]:
    return {"image": visitor.upload(portrait), "video": visitor.upload(talker)}


@pytest.fixture(autouse=True)
def nothing_happens(visitor):
    """Whatever is asked, there is no job and no charge."""
    yield
    assert visitor.listed()["total"] == 0
    assert visitor.balance() == 1_000_000


def rehearse(caller: Caller, **inputs) -> dict:
    return dict(caller.data("POST", MODEL, params={"dry_run": "true"}, json=inputs))


def test_a_usable_pair_is_priced_and_warned_of(visitor, inputs, walker):
    report = rehearse(visitor, image=inputs["image"], video=visitor.upload(walker), resolution="720p", fps=30)
    warnings = report.pop("warnings")
    duration = report.pop("duration_s")
    expected, ahead = report.pop("expected_s"), report.pop("queue_ahead")
    assert report == {"valid": True, "price": 0.4, "currency": "USD", "billed_up_to_s": 120, "engine": "puppet"}
    assert 3 < expected < 60
    assert ahead >= 0
    assert duration == pytest.approx(20 * 1001 / 15000, abs=0.01)
    for word in ("fps", "aspect", "whole person"):
        assert any(word in warning for warning in warnings), warnings


def test_addresses_are_looked_at_too(visitor, web, portrait, talker):
    address, folder = web
    (folder / "me.png").write_bytes(portrait.read_bytes())
    (folder / "clip.mp4").write_bytes(talker.read_bytes())
    report = rehearse(visitor, image=f"{address}/me.png", video=f"{address}/clip.mp4")
    assert (report["valid"], report["price"], report["duration_s"]) == (True, 0.2, 1.0)


def test_a_clip_without_a_person_is_refused(visitor, inputs, web):
    make_clip(web[1] / "empty.mp4", Clip(count=10))
    message = refusal(ask(visitor, image=inputs["image"], video=f"{web[0]}/empty.mp4"), 400)
    assert "person" in message or "face" in message or "nobody" in message.lower(), message


def test_what_a_job_would_refuse_is_refused(visitor, inputs, web, portrait):
    (web[1] / "text.mp4").write_bytes(b"no video at all")
    for wrong, words in (
        ({"video": None}, 'field "video" is required'),
        ({"mode": "dance"}, 'field "mode"'),
        ({"video": f"{web[0]}/gone.mp4"}, "could not be read"),
        ({"video": f"{web[0]}/text.mp4"}, ""),
        ({"image": "http://10.0.0.1/x.png"}, 'field "image" cannot be read'),
    ):
        assert words in refusal(ask(visitor, **inputs | wrong), 400)


def test_the_callers_limit_counts(visitor, inputs):
    answer = visitor.submit(**inputs, query="?dry_run=true", headers={"X-Max-Cost": "0.1"})
    assert "X-Max-Cost" in refusal(answer, 402)


def ask(caller: Caller, **inputs):
    return caller.submit(**inputs, query="?dry_run=true")
