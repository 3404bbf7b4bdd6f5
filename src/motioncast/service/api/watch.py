"""Waiting for predictions to change: one query for everybody who waits, no thread for anybody."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool

from motioncast.service import open_jobs
from motioncast.service.database import Database
from motioncast.service.predictions import Prediction

_LOOK_S = 0.2
_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Subscription:
    """One who waits for changes of one prediction."""

    state: tuple[Any, ...] | None  #: as last seen; None once it is gone
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def show(self, state: tuple[Any, ...] | None) -> None:
        """A newer state."""
        self.state = state
        self._changed.set()

    async def change(self, seconds: float) -> bool:
        """Wait for a newer state; False if none came within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True


class Watcher:
    """Looks at the watched predictions every 0.2 s while there are any."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._subscriptions: dict[str, set[Subscription]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def watch(self, row: Prediction) -> AsyncIterator[Subscription]:
        """Follow a prediction from a state that is known."""
        subscription = Subscription(open_jobs.state(row))
        self._subscriptions[row.id].add(subscription)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        try:
            yield subscription
        finally:
            self._subscriptions[row.id].discard(subscription)
            if not self._subscriptions[row.id]:
                del self._subscriptions[row.id]

    async def _look(self) -> None:
        while self._subscriptions:
            await asyncio.sleep(_LOOK_S)
            asked = list(self._subscriptions)  # those who come while the query runs are not in its answer
            try:
                found = await run_in_threadpool(self._read, asked)
            except Exception:
                _log.exception("watched predictions could not be read; trying again")
                continue
            for prediction_id in asked:
                for subscription in tuple(self._subscriptions.get(prediction_id, ())):
                    if subscription.state != found.get(prediction_id):
                        subscription.show(found.get(prediction_id))

    def _read(self, ids: list[str]) -> dict[str, tuple[Any, ...]]:
        with self._database.read() as connection:
            return open_jobs.states(connection, ids)
