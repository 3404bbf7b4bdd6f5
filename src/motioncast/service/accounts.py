"""Accounts and their API keys. Of a key only the SHA-256 is kept."""

import hmac
import math
import time
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from motioncast.errors import InputError
from motioncast.pricing import MICRO
from motioncast.service import ledger
from motioncast.service.database import Database, now_us
from motioncast.service.ids import new_api_key, new_id, new_webhook_secret, sha256_hex
from motioncast.service.tables import accounts, api_keys

LOCAL_ACCOUNT = "local"
_CACHED_S = 1.0  #: a revoked key is refused after this long at the latest
_PREFIX = 8
_CACHE_SIZE = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a key and the account that it belongs to."""

    key_id: str
    key_name: str
    account_id: str


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key as listed; the key itself cannot be shown again."""

    id: str
    name: str
    prefix: str
    account: str
    created_at: int
    revoked_at: int | None


class Accounts:
    """Keys in, callers out."""

    def __init__(self, database: Database, opening_balance: float) -> None:
        self._database = database
        self._opening_micro = round(opening_balance * MICRO)
        self._cache: dict[str, tuple[float, Caller]] = {}

    def cached(self, key: str) -> Caller | None:
        """The caller with this key, if `authenticate` found it within the last second. Does not touch the database."""
        since, caller = self._cache.get(sha256_hex(key), (float("-inf"), None))
        return caller if time.monotonic() - since < _CACHED_S else None

    def authenticate(self, key: str) -> Caller | None:
        """The caller with this key, or None."""
        digest = sha256_hex(key)
        caller = self._look_up(digest)
        if caller is not None:
            if len(self._cache) > _CACHE_SIZE:
                self._cache.clear()
            self._cache[digest] = (time.monotonic(), caller)
        return caller

    def _look_up(self, digest: str) -> Caller | None:
        query = sa.select(api_keys).where(api_keys.c.sha256 == digest, api_keys.c.revoked_at.is_(None))
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or not hmac.compare_digest(row.sha256, digest):
            return None
        return Caller(row.id, row.name, row.account_id)

    def create_key(self, name: str, account: str = LOCAL_ACCOUNT) -> str:
        """A new key of the account, which is made if there is none of that name. The key is not stored."""
        key = new_api_key()
        with self._database.write() as connection:
            account_id = self._account(connection, account)
            values = {"id": new_id(), "account_id": account_id, "name": name, "prefix": key[:_PREFIX]}
            connection.execute(
                api_keys.insert(),
                values | {"sha256": sha256_hex(key), "webhook_secret": new_webhook_secret(), "created_at": now_us()},
            )
        return key

    def _account(self, connection: Connection, name: str) -> str:
        found = connection.execute(sa.select(accounts.c.id).where(accounts.c.name == name)).scalar()
        if found is not None:
            return str(found)
        account_id = new_id()
        connection.execute(
            accounts.insert(), {"id": account_id, "name": name, "balance_micro": 0, "created_at": now_us()}
        )
        ledger.credit(connection, account_id, self._opening_micro)
        return account_id

    def has_keys(self) -> bool:
        """Whether any key was ever made."""
        with self._database.read() as connection:
            return connection.execute(sa.select(api_keys.c.id).limit(1)).first() is not None

    def list_keys(self) -> list[KeyInfo]:
        """All keys, oldest first."""
        columns = (api_keys.c.id, api_keys.c.name, api_keys.c.prefix, accounts.c.name.label("account"))
        query = (
            sa.select(*columns, api_keys.c.created_at, api_keys.c.revoked_at)
            .join(accounts)
            .order_by(api_keys.c.created_at)
        )
        with self._database.read() as connection:
            return [KeyInfo(*row) for row in connection.execute(query)]

    def revoke_key(self, key: str) -> KeyInfo:
        """Revoke a key, given as the key itself, its id or its name. Raises `InputError` if there is no such key."""
        info = self.find_key(key)
        with self._database.write() as connection:
            connection.execute(
                api_keys.update()
                .where(api_keys.c.id == info.id, api_keys.c.revoked_at.is_(None))
                .values(revoked_at=now_us())
            )
        return info

    def credit(self, key: str, amount: float) -> float:
        """Add dollars to the account of a key; returns its balance in dollars. Raises `InputError`."""
        if not math.isfinite(amount) or abs(amount) > 1e9:
            raise InputError("The amount must be a number of dollars, such as 25 or -3.50.")
        info = self.find_key(key)
        with self._database.write() as connection:
            account_id = str(
                connection.execute(sa.select(api_keys.c.account_id).where(api_keys.c.id == info.id)).scalar_one()
            )
            ledger.credit(connection, account_id, round(amount * MICRO))
            return ledger.balance_micro(connection, account_id) / MICRO

    def find_key(self, key: str) -> KeyInfo:
        """The key given as itself, its id or its name. Raises `InputError` if none or several fit."""
        digest = sha256_hex(key)
        with self._database.read() as connection:
            exact = connection.execute(sa.select(api_keys.c.id).where(api_keys.c.sha256 == digest)).scalar()
        found = [info for info in self.list_keys() if info.id in (exact, key) or info.name == key]
        if not found:
            raise InputError("There is no such key: `motioncast keys list` shows the names and ids.")
        if len(found) > 1:
            raise InputError(f"Several keys are called {key!r}: give the id, which `motioncast keys list` shows.")
        return found[0]


def webhook_secret(connection: Connection, key_id: str) -> str:
    """The secret that signs the webhooks of a key."""
    query = sa.select(api_keys.c.webhook_secret).where(api_keys.c.id == key_id)
    return str(connection.execute(query).scalar_one())
