"""Finished work of one job in a folder, for whoever runs jobs without the service."""

import json
import os
import re
import secrets
from contextlib import suppress
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

from motioncast.errors import InputError, ProcessingError
from motioncast.request import AnimateRequest
from motioncast.settings import CONFIG_VARIABLE

_JOB = "job.json"
_SEED = "seed"
_PARTIAL = re.compile(r"\.[\w.-]+\.[0-9a-f]{8}\.part")


class FolderWork:
    """`FinishedWork` in a folder that belongs to one job. `request` has its seed drawn, the same one every time."""

    def __init__(self, folder: Path, request: AnimateRequest, engine: str = "") -> None:
        """`engine` says what renders the job, weights included. Raises `InputError` when the folder holds the work of
        another job, or cannot be used.
        """
        self.folder = folder
        about = _description(request) | {"engine": engine}
        stored = self._stored() or self._begun(about | {_SEED: request.drawn_seed()})
        if {name: value for name, value in stored.items() if name != _SEED} != about:
            raise InputError(
                f"The folder {folder} holds the work of another job, or of other inputs, options or version: "
                "choose another, or delete it."
            )
        self._clear_partial()
        self.request = replace(request, seed=int(str(stored[_SEED])))

    def load(self, name: str) -> bytes | None:
        """See `FinishedWork.load`."""
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ProcessingError(
                f"The finished work {self.folder / name} cannot be read: {error.strerror}."
            ) from error

    def save(self, name: str, data: bytes) -> None:
        """See `FinishedWork.save`."""
        partial = self.folder / f".{name}.{secrets.token_hex(4)}.part"
        try:
            with partial.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.folder / name)
        except OSError as error:
            raise ProcessingError(f"Finished work could not be kept in {self.folder}: {error.strerror}.") from error
        finally:
            with suppress(OSError):
                partial.unlink()

    def _stored(self) -> dict[str, object] | None:
        """What the folder says of its job; None where it is new or empty."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            names = [path.name for path in self.folder.iterdir()]
            content = (self.folder / _JOB).read_bytes() if _JOB in names else None
        except (OSError, ValueError) as error:  # a NUL in its name is a ValueError
            reason = getattr(error, "strerror", None) or error
            raise InputError(f"The folder {self.folder} cannot be used ({reason}): choose another.") from error
        if content is None:
            if not all(map(_PARTIAL.fullmatch, names)):
                raise InputError(f"The folder {self.folder} holds other files: choose an empty one for finished work.")
            return None
        try:
            stored = json.loads(content)
        except ValueError:
            stored = None
        if not isinstance(stored, dict) or not isinstance(stored.get(_SEED), int):
            raise InputError(f"The folder {self.folder} is not one of finished work: choose another.")
        return stored

    def _begun(self, about: dict[str, object]) -> dict[str, object]:
        """`about`, now that the folder says it."""
        try:
            self.save(_JOB, json.dumps(about, indent=1).encode())
        except ProcessingError as error:
            raise InputError(f"The folder {self.folder} cannot be written to: choose another.") from error
        return about

    def _clear_partial(self) -> None:
        """Remove what a run was writing when it was killed."""
        for path in self.folder.iterdir():
            if _PARTIAL.fullmatch(path.name):
                with suppress(OSError):
                    path.unlink()


def _description(request: AnimateRequest) -> dict[str, object]:
    """What must be the same for finished work to fit: version, request, the files that it names, and settings."""
    values = {name: str(value) for name, value in asdict(request).items() if name != "keep_audio"}
    inputs = [Path(str(request.image)), Path(str(request.video))]
    if request.conditions is not None:
        with suppress(OSError):  # the engine says what is wrong with it
            inputs += sorted(request.conditions.iterdir())
    environment = {name: value for name, value in sorted(os.environ.items()) if name.startswith("MOTIONCAST_WAN_")}
    if config := os.environ.get(CONFIG_VARIABLE):
        inputs.append(Path(config).expanduser())
    files = {str(path): _identity(path) for path in inputs}
    return {"version": version("motioncast"), "request": values, "files": files, "settings": environment}


def _identity(path: Path) -> list[int]:
    """Size and time of a file; empty for a URL."""
    try:
        about = path.stat()
    except (OSError, ValueError):
        return []
    return [about.st_size, about.st_mtime_ns]
