"""Looking at the jobs that have not ended: who waits, who runs, who is late, what changes."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from motioncast.service.database import now_us
from motioncast.service.predictions import OPEN, Prediction
from motioncast.service.tables import predictions

_CHANGING = (
    predictions.c.id,
    predictions.c.status,
    predictions.c.stage,
    predictions.c.progress,
    predictions.c.eta_s,
    predictions.c.preview,
)


def queued(connection: Connection) -> list[int]:
    """`seq` of the jobs that wait, in order."""
    query = sa.select(predictions.c.seq).where(predictions.c.status == "created").order_by(predictions.c.seq)
    return list(connection.execute(query).scalars())


def waiting_by_key(connection: Connection) -> dict[str, int]:
    """How many jobs of each key wait."""
    query = sa.select(predictions.c.key_id, sa.func.count()).where(predictions.c.status == "created")
    return {row[0]: row[1] for row in connection.execute(query.group_by(predictions.c.key_id))}


def next_up(connection: Connection, of_each_key: int, before_us: int) -> list[Prediction]:
    """The jobs that wait and are next of their key, submitted before a time; id, seq and key_id of each, in order."""
    place = sa.func.row_number().over(partition_by=predictions.c.key_id, order_by=predictions.c.seq)
    ranked = (
        sa.select(predictions.c.id, predictions.c.seq, predictions.c.key_id, place.label("place"))
        .where(predictions.c.status == "created", predictions.c.created_at < before_us)
        .subquery()
    )
    return list(connection.execute(sa.select(ranked).where(ranked.c.place <= of_each_key).order_by(ranked.c.seq)))


def processing(connection: Connection, before_us: int) -> list[Prediction]:
    """The jobs that a worker has begun, submitted before a time."""
    query = sa.select(predictions.c.id, predictions.c.seq, predictions.c.key_id)
    return list(
        connection.execute(query.where(predictions.c.status == "processing", predictions.c.created_at < before_us))
    )


def overdue(connection: Connection) -> list[Prediction]:
    """Jobs that have not ended although their deadline has passed."""
    query = sa.select(predictions).where(predictions.c.status.in_(OPEN), predictions.c.deadline_at < now_us())
    return list(connection.execute(query))


def states(connection: Connection, ids: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    """What changes while a job runs, by id; nothing for predictions that are not there or were deleted."""
    query = sa.select(*_CHANGING).where(predictions.c.id.in_(list(ids)), predictions.c.deleted_at.is_(None))
    return {row.id: tuple(row) for row in connection.execute(query)}


def state(row: Prediction) -> tuple[Any, ...]:
    """The same of one row."""
    return tuple(getattr(row, column.name) for column in _CHANGING)
