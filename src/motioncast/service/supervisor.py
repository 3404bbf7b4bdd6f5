"""Starts the worker processes, one a device, and replaces those that die or show no life, under the same name."""

import logging
import os
import selectors
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

from motioncast.service.settings import ServiceSettings
from motioncast.settings import describe

LIVING, READY = b".", b"+"  #: signs of life: still starting, able to run jobs
STOP = b"q"  #: to a worker: hand the job back and end
_START_S = 120.0  #: without a sign of life while a worker loads its libraries
_TICK_S = 0.2
_STOP_S = 25.0
_QUICK_S, _PAUSES_S = 5.0, (0.0, 0.5, 2.0, 10.0)  #: a worker that dies at once is started ever later
_log = logging.getLogger(__name__)


@dataclass
class Worker:
    """One place for a worker process."""

    executor_id: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    seen: float = 0.0
    ready: bool = False
    quick_deaths: int = 0
    resume_at: float = field(default=0.0)


class Supervisor:
    """A thread that keeps `settings.workers` processes alive."""

    def __init__(self, settings: ServiceSettings, node: str) -> None:
        self._settings = settings
        self._workers = [Worker(f"{node}-worker-{number}") for number in range(1, settings.workers + 1)]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self.restarts = 0

    def start(self) -> None:
        """Start the workers."""
        self._thread.start()

    def stop(self) -> None:
        """Ask every worker to hand its job back, and wait for them."""
        self._stop.set()
        self._thread.join()

    @property
    def ready(self) -> int:
        """Workers that can run jobs."""
        return sum(worker.process is not None and worker.ready for worker in self._workers)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                for worker in self._workers:
                    self._look_after(worker)
                self._listen()
            except OSError:  # no memory or no process to be had: later, perhaps
                _log.exception("the workers could not be looked after; trying again")
                self._stop.wait(1.0)
        self._end()  # on this thread: the workers end with it

    def _look_after(self, worker: Worker) -> None:
        if worker.process is None:
            self._start(worker)
        elif worker.process.poll() is not None:
            self._bury(worker, f"ended with {worker.process.returncode}")
        elif self._is_silent(worker):
            worker.process.kill()
            worker.process.wait()
            self._bury(worker, "showed no life")

    def _end(self) -> None:
        living = [worker.process for worker in self._workers if worker.process is not None]
        for process in living:
            assert process.stdin is not None
            with suppress(OSError):
                process.stdin.write(STOP)
                process.stdin.flush()
        deadline = time.monotonic() + _STOP_S
        for process in living:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, worker: Worker) -> None:
        if time.monotonic() < worker.resume_at:
            return
        worker.process = subprocess.Popen(
            [sys.executable, "-m", "motioncast.service.worker", worker.executor_id],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._environment(),
        )
        worker.started = worker.seen = time.monotonic()

    def _environment(self) -> dict[str, str]:
        """The settings in force, options of `serve` included."""
        given = {variable: value for variable, value, _ in describe(self._settings)}
        kept = {name: value for name, value in os.environ.items() if name not in given}
        return kept | {name: value for name, value in given.items() if value}

    def _is_silent(self, worker: Worker) -> bool:
        allowed = self._settings.stale_s if worker.ready else max(self._settings.stale_s, _START_S)
        return time.monotonic() - worker.seen > allowed

    def _bury(self, worker: Worker, how: str) -> None:
        _log.warning("worker %s %s: starting it again", worker.executor_id, how)
        assert worker.process is not None
        for pipe in (worker.process.stdin, worker.process.stdout):
            if pipe is not None:
                pipe.close()
        quick = time.monotonic() - worker.started < _QUICK_S
        worker.quick_deaths = worker.quick_deaths + 1 if quick else 0
        worker.resume_at = time.monotonic() + _PAUSES_S[min(worker.quick_deaths, len(_PAUSES_S) - 1)]
        worker.process, worker.ready = None, False
        self.restarts += 1

    def _listen(self) -> None:
        """Wait a moment for signs of life."""
        with selectors.DefaultSelector() as selector:
            for worker in self._workers:
                if worker.process is not None and worker.process.stdout is not None:
                    selector.register(worker.process.stdout, selectors.EVENT_READ, worker)
            if not selector.get_map():
                self._stop.wait(_TICK_S)
            for key, _ in selector.select(_TICK_S):
                if signs := os.read(key.fd, 4096):
                    key.data.seen = time.monotonic()
                    key.data.ready = key.data.ready or READY in signs
                else:
                    self._stop.wait(0.01)  # it is about to end
