"""Predictions: the rows that callers poll, from submission to one of four ends."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from motioncast.service.accounts import Caller
from motioncast.service.database import now_us
from motioncast.service.ids import new_id
from motioncast.service.ledger import Payer
from motioncast.service.submission import Submission
from motioncast.service.tables import predictions

MODEL = "wavespeed-ai/wan-2.2/animate"
OPEN = ("created", "processing")
ENDED = ("completed", "failed", "cancelled", "timeout")
ATTACH_US = 600_000_000  #: a re-post is attached to the job of a caller who hung up no longer ago than this

#: A row of `tables.predictions`.
Prediction: TypeAlias = sa.Row[Any]

_INSERT = predictions.insert().returning(predictions)
_BY_ID = sa.select(predictions).where(
    predictions.c.id == sa.bindparam("prediction_id"), predictions.c.deleted_at.is_(None)
)
# built once: building it costs several times what running it does, and every submit runs it twice
_ABANDONED = (
    sa.select(predictions)
    .where(
        predictions.c.key_id == sa.bindparam("key"),
        predictions.c.fingerprint == sa.bindparam("request"),
        predictions.c.created_at > sa.bindparam("since"),
        predictions.c.deleted_at.is_(None),
        predictions.c.caller == "gone",
        predictions.c.status.in_((*OPEN, "completed", "failed")),
    )
    .order_by(predictions.c.seq.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class NewPrediction:
    """Everything that decides a job, as accepted."""

    caller: Caller
    submission: Submission
    sources: dict[str, Any]
    echo: dict[str, Any]  #: the parameters as shown to the caller
    fingerprint: str  #: SHA-256 of the request
    base_url: str
    engine: str
    cost_micro: int
    warnings: list[str]


def insert(connection: Connection, new: NewPrediction) -> Prediction:
    """Add the row of an accepted job."""
    wanted, created = new.submission, now_us()
    deadline = None if wanted.cancel_after_s is None else created + round(wanted.cancel_after_s * 1e6)
    values = {
        "id": new_id(),
        "account_id": new.caller.account_id,
        "key_id": new.caller.key_id,
        "model": MODEL,
        "status": "created",
        "input": new.echo,
        "sources": new.sources,
        "seed": wanted.seed if wanted.seed >= 0 else secrets.randbelow(2**31),
        "engine": new.engine,
        "base_url": new.base_url,
        "webhook_url": wanted.webhook_url,
        "base64_output": wanted.base64_output,
        "fingerprint": new.fingerprint,
        "caller": "waiting" if wanted.sync_mode else "answered",
        "created_at": created,
        "deadline_at": deadline,
        "max_cost_micro": wanted.max_cost_micro,
        "cost_micro": new.cost_micro,
        "cancel_requested": False,
        "attempts": 0,
        "stage": "queued",
        "progress": 0.0,
        "preview": 0,
        "warnings": new.warnings,
        "code": 0,
        "error": "",
        "nsfw": False,
        "timings": {},
    }
    return connection.execute(_INSERT, values).one()


def find(connection: Connection, prediction_id: str) -> Prediction | None:
    """The row with this id, unless it was deleted."""
    return connection.execute(_BY_ID, {"prediction_id": prediction_id}).one_or_none()


def find_own(connection: Connection, account_id: str, prediction_id: str) -> Prediction | None:
    """The row with this id, if it is the account's."""
    row = find(connection, prediction_id)
    return row if row is not None and row.account_id == account_id else None


def find_even_deleted(connection: Connection, prediction_id: str) -> Prediction | None:
    """The row with this id; jobs end in an orderly way even after their owner removed them."""
    return connection.execute(sa.select(predictions).where(predictions.c.id == prediction_id)).one_or_none()


def find_abandoned(connection: Connection, key_id: str, fingerprint: str) -> Prediction | None:
    """The job of the same request by the same key whose caller hung up before an answer reached him."""
    values = {"key": key_id, "request": fingerprint, "since": now_us() - ATTACH_US}
    return connection.execute(_ABANDONED, values).one_or_none()


def set_caller(connection: Connection, prediction_id: str, state: str) -> None:
    """Note whether the submitter was answered, waits, or has gone."""
    connection.execute(predictions.update().where(predictions.c.id == prediction_id).values(caller=state))


def forget_waiting(connection: Connection) -> None:
    """After a restart nobody waits any more: whoever did has been cut off."""
    connection.execute(predictions.update().where(predictions.c.caller == "waiting").values(caller="gone"))


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Which predictions of an account a caller wants to see."""

    account_id: str
    page: int = 1
    page_size: int = 100
    model: str | None = None
    status: str | None = None
    created_after_us: int | None = None
    created_before_us: int | None = None


def search(connection: Connection, wanted: ListFilter) -> tuple[int, list[Prediction]]:
    """(total, rows of one page), newest first."""
    conditions = [predictions.c.account_id == wanted.account_id, predictions.c.deleted_at.is_(None)]
    optional = (
        (wanted.model, predictions.c.model == wanted.model),
        (wanted.status, predictions.c.status == wanted.status),
        (wanted.created_after_us, predictions.c.created_at >= (wanted.created_after_us or 0)),
        (wanted.created_before_us, predictions.c.created_at <= (wanted.created_before_us or 0)),
    )
    conditions += [condition for value, condition in optional if value is not None]
    total = connection.execute(sa.select(sa.func.count()).select_from(predictions).where(*conditions)).scalar_one()
    query = sa.select(predictions).where(*conditions).order_by(predictions.c.seq.desc())
    page = query.offset((wanted.page - 1) * wanted.page_size).limit(wanted.page_size)
    return int(total), list(connection.execute(page))


def request_cancel(connection: Connection, prediction_id: str) -> None:
    """Ask the worker that runs the job to stop."""
    connection.execute(predictions.update().where(predictions.c.id == prediction_id).values(cancel_requested=True))


def mark_deleted(connection: Connection, account_id: str, ids: Collection[str]) -> list[Prediction]:
    """Remove predictions from their owner's sight; returns the rows that were there. Running ones are to stop."""
    query = sa.select(predictions).where(
        predictions.c.account_id == account_id, predictions.c.id.in_(ids), predictions.c.deleted_at.is_(None)
    )
    rows = list(connection.execute(query))
    connection.execute(
        predictions.update()
        .where(predictions.c.id.in_([row.id for row in rows]))
        .values(deleted_at=now_us(), cancel_requested=True)
    )
    return rows


def begin_attempt(connection: Connection, prediction_id: str) -> None:
    """A worker takes the job on."""
    connection.execute(
        predictions.update()
        .where(predictions.c.id == prediction_id, predictions.c.status.in_(OPEN))
        .values(
            status="processing",
            attempts=predictions.c.attempts + 1,
            started_at=sa.func.coalesce(predictions.c.started_at, now_us()),
        )
    )


def hand_back(connection: Connection, prediction_id: str) -> None:
    """The worker stops in an orderly way: this attempt does not count."""
    connection.execute(
        predictions.update()
        .where(predictions.c.id == prediction_id)
        .values(attempts=sa.func.max(predictions.c.attempts - 1, 0))
    )


def update_open(connection: Connection, prediction_id: str, values: dict[str, Any]) -> bool:
    """Change a job that has not ended; False if it has."""
    done = connection.execute(
        predictions.update().where(predictions.c.id == prediction_id, predictions.c.status.in_(OPEN)).values(values)
    )
    return bool(done.rowcount)


def payer(row: Prediction) -> Payer:
    """Whose money pays for this job."""
    return Payer(row.account_id, row.key_id, row.id, row.model)
