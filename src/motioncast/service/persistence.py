"""Writing what must not be lost."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from motioncast.service.database import Database, is_full

_RETRY_S = 2.0
_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


def persist(database: Database, change: Callable[[Connection], _Result], while_waiting: Callable[[], None]) -> _Result:
    """Run `change` in a transaction; on a full disk, try until there is room."""
    while True:
        try:
            with database.write() as connection:
                return change(connection)
        except OperationalError as error:
            if not is_full(error):
                raise
            _log.error("the disk of the data directory is full: make room; trying again")
            while_waiting()
            time.sleep(_RETRY_S)
