"""Migrations make the schema that the tables describe, and old data survives them."""

import sqlite3

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from motioncast.errors import ProcessingError
from motioncast.service.database import Database, copy_sqlite
from motioncast.service.tables import accounts, metadata


def test_the_migrations_make_what_the_tables_describe(tmp_path):
    database = Database(tmp_path / "app.sqlite")
    database.migrate()
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()


def test_a_second_migration_keeps_the_data(tmp_path):
    database = Database(tmp_path / "app.sqlite")
    database.migrate()
    with database.write() as connection:
        connection.execute(accounts.insert(), {"id": "a", "name": "n", "balance_micro": 5, "created_at": 1})
    database.migrate()
    with database.read() as connection:
        assert connection.execute(sa.select(accounts.c.balance_micro)).scalar_one() == 5
    database.close()


def test_a_failed_transaction_leaves_nothing(tmp_path):
    database = Database(tmp_path / "app.sqlite")
    database.migrate()
    row = {"id": "a", "name": "n", "balance_micro": 5, "created_at": 1}
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.execute(accounts.insert(), [row, row | {"id": "b"}])  # the second has the name of the first
    with database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(accounts)).scalar_one() == 0
    database.close()


def test_a_file_that_is_no_database_is_named(tmp_path):
    path = tmp_path / "app.sqlite"
    path.write_bytes(b"not a database" * 1000)
    database = Database(path)
    with pytest.raises(ProcessingError, match=r"app\.sqlite cannot be used"):
        database.migrate()
    database.close()


def test_a_copy_is_consistent_while_others_write(tmp_path):
    database = Database(tmp_path / "app.sqlite")
    database.migrate()
    with database.write() as connection:
        connection.execute(accounts.insert(), {"id": "a", "name": "n", "balance_micro": 5, "created_at": 1})
        copy_sqlite(tmp_path / "app.sqlite", tmp_path / "copy.sqlite")  # does not see what is not committed
    with sqlite3.connect(tmp_path / "copy.sqlite") as copy:
        assert copy.execute("SELECT count(*) FROM accounts").fetchone() == (0,)
    copy.close()
    database.close()
