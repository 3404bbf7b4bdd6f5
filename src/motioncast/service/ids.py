"""Identifiers, keys and secrets."""

import base64
import hashlib
import secrets


def new_id() -> str:
    """32 lower-case hexadecimal digits, unguessable."""
    return secrets.token_hex(16)


def new_api_key() -> str:
    """An API key: letters, digits, - and _, over 40 of them."""
    return f"mc-{secrets.token_urlsafe(36)}"


def new_webhook_secret() -> str:
    """A secret in the shape that receivers of the hosted service know."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def sha256_hex(text: str | bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
