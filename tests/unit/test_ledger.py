"""Money never appears, vanishes or moves twice, whatever is called in whatever order."""

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motioncast.service import ledger
from motioncast.service.accounts import Accounts
from motioncast.service.database import Database
from motioncast.service.ledger import InsufficientBalance, Payer
from motioncast.service.tables import accounts
from motioncast.service.tables import ledger as entries

OPENING = 1_000_000


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    database = Database(tmp_path_factory.mktemp("ledger") / "app.sqlite")
    database.migrate()
    yield database
    database.close()


@pytest.fixture(scope="module")
def opened(database):
    numbers = iter(range(10**6))

    def open_account() -> str:
        name = f"account {next(numbers)}"
        Accounts(database, OPENING / 1e6).create_key("key", name)
        with database.read() as connection:
            return connection.execute(sa.select(accounts.c.id).where(accounts.c.name == name)).scalar_one()

    return open_account


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hold", "raise", "settle", "release", "refund"]),
        st.integers(0, 2),  # which job
        st.integers(1, 700_000),
    ),
    max_size=14,
)


@given(steps=_STEPS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_order_of_calls_keeps_the_books(database, opened, steps):
    account = opened()
    held: set[int] = set()
    for kind, job, amount in steps:
        payer = Payer(account, "key", f"{account[:28]}{job:04d}", "model")
        try:
            with database.write() as connection:
                if kind == "hold" and job not in held:
                    ledger.hold(connection, payer, amount)
                    held.add(job)
                elif kind == "raise":
                    ledger.raise_hold(connection, payer, amount)
                elif kind in ("settle", "release", "refund"):
                    getattr(ledger, kind)(connection, payer)
        except InsufficientBalance:
            pass
    with database.read() as connection:
        balance = ledger.balance_micro(connection, account)
        rows = connection.execute(sa.select(entries).where(entries.c.account_id == account)).all()
        assert ledger.drift_micro(connection) == 0
    assert 0 <= balance <= OPENING
    assert balance == sum(row.amount_micro for row in rows)
    for job in {row.prediction_id for row in rows if row.prediction_id}:
        kinds = [row.kind for row in rows if row.prediction_id == job]
        assert len(kinds) == len(set(kinds))
        assert not {"settle", "release"} <= set(kinds)
        assert "refund" not in kinds or "settle" in kinds


def test_a_hold_that_the_balance_does_not_cover_leaves_no_trace(database, opened):
    account = opened()
    payer = Payer(account, "key", "p" * 32, "model")
    with pytest.raises(InsufficientBalance), database.write() as connection:
        ledger.hold(connection, payer, OPENING + 1)
    with database.read() as connection:
        assert ledger.balance_micro(connection, account) == OPENING
        assert ledger.held_micro(connection, "p" * 32) == 0
