"""The service's own database: one SQLite file in WAL mode, short transactions, schema by Alembic."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from motioncast.errors import ProcessingError

_BUSY_S = 30  #: longer than a stopped worker lives (`stale_s`), which may hold the write lock
_MIGRATIONS = Path(__file__).with_name("migrations")


class Database:
    """Connections for reading and for writing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = sa.create_engine(
            f"sqlite:///{path}",
            pool_size=20,
            max_overflow=40,
            connect_args={"timeout": _BUSY_S, "check_same_thread": False},
        )
        sa.event.listen(self._engine, "connect", _configure)
        sa.event.listen(self._engine, "begin", _begin)
        self._writer = self._engine.execution_options(immediate=True)
        # SQLite has one writer at a time: waiting here is cheaper than polling for its lock
        self._turn = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed at the end, rolled back by an exception."""
        with self._turn, self._writer.begin() as connection:
            yield connection

    def migrate(self) -> None:
        """Create the schema or bring it up to date. Raises `ProcessingError` where the file cannot be used."""
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        try:
            with self._turn, self._writer.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except (sa.exc.DatabaseError, OSError) as error:
            raise ProcessingError(f"The database {self.path} cannot be used: {reason(error)}.") from error

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's online backup of a database file."""
    import sqlite3

    with sqlite3.connect(source, timeout=_BUSY_S) as live, sqlite3.connect(target) as copy:
        live.backup(copy)
    live.close()
    copy.close()


def is_full(error: BaseException) -> bool:
    """Whether a database error says that the disk is full (SQLite says so in two ways)."""
    text = str(getattr(error, "orig", error)).lower()
    return "is full" in text or "disk i/o error" in text


def reason(error: Exception) -> str:
    """The driver's own words."""
    return str(getattr(error, "orig", error)).rstrip(".")


def now_us() -> int:
    """Microseconds since 1970 (UTC)."""
    return time.time_ns() // 1000


def _configure(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("immediate"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:  # touches no file, so it cannot fail: no need for SQLAlchemy around it, which costs ten times as much
        connection.connection.driver_connection.execute("BEGIN")  # type: ignore[union-attr]
