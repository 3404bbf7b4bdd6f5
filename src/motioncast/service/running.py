"""A job while it runs: its progress for callers to see, its preview, and when it has to stop."""

import logging
import time
from dataclasses import dataclass, field
from threading import Event

from sqlalchemy.exc import DBAPIError

from motioncast import __version__
from motioncast.errors import Cancelled, MotioncastError, ProcessingError
from motioncast.media.preview import jpeg
from motioncast.progress import Progress, Stage
from motioncast.service import predictions
from motioncast.service.database import Database, now_us
from motioncast.service.storage import Storage
from motioncast.service.storage_keys import preview_key, work_prefix

_WRITE_S, _LOOK_S = 1.0, 0.2
#: share of a job that lies before each stage, and in it
_SHARES: dict[Stage, tuple[float, float]] = {
    "fetch": (0.02, 0.01),
    "prepare": (0.03, 0.07),
    "track": (0.1, 0.3),
    "render": (0.4, 0.55),
    "finish": (0.95, 0.05),
}


_log = logging.getLogger(__name__)


class TookTooLong(MotioncastError):
    """The job has run longer than the operator allows."""


@dataclass
class Pulse:
    """Tells the worker's watchdog that jobs move, and running jobs that the worker wants to stop."""

    moved_at: float = field(default_factory=time.monotonic)
    prediction_id: str = ""  #: the job in hand
    began_at: float = 0.0
    stopping: Event = field(default_factory=Event)
    parked: Event = field(default_factory=Event)

    def begin(self, prediction_id: str) -> None:
        """A job is taken on."""
        self.prediction_id, self.began_at = prediction_id, time.monotonic()

    def end(self, prediction_id: str) -> None:
        """A job is done with; one that was cancelled may still be on its way out when the next has begun."""
        if self.prediction_id == prediction_id:
            self.prediction_id = ""

    def move(self) -> None:
        """Something has happened. In a worker that stops, this does not return: the work in hand is left here."""
        self.moved_at = time.monotonic()
        if self.stopping.is_set():
            self.parked.set()
            Event().wait()


class Reporter:
    """The progress callback of one run of a job. Raises `Cancelled` or `TookTooLong` within one step."""

    def __init__(
        self, database: Database, storage: Storage, row: predictions.Prediction, limit_s: float, pulse: Pulse
    ) -> None:
        self._database, self._storage, self._row, self._limit_s, self._pulse = database, storage, row, limit_s, pulse
        self._began, self._looked, self._wrote = pulse.began_at, 0.0, 0.0
        self._fraction, self._first = row.progress, row.progress

    def __call__(self, progress: Progress) -> None:
        """Take note of a step; writes at most once a second."""
        self.look()
        now = time.monotonic()
        begin, share = _SHARES[progress.stage]
        # after a crash, finished work is passed over: what callers see never runs backwards
        self._fraction = max(self._fraction, begin + share * progress.done / max(progress.total, 1))
        if now - self._wrote >= _WRITE_S:
            self._wrote = now
            self._write(progress, now)

    def look(self) -> None:
        """A sign of life, and from time to time a check."""
        self._pulse.move()
        if time.monotonic() - self._looked >= _LOOK_S:
            self.check()

    def check(self) -> None:
        """Has the job to stop?"""
        self._looked = time.monotonic()
        with self._database.read() as connection:
            row = predictions.find_even_deleted(connection, self._row.id)
        if row is None or row.cancel_requested or row.status not in predictions.OPEN:
            raise Cancelled("Cancelled by its owner.")
        if row.deadline_at is not None and now_us() > row.deadline_at:
            raise Cancelled("It had not ended within the time of Cancel-After.")
        if time.monotonic() - self._began > self._limit_s:
            raise TookTooLong(f"The job took longer than {self._limit_s:.0f} s, the limit of this server.")

    def _write(self, progress: Progress, now: float) -> None:
        values = {"stage": progress.stage, "progress": self._fraction, "eta_s": self._eta(now)}
        try:
            if progress.image is not None:
                self._storage.put(preview_key(self._row.id), jpeg(progress.image))
                values["preview"] = progress.done
            with self._database.write() as connection:
                predictions.update_open(connection, self._row.id, values)
        except (DBAPIError, ProcessingError) as error:  # nobody's job fails for want of a progress bar
            _log.warning("progress could not be written: %s", error)

    def _eta(self, now: float) -> float | None:
        done = self._fraction - self._first
        return None if done < 0.02 else (now - self._began) / done * (1 - self._fraction)


class StoredWork:
    """Finished pieces of a job in the storage."""

    def __init__(self, storage: Storage, prediction_id: str) -> None:
        # pieces of another release are left alone: they need not fit
        self._storage, self._prefix = storage, f"{work_prefix(prediction_id)}/{__version__}"

    def load(self, name: str) -> bytes | None:
        """See `FinishedWork.load`."""
        return self._storage.get(f"{self._prefix}/{name}")

    def save(self, name: str, data: bytes) -> None:
        """See `FinishedWork.save`."""
        self._storage.put(f"{self._prefix}/{name}", data)
