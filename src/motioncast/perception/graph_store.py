"""Graphs cut from weights files, kept on disk: cutting takes a fifth of a second, reading a hundredth."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

_FOLDER = "cut"
_VERSION = 1  #: goes up when a cut changes
_MAGIC = b"motioncast-cut"
_DIGEST = hashlib.sha256().digest_size


def kept(models: Path, name: str, sha256: str, make: Callable[[], tuple[bytes, ...]]) -> tuple[bytes, ...]:
    """What `make` makes of the weights file `name` of content `sha256`: from the folder `models` if it was kept there.

    A damaged file is made anew. A folder that cannot be written to costs only the time of `make`.
    """
    path = models / _FOLDER / f"{Path(name).stem}-{sha256[:16]}-v{_VERSION}.bin"
    try:
        parts = _unpack(path.read_bytes())
    except OSError:
        parts = None
    if parts is None:
        parts = make()
        _write(path, _pack(parts))
    return parts


def _pack(parts: tuple[bytes, ...]) -> bytes:
    """Magic, SHA-256 of the rest, then each part after its length."""
    body = b"".join(len(part).to_bytes(8, "little") + part for part in parts)
    return _MAGIC + hashlib.sha256(body).digest() + body


def _unpack(data: bytes) -> tuple[bytes, ...] | None:
    """The parts; None if `data` is not whole."""
    start = len(_MAGIC) + _DIGEST
    body = data[start:]
    if not data.startswith(_MAGIC) or hashlib.sha256(body).digest() != data[len(_MAGIC) : start]:
        return None
    parts, at = [], 0
    while at < len(body):
        end = at + 8 + int.from_bytes(body[at : at + 8], "little")
        parts.append(body[at + 8 : end])
        at = end
    return tuple(parts)


def _write(path: Path, data: bytes) -> None:
    """All or nothing, also when several processes write at once."""
    try:
        path.parent.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            file.write(data)
    except OSError:
        return
    try:
        os.replace(file.name, path)
    except OSError:
        os.unlink(file.name)
