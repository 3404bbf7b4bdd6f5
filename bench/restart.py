"""`python -m bench restart`: kill -9 of a whole server that renders; how long until the job goes on after a start."""

import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from bench.api_jobs import RenderingJobs
from bench.api_servers import our_server, started
from bench.clips import looped
from bench.judge import BenchError
from bench.machine import describe_machine
from bench.product import fetch_samples
from motioncast.request import Resolution

TARGET_S = 5.0
_SECONDS = 60.0  #: of the driving video: longer than all rounds take
_PATIENCE_S = 120.0


def measure_restart(rounds: int, work: Path, on_step: Callable[[str], None]) -> dict[str, Any]:
    """Seconds from the start of the server's process to the moment a worker has taken the job on again."""
    samples = fetch_samples()
    clip = looped(samples / "carphone_pristine.mp4", work / "long.mp4", _SECONDS, Resolution.P480.area_px)
    data = work / "data"
    on_step("a job begins")
    with our_server(data, workers=1, pinned=False) as server:
        jobs = RenderingJobs(server, samples / "astronaut.png", clip, 1)
        jobs.wait_until_rendering()
    taken = []
    for number in range(2, rounds + 2):
        on_step(f"restart {number - 1} of {rounds}")
        command = [sys.executable, "-m", "motioncast", "serve", "--port", "0", "--data-dir", str(data)]
        began = time.monotonic()
        with started(command, data, {}, pinned=False):
            _wait_for_attempt(data, number)
            taken.append(time.monotonic() - began)
        _forgive(data)
    found = {"resumed_after_s": round(median(taken), 2), "slowest_s": round(max(taken), 2)}
    return found | {"passed": median(taken) <= TARGET_S, "rounds": rounds, "machine": describe_machine()}


def _wait_for_attempt(data: Path, number: int) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    with sqlite3.connect(data / "app.sqlite", timeout=30) as database:
        while database.execute("SELECT max(attempts) FROM predictions").fetchone()[0] < 2:
            if time.monotonic() > deadline:
                raise BenchError(f"The job did not go on after start {number - 1} within {_PATIENCE_S:.0f} s.")
            time.sleep(0.02)


def _forgive(data: Path) -> None:
    """A job may crash three times; here it crashes more often."""
    with sqlite3.connect(data / "app.sqlite", timeout=30) as database:
        database.execute("UPDATE predictions SET attempts = 1")
