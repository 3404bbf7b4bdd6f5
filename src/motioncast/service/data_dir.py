"""The folder that holds everything the service keeps."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from motioncast.errors import InputError, ProcessingError
from motioncast.service.database import Database
from motioncast.service.settings import ServiceSettings


def open_data(settings: ServiceSettings) -> Database:
    """The database in the data directory, both made on first use. Raises `ProcessingError`."""
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _check_writable(folder)
    except OSError as error:
        reason = error.strerror or error
        message = f"The data directory {folder} cannot be used ({reason}): free or change it, or choose another"
        raise ProcessingError(f"{message} with --data-dir.") from error
    database = Database(settings.database_path)
    database.migrate()
    return database


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two servers on one folder would take each other's jobs. The system drops the lock when the process ends."""
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"Another server runs on the data directory {folder}: stop it, or choose another with --data-dir."
            raise InputError(message) from None
        yield


def _check_writable(folder: Path) -> None:
    probe = folder / ".writable"
    probe.write_bytes(b"x" * 4096)
    probe.unlink()
