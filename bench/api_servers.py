"""The two servers that `python -m bench api` compares, as processes; what they cost; the load on them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.api_figures import Rate
from bench.api_load import create_request
from bench.judge import BenchError
from bench.product import process_tree

_START_S, _SETTLE_S = 120.0, 120.0
_IDLE_S = 3.0
_QUIET_S, _QUIET_SHARE = 0.3, 0.12  #: an idle server of ours uses up to a twentieth of a core
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """One running server."""

    pid: int
    host: str
    port: int
    key: str
    data_dir: Path

    pinned: bool

    def cpu_s(self) -> float:
        """Seconds of processor time that it and its children have used: steady where the clock is not."""
        return sum(map(_cpu_s, process_tree(self.pid)))

    def idle_cores(self) -> float:
        """What it uses of a core while nobody asks for anything."""
        self.settle()
        began, before = time.monotonic(), self.cpu_s()
        time.sleep(_IDLE_S)
        return (self.cpu_s() - before) / (time.monotonic() - began)

    def settle(self) -> float:
        """Wait until it has finished what it does after its answers; returns when that was (`time.monotonic`)."""
        deadline = time.monotonic() + _SETTLE_S
        while time.monotonic() < deadline:
            began, before = time.monotonic(), self.cpu_s()
            time.sleep(_QUIET_S)
            if self.cpu_s() - before <= _QUIET_SHARE * _QUIET_S:
                return began
        raise BenchError(f"A server was still busy {_SETTLE_S:.0f} s after the last answer.")

    def load(self, seconds: float, connections: int, ids: Sequence[str] = (), rate: float | None = None) -> "Answers":
        """Put load on it from a process of its own: polls of `ids`, or creates. Raises `BenchError` if one fails.

        Without a `rate`, as fast as it answers, and then until it has settled.
        """
        request = {"host": self.host, "port": self.port, "key": self.key, "seconds": seconds}
        request |= {"connections": connections, "ids": list(ids), "rate": rate}
        began, before = time.monotonic(), self.cpu_s()
        done = subprocess.run(
            [sys.executable, "-m", "bench.api_load"],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            preexec_fn=_on_core(CORES.load if self.pinned else None),
        )
        ended = time.monotonic()
        if done.returncode:
            raise BenchError(f"The load generator failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
        found = json.loads(done.stdout)
        if found["problem"]:
            raise BenchError(f"A request failed: {found['problem']}.")
        more = max(0.0, self.settle() - ended) if rate is None else 0.0
        return Answers(
            latencies_s=found["latencies_s"],
            seconds=found["seconds"],
            settled_seconds=found["seconds"] + more,
            load_cpu_s=found["cpu_s"],
            server_cpu_s=self.cpu_s() - before,
            measured_seconds=time.monotonic() - began,
            ids=found["ids"],
        )

    @contextmanager
    def waiting_callers(self, number: int, first_seed: int) -> Iterator[None]:
        """Callers in sync mode, each on a connection of its own, who wait for their jobs until the end of the block."""
        lines: list[socket.socket] = []
        try:
            for seed in range(first_seed, first_seed + number):
                lines.append(socket.create_connection((self.host, self.port)))
                host = f"{self.host}:{self.port}"
                lines[-1].sendall(create_request(host, self.key, seed, enable_sync_mode=True))
            self.settle()  # all of them have been taken on
            for line in lines:
                line.setblocking(False)
                try:
                    early = line.recv(300)
                except BlockingIOError:
                    continue
                raise BenchError(f"A caller in sync mode was answered at once: {early!r}.")
            yield
        finally:
            for line in lines:
                line.close()


@dataclass(frozen=True)
class Answers:
    """What a load has found."""

    latencies_s: list[float]
    seconds: float
    settled_seconds: float
    load_cpu_s: float
    server_cpu_s: float
    measured_seconds: float  #: over which `server_cpu_s` was used
    ids: list[str]

    def rate(self, idle_cores: float) -> Rate:
        """As one round of a load without a rate of its own; the server uses `idle_cores` without any load."""
        count = len(self.latencies_s)
        return Rate(
            per_second=count / self.seconds,
            settled_per_second=count / self.settled_seconds,
            cpu_us=max(0.0, self.server_cpu_s - idle_cores * self.measured_seconds) / count * 1e6,
            load_cores=self.load_cpu_s / self.seconds,
        )


@dataclass(frozen=True)
class Cores:
    """Which cores a server and the load on it are kept to; None: wherever the system puts them."""

    server: int | None
    load: int | None


def choose_cores() -> Cores:
    """One for the server and another for the load, where there are two."""
    found = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return Cores(found[0], found[1]) if len(found) > 1 else Cores(None, None)


CORES = choose_cores()


@contextmanager
def our_server(data_dir: Path, *, workers: int = 0, pinned: bool = True, **settings: str) -> Iterator[Server]:
    """`motioncast serve` on a data directory, ready for jobs."""
    command = [sys.executable, "-m", "motioncast"]
    key = subprocess.run(
        [*command, "keys", "create", "--data-dir", str(data_dir)], capture_output=True, text=True, check=True
    ).stdout.strip()
    given = {"MOTIONCAST_RATE_LIMIT": "100000000", **settings}
    options = ["serve", "--port", "0", "--workers", str(workers), "--data-dir", str(data_dir)]
    with started([*command, *options], data_dir, given, pinned=pinned) as (pid, host, port, _):
        yield Server(pid, host, port, key, data_dir, pinned)


@contextmanager
def bare_server(data_dir: Path, *, pinned: bool = True) -> Iterator[Server]:
    """The bare app, likewise."""
    data_dir.mkdir()
    command = [sys.executable, "-m", "bench.bare_app", str(data_dir / "bare.sqlite")]
    with started(command, data_dir, {}, pinned=pinned) as (pid, host, port, said):
        found = re.search(r"API key: (\S+)", said)
        assert found is not None
        yield Server(pid, host, port, found[1], data_dir, pinned)


@contextmanager
def started(
    command: list[str], data_dir: Path, settings: dict[str, str], *, pinned: bool
) -> Iterator[tuple[int, str, int, str]]:
    """(process, host, port, what it said) of a server; everything of it is killed at the end of the block."""
    log = data_dir.with_suffix(".log")
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=os.environ | settings,
            start_new_session=True,
            preexec_fn=_on_core(CORES.server if pinned else None),
        )
    try:
        deadline = time.monotonic() + _START_S
        while not (found := re.search(r"serves http://([^:\s]+):(\d+)", said := log.read_text(errors="replace"))):
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"A server did not start: {(said.strip().splitlines() or ['no message'])[-1]}")
            time.sleep(0.05)
        yield process.pid, found[1], int(found[2]), said
    finally:
        # nothing of it is kept, so nothing has to be handed back
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _on_core(core: int | None) -> Callable[[], Any] | None:
    return None if core is None else lambda: os.sched_setaffinity(0, {core})


def _cpu_s(pid: int) -> float:
    try:
        values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return 0.0
    return (int(values[11]) + int(values[12])) / _TICKS
