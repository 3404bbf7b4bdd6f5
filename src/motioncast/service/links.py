"""Signed links to outputs: unguessable, expiring, the same for everyone who asks."""

import hashlib
import hmac
import secrets as random

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from motioncast.service.tables import secrets

_SECRET = "links"


def link_secret(connection: Connection) -> bytes:
    """The secret that signs links, made on first use. Needs a transaction for writing."""
    found = connection.execute(sa.select(secrets.c.value).where(secrets.c.name == _SECRET)).scalar()
    if found is not None:
        return bytes(found)
    value = random.token_bytes(32)
    connection.execute(secrets.insert(), {"name": _SECRET, "value": value})
    return value


def output_path(secret: bytes, prediction_id: str, expires_s: int, extension: str = "mp4") -> str:
    """Path of a link to the video or its poster (`jpg`) that works until `expires_s` (seconds since 1970)."""
    return f"/o/{expires_s}/{_signature(secret, prediction_id, expires_s, extension)}/{prediction_id}.{extension}"


def is_valid(secret: bytes, prediction_id: str, expires_s: int, signature: str, extension: str = "mp4") -> bool:
    """Whether a link's signature is ours; says nothing about its age."""
    ours = _signature(secret, prediction_id, expires_s, extension)
    return hmac.compare_digest(ours.encode(), signature.encode())


def _signature(secret: bytes, prediction_id: str, expires_s: int, extension: str) -> str:
    """Who has a poster's address has not the video's. Addresses of videos are older than posters."""
    signed = f"{prediction_id}.{expires_s}" + ("" if extension == "mp4" else f".{extension}")
    return hmac.new(secret, signed.encode(), hashlib.sha256).hexdigest()[:40]
