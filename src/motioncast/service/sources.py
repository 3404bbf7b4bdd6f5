"""Where the image and the video of a submitted job come from: a web address, a file of ours, or data in the request."""

import base64
import binascii
import io
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from motioncast.errors import InputError
from motioncast.media.guard import ForbiddenHost, HostPolicy, check_url_host
from motioncast.service import links, predictions, uploads
from motioncast.service.accounts import Caller
from motioncast.service.database import Database
from motioncast.service.storage_keys import upload_key
from motioncast.service.submission import InvalidField
from motioncast.service.uploads import Upload, UploadDesk

_UPLOAD = re.compile(r"/m/([0-9a-f]{32})\.[a-z0-9]{1,8}$")
_OUTPUT = re.compile(r"/o/(\d{1,12})/([0-9a-f]{40})/([0-9a-f]{32})\.mp4$")
_DATA = re.compile(r"data:([^,]{0,200}),", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/=_\s-]+")
_LEAST_BASE64 = 64
_LONGEST_URL = 4096


@dataclass(frozen=True, slots=True)
class Source:
    """One resolved input."""

    stored: dict[str, Any]  #: for the worker: {"kind": "url", "value": …} or {"kind": "stored", "key": …}
    echo: str  #: what callers are shown
    duration_s: float | None = None


class SourceFinder:
    """Resolves inputs on behalf of a caller."""

    def __init__(self, database: Database, desk: UploadDesk, secret: bytes, policy: HostPolicy) -> None:
        self._database, self._desk, self._secret, self._policy = database, desk, secret, policy

    def find(self, caller: Caller, field: str, text: str, bases: tuple[str, ...]) -> Source:
        """The input that `text` means; `bases` are the addresses under which this server is known.

        Raises `InvalidField` where it means nothing usable.
        """
        scheme = text[:8].lower()
        if scheme.startswith(("http://", "https://")):
            return self._from_url(caller, field, text, bases)
        data = _inline(field, text)
        try:
            row = self._desk.add(caller.account_id, f"{field}-inline", io.BytesIO(data))
        except InputError:
            raise InvalidField(field, f"holds data of no known kind; give {uploads.FORMATS}") from None
        return _usable(row, field, bases[0])

    def _from_url(self, caller: Caller, field: str, url: str, bases: tuple[str, ...]) -> Source:
        if len(url) > _LONGEST_URL:
            raise InvalidField(field, f"is an address of more than {_LONGEST_URL} characters")
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "", parts.port)
        except ValueError:
            raise InvalidField(field, "is not a valid address") from None
        own = self._own(caller, field, parts.path, bases[0])
        if own is not None:
            return own
        if host in [_host(base) for base in bases]:
            raise InvalidField(field, "is an address of this server, but of no file that is here: upload it again")
        try:
            check_url_host(url, self._policy)
        except ForbiddenHost as error:
            raise InvalidField(field, f"cannot be read: {error}") from None
        except InputError:
            raise InvalidField(field, "is not a valid address") from None
        return Source({"kind": "url", "value": url}, url)

    def _own(self, caller: Caller, field: str, path: str, base: str) -> Source | None:
        """The caller's upload or output that an address names; its id is unguessable, so its host does not matter."""
        if found := _UPLOAD.search(path):
            row = self.upload(caller, found[1])
            return None if row is None else _usable(row, field, base)
        found = _OUTPUT.search(path)
        if found is None or field != "video":
            return None
        expires, signature, prediction_id = int(found[1]), found[2], found[3]
        good = links.is_valid(self._secret, prediction_id, expires, signature) and expires > time.time()
        with self._database.read() as connection:
            row = predictions.find_own(connection, caller.account_id, prediction_id)
        if row is None or not row.output_key or not good:
            return None
        return Source({"kind": "stored", "key": row.output_key}, base + found[0])

    def upload(self, caller: Caller, upload_id: str) -> Upload | None:
        """The caller's upload with this id, if its bytes are here."""
        with self._database.read() as connection:
            row = uploads.find(connection, upload_id)
        return row if row is not None and row.account_id == caller.account_id and row.stored_at is not None else None


def upload_id_of(url: str) -> str | None:
    """The id of the upload that an address may name."""
    found = _UPLOAD.search(url)
    return found[1] if found else None


def _usable(row: Upload, field: str, base: str) -> Source:
    if row.kind != field:
        raise InvalidField(field, f"must be {_article(field)}, but the file given is {_article(row.kind)}")
    if row.problem:
        raise InvalidField(field, f"cannot be used. {row.problem}")
    key = upload_key(row.id, row.extension)
    return Source({"kind": "stored", "key": key}, f"{base}/m/{row.id}.{row.extension}", row.duration_s)


def _inline(field: str, text: str) -> bytes:
    """Bytes of a data URI or of naked base64."""
    header = _DATA.match(text)
    if header and not header[1].lower().endswith(";base64"):
        raise InvalidField(field, "is a data URI without base64; give data:<type>;base64,<data>")
    payload = text[header.end() :] if header else text
    if not header and (len(payload) < _LEAST_BASE64 or not _BASE64.fullmatch(payload[:4096])):
        raise InvalidField(field, "must be an http(s) URL, a data URI or base64 data")
    payload = re.sub(r"\s+", "", payload).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(payload + "=" * (-len(payload) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidField(field, "holds base64 data that is damaged") from None


def _host(base: str) -> tuple[str, int | None]:
    parts = urlsplit(base)
    return parts.hostname or "", parts.port


def _article(kind: str) -> str:
    return f"an {kind}" if kind in ("image", "audio") else f"a {kind}"
