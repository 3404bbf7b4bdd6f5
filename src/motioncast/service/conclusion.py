"""How a prediction ends: status, money and webhook in one transaction, once."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Connection

from motioncast.service import ledger, predictions, webhooks
from motioncast.service.database import now_us

MODERATED, INVALID, UNREACHABLE, EXECUTION, TASK_FAILED, NO_CREDIT = 1200, 1401, 1402, 1403, 1405, 1407
INTERNAL, UNAVAILABLE, TOOK_TOO_LONG = 5000, 5003, 5004


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a job that did not complete."""

    status: str  #: failed, cancelled or timeout
    code: int
    message: str

    @property
    def error(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(frozen=True, slots=True)
class Output:
    """The end of a job that completed."""

    key: str
    sha256: str
    nsfw: bool
    expires_at: int  #: when the link to it stops working, in microseconds since 1970
    timings: dict[str, int] = field(default_factory=dict)


def cancelled(why: str = "Cancelled by its owner.") -> Ending:
    """The owner asked for it, or set a deadline that has passed."""
    return Ending("cancelled", TASK_FAILED, why)


def fail(connection: Connection, prediction_id: str, ending: Ending) -> bool:
    """End a job without a result and release what was held. False if it had ended already."""
    values = {"status": ending.status, "code": ending.code, "error": ending.error, "cost_micro": 0}
    return _end(connection, prediction_id, values, ledger.release)


def complete(connection: Connection, prediction_id: str, output: Output) -> bool:
    """End a job with its result and charge for it. False if it had ended already."""
    values = {
        "status": "completed",
        "output_key": output.key,
        "output_sha256": output.sha256,
        "output_expires_at": output.expires_at,
        "nsfw": output.nsfw,
        "timings": output.timings,
        "stage": "completed",
        "progress": 1.0,
    }
    return _end(connection, prediction_id, values, ledger.settle)


def _end(connection: Connection, prediction_id: str, values: dict[str, Any], money: Any) -> bool:
    ended = values | {"finished_at": now_us(), "eta_s": None}
    if not predictions.update_open(connection, prediction_id, ended):
        return False
    row = predictions.find_even_deleted(connection, prediction_id)
    assert row is not None
    money(connection, predictions.payer(row))
    if row.webhook_url and row.deleted_at is None:
        webhooks.file(connection, row)
    return True
