"""Money: an append-only ledger in micro-dollars, at most one entry of a kind for a prediction.

A hold lowers the balance when a job is accepted, a raise lowers it further to the exact price. A settlement turns what
is held into a charge, a release gives it back, a refund gives a charge back. The balance of an account is the sum of
its entries; `accounts.balance_micro` carries it along in the same transaction.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from motioncast.service.database import now_us
from motioncast.service.ids import new_id
from motioncast.service.tables import accounts, api_keys, ledger, predictions

BILLING_KINDS = {"deduct": "settle", "refund": "refund"}
# built once: building a statement costs more than running it, and a submit waits for these
_BALANCE = sa.select(accounts.c.balance_micro).where(accounts.c.id == sa.bindparam("account"))
_ANYTHING = -(2**62)
_ENTRY = ledger.insert()
_MOVE = (
    accounts.update()
    .where(accounts.c.id == sa.bindparam("account"), accounts.c.balance_micro >= sa.bindparam("least"))
    .values(balance_micro=accounts.c.balance_micro + sa.bindparam("amount"))
)


class InsufficientBalance(Exception):
    """The account cannot hold this much."""


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose money moves, and for which job."""

    account_id: str
    key_id: str
    prediction_id: str
    model: str


def credit(connection: Connection, account_id: str, amount_micro: int) -> None:
    """Money that comes in from outside."""
    _enter(connection, "credit", amount_micro, {"account_id": account_id})


def hold(connection: Connection, payer: Payer, amount_micro: int) -> None:
    """Set money aside for a job. Raises `InsufficientBalance`."""
    _take(connection, payer, "hold", amount_micro)


def raise_hold(connection: Connection, payer: Payer, more_micro: int) -> None:
    """Set more money aside, once, for a job that has not ended. Raises `InsufficientBalance`."""
    if more_micro > 0 and not _exists(connection, payer, "raise", "settle", "release"):
        _take(connection, payer, "raise", more_micro)


def settle(connection: Connection, payer: Payer) -> None:
    """What is held becomes a charge, once."""
    held = held_micro(connection, payer.prediction_id)
    if held and not _ended(connection, payer):
        _enter(connection, "settle", 0, _columns(payer), held)


def release(connection: Connection, payer: Payer) -> None:
    """What is held goes back to the account, once."""
    held = held_micro(connection, payer.prediction_id)
    if held and not _ended(connection, payer):
        _enter(connection, "release", held, _columns(payer))


def refund(connection: Connection, payer: Payer) -> bool:
    """Give the charge of a completed job back, once; False where there is none to give back."""
    charged = connection.execute(
        sa.select(ledger.c.price_micro).where(ledger.c.prediction_id == payer.prediction_id, ledger.c.kind == "settle")
    ).scalar()
    if not charged or _exists(connection, payer, "refund"):
        return False
    _enter(connection, "refund", charged, _columns(payer), charged)
    return True


def balance_micro(connection: Connection, account_id: str) -> int:
    """What an account can spend."""
    return int(connection.execute(_BALANCE, {"account": account_id}).scalar_one())


def held_micro(connection: Connection, prediction_id: str) -> int:
    """What is or was held for a job."""
    query = sa.select(sa.func.sum(ledger.c.amount_micro)).where(
        ledger.c.prediction_id == prediction_id, ledger.c.kind.in_(("hold", "raise"))
    )
    return -int(connection.execute(query).scalar() or 0)


def drift_micro(connection: Connection) -> int:
    """Balances less entries, over all accounts: 0 unless something is wrong."""
    carried = connection.execute(sa.select(sa.func.sum(accounts.c.balance_micro))).scalar() or 0
    entered = connection.execute(sa.select(sa.func.sum(ledger.c.amount_micro))).scalar() or 0
    return int(carried) - int(entered)


@dataclass(frozen=True, slots=True)
class BillingFilter:
    """What a caller wants to see of an account's charges and refunds."""

    account_id: str
    page: int
    page_size: int
    billing_type: str | None = None
    prediction_ids: tuple[str, ...] | None = None
    start_us: int | None = None
    end_us: int | None = None
    model: str | None = None
    key_id: str | None = None
    ascending: bool = False


def billings(connection: Connection, wanted: BillingFilter) -> tuple[int, list[Any]]:
    """(total, rows of one page): charges and refunds, newest first unless asked otherwise."""
    kinds = [BILLING_KINDS[wanted.billing_type]] if wanted.billing_type else list(BILLING_KINDS.values())
    conditions = [ledger.c.account_id == wanted.account_id, ledger.c.kind.in_(kinds)]
    optional = (
        (wanted.prediction_ids, ledger.c.prediction_id.in_(wanted.prediction_ids or ())),
        (wanted.start_us, ledger.c.created_at >= (wanted.start_us or 0)),
        (wanted.end_us, ledger.c.created_at <= (wanted.end_us or 0)),
        (wanted.model, ledger.c.model == wanted.model),
        (wanted.key_id, ledger.c.key_id == wanted.key_id),
    )
    conditions += [condition for value, condition in optional if value is not None]
    total = connection.execute(sa.select(sa.func.count()).select_from(ledger).where(*conditions)).scalar_one()
    order = ledger.c.id.asc() if wanted.ascending else ledger.c.id.desc()
    rows = connection.execute(
        sa.select(ledger, predictions.c.status, api_keys.c.name.label("key_name"))
        .outerjoin(predictions, predictions.c.id == ledger.c.prediction_id)
        .outerjoin(api_keys, api_keys.c.id == ledger.c.key_id)
        .where(*conditions)
        .order_by(order)
        .offset((wanted.page - 1) * wanted.page_size)
        .limit(wanted.page_size)
    ).all()
    return int(total), list(rows)


def _take(connection: Connection, payer: Payer, kind: str, amount_micro: int) -> None:
    _enter(connection, kind, -amount_micro, _columns(payer), least_micro=amount_micro)


def _enter(
    connection: Connection,
    kind: str,
    amount_micro: int,
    columns: dict[str, str],
    price_micro: int = 0,
    least_micro: int = _ANYTHING,
) -> None:
    """Add an entry and move the balance, which must be `least_micro` before. Raises `InsufficientBalance`."""
    if amount_micro:
        moved = {"account": columns["account_id"], "amount": amount_micro, "least": least_micro}
        if not connection.execute(_MOVE, moved).rowcount:
            raise InsufficientBalance
    values = {"uuid": new_id(), "kind": kind, "amount_micro": amount_micro, "price_micro": price_micro, "model": ""}
    connection.execute(_ENTRY, values | {"created_at": now_us()} | columns)


def _columns(payer: Payer) -> dict[str, str]:
    return {
        "account_id": payer.account_id,
        "key_id": payer.key_id,
        "prediction_id": payer.prediction_id,
        "model": payer.model,
    }


def _exists(connection: Connection, payer: Payer, *kinds: str) -> bool:
    query = sa.select(ledger.c.id).where(ledger.c.prediction_id == payer.prediction_id, ledger.c.kind.in_(kinds))
    return connection.execute(query.limit(1)).first() is not None


def _ended(connection: Connection, payer: Payer) -> bool:
    return _exists(connection, payer, "settle", "release")
