"""What the server does by itself: queue what was accepted, mend what a crash has torn, clear away what is old."""

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from motioncast.service import conclusion, open_jobs, webhooks
from motioncast.service.conclusion import Ending
from motioncast.service.database import Database, now_us
from motioncast.service.heartbeat import Watch
from motioncast.service.jobs import JobEngine, delivery_id
from motioncast.service.predictions import Prediction
from motioncast.service.retention import Retention

_SWEEP_S, _RETENTION_S = 5.0, 600.0
_BATCH = 100  #: jobs queued at once
_AHEAD = 100  #: jobs of one key that the engine knows of before they run; the others are rows
_YOUNG_US = 10_000_000  #: what was accepted within this time is on its way
_log = logging.getLogger(__name__)


class Upkeep:
    """Two threads: one puts jobs on the queue as they come, one sweeps."""

    def __init__(self, database: Database, engine: JobEngine, retention: Retention, executor_id: str) -> None:
        self._database, self._engine, self._retention = database, engine, retention
        self._executor_id = executor_id
        self._watch = Watch(database)
        self._incoming: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._accepted: deque[tuple[str, int, str]] = deque()
        self._waiting: dict[str, int] = {}  # jobs of each key that wait, as of the last sweep and what came since
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._dispatch, name="dispatch", daemon=True),
            threading.Thread(target=self._sweep_often, name="upkeep", daemon=True),
        ]
        self.takeovers = 0

    def start(self) -> None:
        """Begin; what an earlier server left behind is queued at once."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End both threads; what is not queued yet will be by the next server."""
        self._stop.set()
        self._incoming.put(None)
        for thread in self._threads:
            thread.join()

    def accepted(self, row: Prediction) -> None:
        """A job is in the books: queue it soon; or later, if enough of its key are waiting already."""
        ahead = self._waiting.get(row.key_id, 0)
        self._waiting[row.key_id] = ahead + 1
        if ahead < _AHEAD:
            self._accepted.append((row.id, row.seq, row.key_id))
            self._incoming.put(self._enqueue_accepted)

    def _enqueue_accepted(self) -> None:
        """All that have come by now, in one transaction."""
        entries = [self._accepted.popleft() for _ in range(min(len(self._accepted), _BATCH))]
        if entries:
            self._engine.enqueue_predictions(entries)

    def ended(self, prediction_id: str, *, waited: bool) -> None:
        """A job was ended from outside its workflow: send its webhook, and take it off the queue if it waited."""

        def follow() -> None:
            if waited:
                self._engine.drop(prediction_id)
            with self._database.read() as connection:
                row, _ = webhooks.log(connection, prediction_id)
            if row is not None and row.state == "pending":
                self._engine.enqueue_delivery(prediction_id, row.round)

        self._incoming.put(follow)

    def redeliver(self, prediction_id: str, round_: int) -> None:
        """Begin another round of a webhook."""
        self._incoming.put(lambda: self._engine.enqueue_delivery(prediction_id, round_))

    def _dispatch(self) -> None:
        while (task := self._incoming.get()) is not None:
            try:
                task()
            except Exception:  # the sweep comes again
                _log.exception("a job could not be queued yet")

    def _sweep_often(self) -> None:
        young, next_retention = 2**62, time.monotonic()  # at first everything: an earlier server left it
        while True:
            for sweep in (partial(self.mend, young), self.end_overdue, self._take_over):
                try:
                    sweep()
                except Exception:
                    _log.exception("upkeep failed; it comes again")
            if time.monotonic() >= next_retention:
                next_retention = time.monotonic() + _RETENTION_S
                self._clear_away()
            if self._stop.wait(_SWEEP_S):
                return
            young = now_us() - _YOUNG_US

    def mend(self, before_us: int) -> None:
        """Queue jobs and webhooks that are due and that the engine does not know; end jobs whose workflow has died."""
        with self._database.read() as connection:
            waiting = open_jobs.waiting_by_key(connection)
            rows = open_jobs.next_up(connection, _AHEAD, before_us) + open_jobs.processing(connection, before_us)
        self._waiting = waiting
        known = self._engine.known([row.id for row in rows]) if rows else {}
        self._engine.enqueue_predictions((row.id, row.seq, row.key_id) for row in rows if row.id not in known)
        for row in rows:
            if not known.get(row.id, True):
                self._fail_lost(row)
        self._mend_webhooks(before_us)

    def _mend_webhooks(self, before_us: int) -> None:
        with self._database.read() as connection:
            due = webhooks.due(connection, before_us)
        for prediction_id, round_, number in due:
            attempt = delivery_id(prediction_id, round_, number)
            earlier = delivery_id(prediction_id, round_, number - 1)
            known = self._engine.known([attempt, earlier])
            if attempt not in known and not known.get(earlier, False):
                self._engine.enqueue_delivery(prediction_id, round_, number)
            elif not known.get(attempt, True):
                with self._database.write() as connection:
                    again = webhooks.redeliver(connection, prediction_id)
                assert again is not None
                self._engine.enqueue_delivery(prediction_id, again)

    def _fail_lost(self, row: Prediction) -> None:
        ending = Ending("failed", conclusion.INTERNAL, "The job could not be finished; the operator's log says more.")
        with self._database.write() as connection:
            conclusion.fail(connection, row.id, ending)
        self.ended(row.id, waited=False)

    def end_overdue(self) -> None:
        """End jobs whose Cancel-After has passed; a worker that runs one stops at its next step."""
        with self._database.read() as connection:
            rows = open_jobs.overdue(connection)
        for row in rows:
            ending = conclusion.cancelled("It had not ended within the time of Cancel-After.")
            with self._database.write() as connection:
                done = conclusion.fail(connection, row.id, ending)
            if done:
                self.ended(row.id, waited=row.attempts == 0)

    def _take_over(self) -> None:
        stale = self._watch.stale()
        if not stale or self._executor_id in stale:  # beats cannot be written: nobody is known to be dead
            return
        taken = self._engine.take_over(stale)
        self._watch.bury(stale)
        self.takeovers += len(taken)
        _log.warning("no sign of life from %s: %d jobs go to others", ", ".join(stale), len(taken))

    def _clear_away(self) -> None:
        try:
            self._retention.sweep(self._engine.forget)
        except Exception:
            _log.exception("clearing away failed; it comes again")
