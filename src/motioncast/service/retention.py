"""Clearing away what is older than the operator keeps: predictions with their files, uploads, idempotency keys."""

import logging
import time
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from motioncast.service import uploads
from motioncast.service.database import Database, now_us
from motioncast.service.jobs import delivery_id
from motioncast.service.predictions import ENDED
from motioncast.service.storage import Storage
from motioncast.service.storage_keys import inputs_prefix, output_key, poster_key, upload_key, work_prefix
from motioncast.service.submitting import IDEMPOTENCY_US
from motioncast.service.tables import deliveries, idempotency_keys, predictions, webhooks

_BATCH = 500
_SETTLED_US = 600_000_000  #: after a deletion the worker has long noticed
_REPORTED_US = 32 * 86_400_000_000  #: usage is reported for 31 days
_CLOCK_SLACK_S = 3600.0
_log = logging.getLogger(__name__)


class Retention:
    """The ledger is never cleared: it is the record of the money."""

    def __init__(self, database: Database, storage: Storage, keep_us: int) -> None:
        self._database, self._storage, self._keep_us = database, storage, keep_us
        self._clock = time.time() - time.monotonic()

    def sweep(self, forget: Callable[[Sequence[str]], None]) -> int:
        """Remove what is due; `forget` removes workflows from the job engine. Returns how many predictions it cleared.

        Does nothing while the clock stands elsewhere than when the server started: a clock that jumped must not cost
        anybody a video.
        """
        if abs(time.time() - time.monotonic() - self._clock) > _CLOCK_SLACK_S:
            _log.error("the clock of this machine has jumped: nothing is cleared away until the server starts again")
            return 0
        cleared = 0
        while ids := self._due():
            self._clear(ids)
            cleared += len(ids)
        while ids := self._forgotten():
            self._remove(ids, forget)
        self._remove_uploads()
        with self._database.write() as connection:
            connection.execute(
                idempotency_keys.delete().where(idempotency_keys.c.created_at < now_us() - IDEMPOTENCY_US)
            )
        if cleared:
            _log.info("cleared away the files of %d predictions", cleared)
        return cleared

    def _due(self) -> list[str]:
        """Ended predictions that are old, or that their owner has deleted, whose files are still here."""
        now = now_us()
        old = sa.or_(predictions.c.finished_at < now - self._keep_us, predictions.c.deleted_at < now - _SETTLED_US)
        ended = predictions.c.status.in_(ENDED) & predictions.c.cleared_at.is_(None)
        with self._database.read() as connection:
            return list(connection.execute(sa.select(predictions.c.id).where(ended, old).limit(_BATCH)).scalars())

    def _clear(self, ids: list[str]) -> None:
        for prediction_id in ids:
            self._storage.delete(output_key(prediction_id), poster_key(prediction_id))
            self._storage.delete_all(work_prefix(prediction_id))
            self._storage.delete_all(inputs_prefix(prediction_id))
        now = now_us()
        with self._database.write() as connection:
            connection.execute(
                predictions.update()
                .where(predictions.c.id.in_(ids))
                .values(cleared_at=now, deleted_at=sa.func.coalesce(predictions.c.deleted_at, now))
            )
            connection.execute(idempotency_keys.delete().where(idempotency_keys.c.prediction_id.in_(ids)))

    def _forgotten(self) -> list[str]:
        """Cleared predictions that no usage report asks for any more."""
        before = now_us() - max(self._keep_us, _REPORTED_US)
        query = sa.select(predictions.c.id).where(
            predictions.c.cleared_at.is_not(None), predictions.c.created_at < before
        )
        with self._database.read() as connection:
            return list(connection.execute(query.limit(_BATCH)).scalars())

    def _remove(self, ids: list[str], forget: Callable[[Sequence[str]], None]) -> None:
        with self._database.read() as connection:
            attempts = connection.execute(
                sa.select(deliveries.c.prediction_id, deliveries.c.round, deliveries.c.attempt).where(
                    deliveries.c.prediction_id.in_(ids)
                )
            ).all()
        forget([*ids, *(delivery_id(*attempt) for attempt in attempts)])
        with self._database.write() as connection:
            for column in (deliveries.c.prediction_id, webhooks.c.prediction_id, predictions.c.id):
                connection.execute(column.table.delete().where(column.in_(ids)))

    def _remove_uploads(self) -> None:
        with self._database.read() as connection:
            due = uploads.expired(connection, now_us() - self._keep_us)
        for row in due:
            self._storage.delete(upload_key(row.id, row.extension))
            with self._database.write() as connection:
                uploads.remove(connection, row.id)
