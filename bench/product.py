"""Runs the product as its users do, from the command line in a process of its own, and measures that process."""

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.judge import BenchError

SEED = "7"
_SAMPLING_S = 0.1


@dataclass(frozen=True)
class ProcessCost:
    """What one child process cost."""

    wall_s: float
    cpu_s: float  #: user + system, children included
    peak_mib: float  #: most memory held at once by the process and its children (proportional set size)


@dataclass(frozen=True)
class ProductRun:
    """One finished job: the product's own report (`motioncast animate --json`) and what it cost."""

    report: dict[str, Any]
    cost: ProcessCost

    @property
    def output(self) -> Path:
        return Path(self.report["output"])


def animate(
    reference: Path, driving: Path, output: Path, *, mode: str = "animate", resolution: str = "480p"
) -> ProductRun:
    """Run one job with a fixed seed. Raises `BenchError` with the product's last words when it fails."""
    command = [sys.executable, "-m", "motioncast", "animate", str(reference), str(driving)]
    command += ["-o", str(output), "--mode", mode, "--resolution", resolution, "--seed", SEED, "--json"]
    stdout, cost = run_measured(command)
    try:
        return ProductRun(json.loads(stdout), cost)
    except json.JSONDecodeError:
        raise BenchError(f"The product's --json answer is not JSON: {stdout[:200]}") from None


def fetch_samples() -> Path:
    """The folder of the product's sample media, fetched by the product."""
    stdout, _ = run_measured([sys.executable, "-m", "motioncast", "samples"])
    return Path(stdout.strip().splitlines()[-1])


def run_measured(command: list[str]) -> tuple[str, ProcessCost]:
    """Run `command`: its standard output and its cost. Raises `BenchError` when it fails."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        watch = _MemoryWatch(process.pid)
        watch.start()
        errors: list[str] = []
        assert process.stderr is not None
        assert process.stdout is not None
        drain = threading.Thread(target=lambda stream: errors.extend(stream), args=(process.stderr,))
        drain.start()
        stdout = process.stdout.read()
        drain.join()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.stop()
    if process.returncode:
        last = next((line.strip() for line in reversed(errors) if line.strip()), "no message")
        raise BenchError(f"`{' '.join(command[1:])}` failed with exit code {process.returncode}: {last}")
    wall = time.perf_counter() - start
    return stdout, ProcessCost(wall, usage.ru_utime + usage.ru_stime, watch.peak_mib)


class _MemoryWatch(threading.Thread):
    """Samples the memory of a process tree; of a lone process, its high-water mark.

    Not `ru_maxrss`: a child inherits the mark of the process that forked it.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_mib = 0.0
        self._pid = pid
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(_SAMPLING_S):
            tree = process_tree(self._pid)
            held = sum(map(proportional_set_mib, tree)) if len(tree) > 1 else high_water_mib(self._pid)
            self.peak_mib = max(self.peak_mib, held)

    def stop(self) -> None:
        self._done.set()
        self.join()


def process_tree(pid: int) -> list[int]:
    """`pid` and its living descendants (Linux; elsewhere only `pid`)."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in children.read_text().split()]
            except OSError:  # it ended meanwhile
                continue
    return found


def proportional_set_mib(pid: int) -> float:
    """Memory of one process, shared pages divided among their users; 0 when it has ended."""
    return _memory_mib(pid, "smaps_rollup", "Pss:")


def high_water_mib(pid: int) -> float:
    """The most memory that a process has held so far; 0 when it has ended."""
    return _memory_mib(pid, "status", "VmHWM:")


def _memory_mib(pid: int, file: str, field: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(field)), 0.0)
