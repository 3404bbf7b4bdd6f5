"""Places in the queue, from a look at it that is at most half a second old."""

import bisect
import time

from motioncast.service import open_jobs
from motioncast.service.database import Database

_AGE_S = 0.5


class QueueView:
    """Answers for any number of callers with one query."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen_at = float("-inf")
        self._waiting: list[int] = []

    def position(self, seq: int) -> int:
        """1 for the job that is next; jobs of other keys may still overtake."""
        if time.monotonic() - self._seen_at > _AGE_S:
            self._seen_at = time.monotonic()
            with self._database.read() as connection:
                self._waiting = open_jobs.queued(connection)
        return bisect.bisect_left(self._waiting, seq) + 1
