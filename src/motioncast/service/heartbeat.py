"""Who is alive: every executor counts up a number in the database, and others watch it stand still.

Compared are changes of the number against the watcher's own clock that only runs forward, so no clock of any machine
can make a live executor look dead.
"""

import logging
import threading
import time
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from motioncast.service.database import Database
from motioncast.service.tables import executors

BEAT_S, STALE_S = 5.0, 30.0
_log = logging.getLogger(__name__)


class Heart:
    """Beats for one executor on a thread of its own, and looks after its work: `also` is called with every beat."""

    def __init__(self, database: Database, executor_id: str, also: Callable[[], object]) -> None:
        self._database, self._id, self._also = database, executor_id, also
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def enlist(self) -> None:
        """Be on the list, before any work is taken: whoever dies without having been on it is missed by nobody."""
        self._beat()

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Stop. The executor stays on the list: it goes on with its work when it comes back, or is buried."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                self._beat()
                self._also()
            except Exception:  # a full disk must not stop the heart
                _log.exception("the heartbeat of %s could not be written", self._id)
            if self._stop.wait(BEAT_S):
                return

    def _beat(self) -> None:
        statement = insert(executors).values(id=self._id, beat=1)
        with self._database.write() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["id"], set_={"beat": executors.c.beat + 1})
            )


class Watch:
    """Finds the executors that no longer beat."""

    def __init__(self, database: Database, stale_s: float = STALE_S) -> None:
        self._database, self._stale_s = database, stale_s
        self._seen: dict[str, tuple[int, float]] = {}

    def stale(self) -> list[str]:
        """Executors whose number has not changed for `stale_s` seconds of watching."""
        with self._database.read() as connection:
            beats = {row.id: row.beat for row in connection.execute(sa.select(executors.c.id, executors.c.beat))}
        now = time.monotonic()
        self._seen = {
            name: self._seen[name] if name in self._seen and self._seen[name][0] == beat else (beat, now)
            for name, beat in beats.items()
        }
        return [name for name, (_, since) in self._seen.items() if now - since > self._stale_s]

    def bury(self, names: list[str]) -> None:
        """Take executors off the list, their work being in other hands."""
        with self._database.write() as connection:
            connection.execute(executors.delete().where(executors.c.id.in_(names)))
