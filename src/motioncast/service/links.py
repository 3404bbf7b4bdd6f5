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
    return f"/o/{expires_s}/{_signature(secret, prediction_id, expires_s)}/{prediction_id}.{extension}"


def is_valid(secret: bytes, prediction_id: str, expires_s: int, signature: str) -> bool:
    """Whether a link's signature is ours; says nothing about its age."""
    return hmac.compare_digest(_signature(secret, prediction_id, expires_s).encode(), signature.encode())


def _signature(secret: bytes, prediction_id: str, expires_s: int) -> str:
    return hmac.new(secret, f"{prediction_id}.{expires_s}".encode(), hashlib.sha256).hexdigest()[:40]
