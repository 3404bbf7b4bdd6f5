"""A copy of the data directory, made while the service runs."""

import shutil
from contextlib import suppress
from pathlib import Path

from motioncast.errors import InputError, ProcessingError
from motioncast.service.database import copy_sqlite
from motioncast.service.settings import ServiceSettings


def back_up(settings: ServiceSettings, target: Path) -> None:
    """Write a folder that `serve` can run from.

    The databases come first: what they know of is in the files copied after them, unless it was deleted meanwhile.
    Raises `InputError` where there is nothing to copy or the target exists, `ProcessingError` where writing fails.
    """
    source = settings.data_dir
    if not settings.database_path.exists():
        raise InputError(f"{source} is not the data directory of a service: there is no {settings.database_path.name}.")
    if target.exists():
        raise InputError(f"{target} exists: give a folder that does not.")
    try:
        target.mkdir(parents=True, mode=0o700)
        for database in (settings.database_path, settings.jobs_path):
            if database.exists():
                copy_sqlite(database, target / database.name)
        for name in ("certificate", settings.media_dir.name):
            if (source / name).exists():
                shutil.copytree(source / name, target / name, copy_function=_copy_if_there)
    except (OSError, shutil.Error) as error:
        raise ProcessingError(f"The backup to {target} failed: {getattr(error, 'strerror', None) or error}.") from error


def _copy_if_there(source: str, target: str) -> None:
    """Files may be deleted while the copy is made."""
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)
