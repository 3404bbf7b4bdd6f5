"""Objects by key: uploads, inputs, finished work and outputs, in a folder of the data directory."""

from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import suppress
from pathlib import Path

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore

from motioncast.errors import ProcessingError

_CHUNK = 1 << 20


class Storage:
    """Puts are atomic: an object is there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._store = LocalStore(folder, automatic_cleanup=True)

    def put(self, key: str, data: bytes | Path | Iterator[bytes]) -> None:
        """Store bytes, a file's content or a stream. Raises `ProcessingError` where there is no room."""
        try:
            obstore.put(self._store, key, data)
        except Exception as error:
            raise ProcessingError(f"The server could not store data: {_cause(error)}.") from error

    def get(self, key: str) -> bytes | None:
        """An object's bytes, or None."""
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except (NotFoundError, FileNotFoundError):
            return None

    def size(self, key: str) -> int | None:
        """Bytes of an object, or None if there is none."""
        try:
            return int(obstore.head(self._store, key)["size"])
        except (NotFoundError, FileNotFoundError):
            return None

    def path(self, key: str) -> Path:
        """An object as a file, to be read only. Raises `ProcessingError` if there is none."""
        path = self.folder / key
        if not path.is_file():
            raise ProcessingError("A stored file of this prediction is gone.")
        return path

    async def receive(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Store a stream that comes from the network; what it raises leaves no object.

        Raises `ProcessingError` where there is no room.
        """
        writer = obstore.open_writer_async(self._store, key)
        try:
            async for chunk in chunks:
                await _stored(writer.write(chunk))
        except BaseException:
            with suppress(ProcessingError):
                await _stored(writer.close())
            await obstore.delete_async(self._store, key)
            raise
        await _stored(writer.close())

    async def chunks(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Bytes `start` <= position < `end` of an object, a megabyte at a time."""
        for at in range(start, end, _CHUNK):
            yield bytes(await obstore.get_range_async(self._store, key, start=at, end=min(at + _CHUNK, end)))

    def rename(self, source: str, target: str) -> None:
        """Give an object another key."""
        obstore.rename(self._store, source, target)

    def delete(self, *keys: str) -> None:
        """Remove objects; those already gone do not matter."""
        for key in keys:
            with suppress(NotFoundError, FileNotFoundError):
                obstore.delete(self._store, key)

    def delete_all(self, prefix: str) -> None:
        """Remove every object below a prefix."""
        self.delete(*self.keys(prefix))

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys below a prefix."""
        for batch in obstore.list(self._store, prefix):
            yield from (entry["path"] for entry in batch)


async def _stored(operation: Awaitable[object]) -> None:
    try:
        await operation
    except (OSError, BaseError) as error:
        raise ProcessingError(f"The server could not store data: {_cause(error)}.") from error


def _cause(error: Exception) -> str:
    """The system's word for it, out of the library's long message."""
    text = str(error)
    for known in ("No space left on device", "Read-only file system", "Permission denied", "Disk quota exceeded"):
        if known in text:
            return known.lower()
    return type(error).__name__
