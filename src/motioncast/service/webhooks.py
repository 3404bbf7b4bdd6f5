"""Webhooks: one body for each ended prediction, signed anew for every attempt, with a log that its owner can read.

Signature: HMAC-SHA256 over `id.timestamp.body`, keyed with the secret's ASCII bytes after `whsec_` (the hosted
service's page "Verify webhooks"; its secret is not base64-decoded).
"""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

import httpx2
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from motioncast.media.guard import ForbiddenHost, HostPolicy, guarded_client
from motioncast.service.accounts import webhook_secret
from motioncast.service.database import Database, now_us
from motioncast.service.links import link_secret
from motioncast.service.prediction_view import view
from motioncast.service.predictions import Prediction
from motioncast.service.tables import deliveries, webhooks

ATTEMPT_S = 10.0
_GIVE_UP_AFTER = 3  #: attempts, where the receiver says that the request itself is wrong
_PASSING = {408, 425, 429}
_PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one delivery."""

    status: int | None  #: None where no answer came
    error: str
    duration_ms: int

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def file(connection: Connection, row: Prediction) -> None:
    """Write down that the webhook of an ended prediction is due, with its body."""
    body = view(row, secret=link_secret(connection)) | {"input": row.input}
    connection.execute(
        webhooks.insert(),
        {
            "prediction_id": row.id,
            "key_id": row.key_id,
            "url": row.webhook_url,
            "body": json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode(),
            "state": "pending",
            "round": 1,
            "created_at": now_us(),
        },
    )


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    signed = b".".join((webhook_id.encode(), str(timestamp).encode(), body))
    return "v3," + hmac.new(secret.removeprefix(_PREFIX).encode("ascii"), signed, hashlib.sha256).hexdigest()


def due(connection: Connection, before_us: int) -> list[tuple[str, int, int]]:
    """(prediction, round, next attempt) of the webhooks filed before a time, neither delivered nor given up."""
    made = (
        sa.select(sa.func.count())
        .where(deliveries.c.prediction_id == webhooks.c.prediction_id, deliveries.c.round == webhooks.c.round)
        .scalar_subquery()
    )
    query = sa.select(webhooks.c.prediction_id, webhooks.c.round, made + 1).where(
        webhooks.c.state == "pending", webhooks.c.created_at < before_us
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def attempt(database: Database, policy: HostPolicy, prediction_id: str) -> Attempt:
    """Deliver once."""
    with database.read() as connection:
        row = connection.execute(sa.select(webhooks).where(webhooks.c.prediction_id == prediction_id)).one()
        secret = webhook_secret(connection, row.key_id)
    began = time.monotonic()
    status, error = _post(policy, row, secret)
    return Attempt(status, error, round((time.monotonic() - began) * 1000))


def note(connection: Connection, prediction_id: str, round_: int, number: int, result: Attempt) -> None:
    """Log an attempt."""
    values = {"prediction_id": prediction_id, "round": round_, "attempt": number, "at": now_us()}
    values |= {"status": result.status, "error": result.error, "duration_ms": result.duration_ms}
    connection.execute(deliveries.insert(), values)


def _post(policy: HostPolicy, row: sa.Row[Any], secret: str) -> tuple[int | None, str]:
    timestamp = int(time.time())
    headers = {
        "content-type": "application/json",
        "webhook-id": row.prediction_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, row.prediction_id, timestamp, row.body),
        "user-agent": "motioncast",
    }
    try:
        with (
            guarded_client(
                policy, timeout=httpx2.Timeout(ATTEMPT_S), max_redirects=0, follow_redirects=False
            ) as client,
            client.stream("POST", row.url, content=row.body, headers=headers) as answer,
        ):
            return answer.status_code, "" if answer.is_success else f"answered {answer.status_code}"
    except ForbiddenHost as error:
        return None, str(error)
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, OSError, ValueError) as error:
        return None, f"no answer: {type(error).__name__}"


def is_final(result: Attempt, number: int) -> bool:
    """Whether a failed delivery is not worth another attempt: 410, or a third refusal of the request itself."""
    if result.delivered or result.status == 410:
        return True
    refused = result.status is not None and 400 <= result.status < 500 and result.status not in _PASSING
    return refused and number >= _GIVE_UP_AFTER


def conclude(connection: Connection, prediction_id: str, round_: int, *, delivered: bool) -> None:
    """Write down that a round of attempts has ended."""
    connection.execute(
        webhooks.update()
        .where(webhooks.c.prediction_id == prediction_id, webhooks.c.round == round_)
        .values(state="delivered" if delivered else "failed")
    )


def redeliver(connection: Connection, prediction_id: str) -> int | None:
    """Begin another round of attempts; its number, or None where there is no webhook."""
    row = connection.execute(sa.select(webhooks.c.round).where(webhooks.c.prediction_id == prediction_id)).one_or_none()
    if row is None:
        return None
    connection.execute(
        webhooks.update().where(webhooks.c.prediction_id == prediction_id).values(state="pending", round=row.round + 1)
    )
    return int(row.round) + 1


def log(connection: Connection, prediction_id: str) -> tuple[sa.Row[Any] | None, list[sa.Row[Any]]]:
    """The webhook of a prediction, and its attempts in order."""
    row = connection.execute(sa.select(webhooks).where(webhooks.c.prediction_id == prediction_id)).one_or_none()
    attempts = sa.select(deliveries).where(deliveries.c.prediction_id == prediction_id).order_by(deliveries.c.id)
    return row, list(connection.execute(attempts))
