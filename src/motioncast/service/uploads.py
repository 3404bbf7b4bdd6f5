"""Files that callers upload: announced by a ticket or sent at once, recognised by their bytes, kept for a while."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from motioncast.errors import InputError
from motioncast.media.sniff import SNIFF_BYTES, MediaType, sniff
from motioncast.service.database import Database, now_us
from motioncast.service.ids import new_id, sha256_hex
from motioncast.service.inspector import Inspector
from motioncast.service.storage import Storage
from motioncast.service.storage_keys import arriving_key, upload_key
from motioncast.service.tables import uploads

_CHUNK = 1 << 20
TICKET_US = 15 * 60 * 1_000_000
FORMATS = "images as PNG, JPEG, WebP, GIF, BMP, TIFF; videos as MP4, MOV, WebM, MKV, AVI, WMV, FLV, 3GP, OGV; audio"

#: A row of `tables.uploads`.
Upload: TypeAlias = sa.Row[Any]


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to send one file."""

    upload_id: str
    token: str
    extension: str
    expires_at: int


@dataclass(slots=True)
class Receipt:
    """Bytes as they arrive: their number, their hash and how they begin."""

    size: int = 0
    head: bytes = b""
    digest: Any = field(default_factory=hashlib.sha256)

    def take(self, chunk: bytes) -> None:
        """Count one more chunk."""
        self.size += len(chunk)
        self.digest.update(chunk)
        if len(self.head) < SNIFF_BYTES:
            self.head += chunk[:SNIFF_BYTES]


def open_ticket(connection: Connection, account_id: str, filename: str, promised: MediaType, size: int) -> Ticket:
    """Announce a file; its type is the caller's word until the bytes tell."""
    upload_id, token, created = new_id(), secrets.token_urlsafe(24), now_us()
    values = {
        "id": upload_id,
        "account_id": account_id,
        "filename": filename[-255:],
        "kind": promised.kind,
        "extension": promised.extension,
        "mime": promised.mime,
        "size": size,
        "created_at": created,
        "problem": "",
        "ticket_sha256": sha256_hex(token),
        "ticket_expires_at": created + TICKET_US,
    }
    connection.execute(uploads.insert(), values)
    return Ticket(upload_id, token, promised.extension, created + TICKET_US)


def find_ticket(connection: Connection, upload_id: str, token: str) -> Upload | None:
    """The announced file of a ticket that is still good."""
    row = find(connection, upload_id)
    if row is None or row.ticket_sha256 is None or row.ticket_expires_at < now_us():
        return None
    return row if secrets.compare_digest(row.ticket_sha256, sha256_hex(token)) else None


def find(connection: Connection, upload_id: str) -> Upload | None:
    """An upload by its id, whether its bytes are here or not."""
    return connection.execute(sa.select(uploads).where(uploads.c.id == upload_id)).one_or_none()


def expired(connection: Connection, before_us: int) -> list[Upload]:
    """Uploads that were announced before this time."""
    return list(connection.execute(sa.select(uploads).where(uploads.c.created_at < before_us).limit(1000)))


def remove(connection: Connection, upload_id: str) -> None:
    """Forget an upload."""
    connection.execute(uploads.delete().where(uploads.c.id == upload_id))


def recognise(head: bytes) -> MediaType:
    """What the bytes are. Raises `InputError` if they are nothing that Motioncast can use."""
    found = sniff(head)
    if found is None:
        raise InputError(f"The file is of no known kind; give {FORMATS}.")
    return found


class UploadDesk:
    """Takes files into the books."""

    def __init__(self, database: Database, storage: Storage, inspector: Inspector) -> None:
        self._database, self._storage, self._inspector = database, storage, inspector

    def accept(self, row: Upload, receipt: Receipt, arrived: str) -> Upload | None:
        """The bytes of an announced file are in the storage as `arrived`: look at them, and close its ticket.

        None if the ticket was used meanwhile. Raises `InputError` if the bytes are of no known kind; the ticket stays
        open. What has arrived is gone in either case.
        """
        try:
            found = recognise(receipt.head)
            values = {
                "ticket_sha256": None,
                "kind": found.kind,
                "mime": found.mime,
                "size": receipt.size,
                "sha256": receipt.digest.hexdigest(),
                "stored_at": now_us(),
                **self._inspect(found, arrived),
            }
            still_open = (uploads.c.id == row.id) & uploads.c.ticket_sha256.is_not(None)
            with self._database.write() as connection:
                if not connection.execute(uploads.update().where(still_open).values(values)).rowcount:
                    return None
                self._storage.rename(arrived, upload_key(row.id, row.extension))
                return find(connection, row.id)
        finally:
            self._storage.delete(arrived)

    def add(self, account_id: str, filename: str, source: BinaryIO) -> Upload:
        """Take in a file that came with a request. Raises `InputError` if it is of no known kind."""
        found = recognise(source.read(SNIFF_BYTES))
        source.seek(0)
        with self._database.write() as connection:
            ticket = open_ticket(connection, account_id, filename, found, 0)
            row = find(connection, ticket.upload_id)
        assert row is not None
        receipt, arrived = Receipt(), arriving_key()
        self._storage.put(arrived, _counted(source, receipt))
        done = self.accept(row, receipt, arrived)
        assert done is not None  # nobody else has the ticket
        return done

    def _inspect(self, found: MediaType, key: str) -> dict[str, Any]:
        path = self._storage.folder / key
        try:
            if found.kind == "video":
                return {"duration_s": self._inspector.video(path)["duration_s"]}
            if found.kind == "image":
                self._inspector.image(path)
        except InputError as error:
            return {"problem": str(error)}
        return {}


def _counted(source: BinaryIO, receipt: Receipt) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK):
        receipt.take(chunk)
        yield chunk
