"""Finished work of one job in a folder, for whoever runs jobs without the service."""

import json
import os
import secrets
from dataclasses import asdict, replace
from pathlib import Path

from motioncast import __version__
from motioncast.errors import InputError, ProcessingError
from motioncast.request import AnimateRequest

_JOB = "job.json"
_SEED = "seed"


class FolderWork:
    """`FinishedWork` in a folder that belongs to one job. `request` has its seed drawn, the same one every time."""

    def __init__(self, folder: Path, request: AnimateRequest) -> None:
        """Raises `InputError` when the folder holds the work of another job, or cannot be used."""
        self.folder = folder
        about = _description(request)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"The folder {folder} cannot be made ({error.strerror}): choose another.") from error
        stored = self._stored()
        if stored is None:
            if any(folder.iterdir()):
                raise InputError(f"The folder {folder} holds other files: choose an empty one for finished work.")
            stored = about | {_SEED: request.drawn_seed()}
            self.save(_JOB, json.dumps(stored, indent=1).encode())
        if {name: value for name, value in stored.items() if name != _SEED} != about:
            raise InputError(
                f"The folder {folder} holds the work of another job, or of other inputs, options or version: "
                "choose another, or delete it."
            )
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
            partial.unlink(missing_ok=True)
            raise ProcessingError(f"Finished work could not be kept in {self.folder}: {error.strerror}.") from error

    def _stored(self) -> dict[str, object] | None:
        content = self.load(_JOB)
        if content is None:
            return None
        try:
            stored = json.loads(content)
        except ValueError:
            stored = None
        if not isinstance(stored, dict) or not isinstance(stored.get(_SEED), int):
            raise InputError(f"The folder {self.folder} is not one of finished work: choose another.")
        return stored


def _description(request: AnimateRequest) -> dict[str, object]:
    """What must be the same for finished work to fit: version, request, and the files that it names."""
    values = {name: str(value) for name, value in asdict(request).items() if name != "keep_audio"}
    files = {name: _identity(Path(str(getattr(request, name)))) for name in ("image", "video")}
    environment = {name: value for name, value in sorted(os.environ.items()) if name.startswith("MOTIONCAST_WAN_")}
    return {"version": __version__, "request": values, "files": files, "settings": environment}


def _identity(path: Path) -> list[int]:
    """Size and time of a file; empty for a URL."""
    try:
        about = path.stat()
    except (OSError, ValueError):
        return []
    return [about.st_size, about.st_mtime_ns]
