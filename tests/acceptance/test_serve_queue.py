"""Who runs when: a key has its limit, others do not wait for it, and a burst is worked off in order."""

import re

import httpx2
import pytest

from tests.acceptance.caller import Caller
from tests.acceptance.serving import Server, wait_for


@pytest.fixture
def two_workers(tmp_path, models_dir):
    with Server(tmp_path / "data", "--workers", "2", MOTIONCAST_CONCURRENCY="1") as running:
        wait_for(lambda: len(running.workers()) == 2)
        yield running


def depth(server: Server) -> int:
    """Jobs that wait, as the operator's monitoring sees it."""
    text = httpx2.get(f"{server.url}/metrics").text
    return int(float(re.search(r'^motioncast_predictions\{status="created"\} (\S+)', text, re.MULTILINE)[1]))


def test_over_its_limit_a_key_waits_and_others_do_not(two_workers, gate):
    busy, quiet = Caller.new(two_workers, "busy"), Caller.new(two_workers, "quiet")
    inputs = {"image": gate.url(), "video": gate.url("nothing.mp4")}
    first, second = (busy.accepted(**inputs, seed=seed)["id"] for seed in (1, 2))
    wait_for(lambda: busy.result(first)["status"] == "processing")
    other = quiet.accepted(**inputs)["id"]
    wait_for(lambda: quiet.result(other)["status"] == "processing")  # the second worker was free
    wait_for(lambda: busy.result(second)["queue_position"] == 1)  # places are looked up twice a second
    waiting = busy.result(second)
    assert (waiting["status"], waiting["stage"]) == ("created", "queued")
    assert depth(two_workers) == 1
    gate.open()
    assert {busy.ended(first)["code"], busy.ended(second)["code"], quiet.ended(other)["code"]} == {1402}
    assert depth(two_workers) == 0


def test_more_jobs_than_the_engine_is_told_of_all_end_in_order(two_workers, gate):
    caller = Caller.new(two_workers, "burst")
    held = caller.accepted(image=gate.url(), video=gate.url("nothing.mp4"))["id"]
    wait_for(lambda: caller.result(held)["status"] == "processing")
    nowhere = {"image": "https://invalid.invalid/a.png", "video": "https://invalid.invalid/b.mp4"}
    jobs = [caller.accepted(**nowhere, seed=seed)["id"] for seed in range(130)]
    wait_for(lambda: caller.result(jobs[-1])["queue_position"] == 130)
    gate.open()
    wait_for(lambda: caller.result(jobs[-1])["status"] == "failed", 200)
    listed = caller.listed(page_size=100, status="failed")
    assert listed["total"] == 131
    assert caller.balance() == 1_000_000


def test_jobs_of_a_worker_that_never_comes_back_go_to_another(tmp_path, models_dir, gate):
    """It dies as soon as it has taken its job, while it is still loading what it needs for it."""
    with Server(tmp_path / "data", "--workers", "0") as running:
        callers = [Caller.new(running, name) for name in ("one", "two")]
        jobs = [caller.accepted(image=gate.url(), video=gate.url("nothing.mp4"))["id"] for caller in callers]
        running.kill()
        running.options = ("--workers", "2")
        running.start(ready=False)
        for caller, job in zip(callers, jobs, strict=True):
            wait_for(lambda caller=caller, job=job: caller.result(job)["status"] == "processing")
        running.kill()
        running.options = ("--workers", "1")
        running.start()
        gate.open()
        assert [caller.ended(job)["code"] for caller, job in zip(callers, jobs, strict=True)] == [1402, 1402]
        assert "no sign of life from local-worker-2" in running.said()
