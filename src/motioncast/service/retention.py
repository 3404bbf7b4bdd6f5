"""Clearing away what is older than the operator keeps: predictions with their files, uploads, idempotency keys."""

import logging
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from motioncast.service import uploads
from motioncast.service.database import Database, now_us
from motioncast.service.jobs import delivery_id
from motioncast.service.predictions import ENDED
from motioncast.service.storage import Storage
from motioncast.service.storage_keys import inputs_prefix, output_key, upload_key, work_prefix
from motioncast.service.submitting import IDEMPOTENCY_US
from motioncast.service.tables import deliveries, idempotency_keys, predictions, webhooks

_BATCH = 500
_log = logging.getLogger(__name__)


class Retention:
    """The ledger is never cleared: it is the record of the money."""

    def __init__(self, database: Database, storage: Storage, keep_us: int) -> None:
        self._database, self._storage, self._keep_us = database, storage, keep_us

    def sweep(self, forget: Callable[[Sequence[str]], None]) -> int:
        """Remove what is due; `forget` removes workflows from the job engine. Returns the number of predictions."""
        removed = 0
        while ids := self._due():
            self._remove(ids, forget)
            removed += len(ids)
        self._remove_uploads()
        with self._database.write() as connection:
            connection.execute(
                idempotency_keys.delete().where(idempotency_keys.c.created_at < now_us() - IDEMPOTENCY_US)
            )
        if removed:
            _log.info("cleared away %d predictions", removed)
        return removed

    def _due(self) -> list[str]:
        """Ended predictions that are old, or that their owner has deleted."""
        old = sa.or_(predictions.c.finished_at < now_us() - self._keep_us, predictions.c.deleted_at.is_not(None))
        query = sa.select(predictions.c.id).where(predictions.c.status.in_(ENDED), old).limit(_BATCH)
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def _remove(self, ids: list[str], forget: Callable[[Sequence[str]], None]) -> None:
        for prediction_id in ids:
            self._storage.delete(output_key(prediction_id))
            self._storage.delete_all(work_prefix(prediction_id))
            self._storage.delete_all(inputs_prefix(prediction_id))
        with self._database.write() as connection:
            rounds = connection.execute(
                sa.select(webhooks.c.prediction_id, webhooks.c.round).where(webhooks.c.prediction_id.in_(ids))
            ).all()
            for table, column in (
                (deliveries, deliveries.c.prediction_id),
                (webhooks, webhooks.c.prediction_id),
                (predictions, predictions.c.id),
            ):
                connection.execute(table.delete().where(column.in_(ids)))
        forget([*ids, *(delivery_id(row.prediction_id, n) for row in rounds for n in range(1, row.round + 1))])

    def _remove_uploads(self) -> None:
        with self._database.read() as connection:
            due = uploads.expired(connection, now_us() - self._keep_us)
        for row in due:
            self._storage.delete(upload_key(row.id, row.extension))
            with self._database.write() as connection:
                uploads.remove(connection, row.id)
