"""Whatever dies, whenever: no job is lost, none charged twice, and what is delivered is what it would have been."""

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from tests.acceptance.command import motioncast, video_packets
from tests.acceptance.serving import OPEN, Server, wait_for

JOBS, SEEDS = 30, (1, 2, 3)


@pytest.fixture
def server(tmp_path, models_dir):
    with Server(tmp_path / "data", "--workers", "1", MOTIONCAST_STALE_S="4") as running:
        yield running


@pytest.fixture(scope="module")
def undisturbed(cutout, talker, models_dir, tmp_path_factory):
    """Packets of jobs that nothing disturbs, by seed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    for seed in SEEDS:
        motioncast("animate", cutout, talker, "-o", f"{seed}.mp4", "--seed", seed, cwd=folder)
    return {seed: video_packets(folder / f"{seed}.mp4") for seed in SEEDS}


def download(url: str, target: Path) -> Path:
    target.write_bytes(httpx2.get(url, timeout=60).content)
    return target


def ledger(data_dir: Path) -> Counter[tuple[str, str]]:
    """How often each (prediction, kind) stands in the ledger."""
    with sqlite3.connect(data_dir / "app.sqlite") as database:
        rows = database.execute("SELECT prediction_id, kind FROM ledger WHERE prediction_id IS NOT NULL").fetchall()
    return Counter(rows)


def check_money(server: Server, jobs: list[dict]) -> None:
    """A completed job is settled once, any other released once, and the balance says so."""
    entries = ledger(server.data_dir)
    assert set(entries.values()) == {1}
    for job in jobs:
        kinds = {kind for prediction, kind in entries if prediction == job["id"]}
        assert ("settle" in kinds, "release" in kinds) == (
            (True, False) if job["status"] == "completed" else (False, True)
        )
    spent = sum(job["cost"] for job in jobs if job["status"] == "completed")
    assert server.balance() == pytest.approx(1_000_000 - spent)


def test_killed_at_random_moments_nothing_is_lost(server, cutout, talker, undisturbed, tmp_path):
    image, video = server.upload(cutout), server.upload(talker)
    jobs = [server.submit(image, video, seed=SEEDS[n % len(SEEDS)])["id"] for n in range(JOBS)]
    dice = random.Random(11)
    kills: Counter[str] = Counter()

    def left() -> list[str]:
        return [job for job in jobs if server.result(job)["status"] in OPEN]

    while left():
        time.sleep(dice.uniform(0.5, 6.0))
        if sum(kills.values()) >= 24:
            continue
        victim = dice.choice(["worker", "worker", "server", "everything"])
        kills[victim] += 1
        if victim == "worker":
            if server.workers():
                server.stop_worker(signal.SIGKILL)
            continue
        if victim == "everything":
            for pid, _ in list(server.family()):
                os.kill(pid, signal.SIGKILL)
            server.process.wait()
        else:
            server.kill()
        server.start()
    ended = [server.result(job) for job in jobs]
    assert {job["status"] for job in ended} <= {"completed", "failed"}
    for job in ended:
        if job["status"] == "failed":
            assert job["code"] == 5000
            assert "died 3 times" in job["error"]
            continue
        assert video_packets(download(job["outputs"][0], tmp_path / "out.mp4")) == undisturbed[job["seed"]]
    assert sum(job["status"] == "completed" for job in ended) >= JOBS * 2 // 3
    check_money(server, ended)
    assert len(kills) == 3


def test_a_job_that_kills_its_worker_three_times_fails_and_costs_nothing(server, cutout, talker):
    image, video = server.upload(cutout), server.upload(talker)
    poison = server.submit(image, video)["id"]
    for crash in range(1, 4):
        wait_for(lambda n=crash: attempts(server, poison) == n)
        server.stop_worker(signal.SIGKILL)
    ended = server.ended(poison)
    assert (ended["status"], ended["code"]) == ("failed", 5000)
    good = server.ended(server.submit(image, video, seed=8)["id"])
    assert good["status"] == "completed"
    check_money(server, [ended, good])


def attempts(server: Server, prediction: str) -> int:
    with sqlite3.connect(server.data_dir / "app.sqlite") as database:
        return int(database.execute("SELECT attempts FROM predictions WHERE id = ?", (prediction,)).fetchone()[0])


def test_a_worker_that_stands_still_is_replaced(server, cutout, talker):
    job = server.submit(server.upload(cutout), server.upload(talker))["id"]
    wait_for(lambda: server.result(job)["status"] == "processing")
    stopped = server.stop_worker(signal.SIGSTOP)
    assert server.ended(job)["status"] == "completed"
    assert stopped not in server.workers()


def test_an_orderly_stop_hands_the_job_back_and_it_goes_on(server, cutout, talker, undisturbed, tmp_path):
    job = server.submit(server.upload(cutout), server.upload(talker), seed=1)["id"]
    for _ in range(4):  # more often than a job may crash
        wait_for(lambda: server.result(job)["progress"] > 0 or server.result(job)["status"] == "completed")
        family = [pid for pid, _ in server.family()]
        server.process.terminate()
        assert server.process.wait(60) == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in family)
        server.start()
    ended = server.ended(job)
    assert ended["status"] == "completed"
    assert video_packets(download(ended["outputs"][0], tmp_path / "out.mp4")) == undisturbed[1]
    check_money(server, [ended])


def test_children_end_with_a_killed_server(server):
    family = [pid for pid, _ in server.family()]
    assert len(family) >= 2
    server.kill()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), 10)
