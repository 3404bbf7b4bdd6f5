"""From a submitted request to a queued job: who pays how much, whether it was submitted before, one row, one hold."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from motioncast.engines.registry import offered_engines
from motioncast.errors import InputError
from motioncast.media.guard import ForbiddenHost, check_url_host
from motioncast.pricing import dollars, price_micro
from motioncast.request import MAX_DURATION_S
from motioncast.service import ledger, predictions
from motioncast.service.accounts import Caller
from motioncast.service.database import Database, now_us
from motioncast.service.predictions import NewPrediction, Prediction
from motioncast.service.settings import ServiceSettings
from motioncast.service.sources import Source, SourceFinder
from motioncast.service.submission import InvalidField, Submission
from motioncast.service.tables import idempotency_keys

IDEMPOTENCY_US = 24 * 3600 * 1_000_000
_MOST_STRUCTURE = 50_000  #: a small body of brackets alone would fill gigabytes


class TooExpensive(InputError):
    """The caller cannot or does not want to pay the price."""


class KeyReused(InputError):
    """An Idempotency-Key comes again with another request."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it came."""

    caller: Caller
    fingerprint: str  #: SHA-256 of every byte of the body, and of the query
    base_url: str
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A job that is in the books."""

    row: Prediction
    replayed: bool  #: it was there before this request


@dataclass(frozen=True, slots=True)
class Quote:
    """A job looked at, but not accepted."""

    submission: Submission
    image: Source
    video: Source
    engine: str
    cost_micro: int
    warnings: list[str]


class Submitter:
    """Accepts jobs."""

    def __init__(self, settings: ServiceSettings, database: Database, finder: SourceFinder) -> None:
        self._settings, self._database, self._finder = settings, database, finder

    def replay(self, incoming: Incoming) -> Prediction | None:
        """The job that this request has made before. Raises `KeyReused`."""
        with self._database.read() as connection:
            return self._earlier(connection, incoming)

    def quote(self, incoming: Incoming, submission: Submission) -> Quote:
        """Resolve the inputs and price the job. Raises `InvalidField` or `TooExpensive`."""
        self._check_webhook(submission)
        engine = self._engine(submission)
        bases = (incoming.base_url, *_other_names(incoming.base_url, self._settings.public_url))
        image, video = (
            self._finder.find(incoming.caller, field, text, bases)
            for field, text in (("image", submission.image), ("video", submission.video))
        )
        cost = price_micro(submission.resolution, video.duration_s)
        if submission.max_cost_micro is not None and cost > submission.max_cost_micro:
            raise TooExpensive(f"The job costs at least ${dollars(cost):.2f}, more than the X-Max-Cost of the request.")
        warnings = []
        if submission.ignored:
            warnings.append(f"Ignored parameters that this endpoint does not have: {', '.join(submission.ignored)}.")
        return Quote(submission, image, video, engine, cost if self._settings.billing else 0, warnings)

    def accept(self, incoming: Incoming, quote: Quote) -> Accepted:
        """Put a job in the books with its hold, or find it there. Raises `TooExpensive` or `KeyReused`."""
        with self._database.write() as connection:
            earlier = self._earlier(connection, incoming)
            if earlier is not None:
                return Accepted(earlier, replayed=True)
            row = predictions.insert(connection, self._new(incoming, quote))
            if self._settings.billing:
                _hold(connection, row)
            if incoming.idempotency_key is not None:
                _remember(connection, incoming, row.id)
        return Accepted(row, replayed=False)

    def _earlier(self, connection: sa.Connection, incoming: Incoming) -> Prediction | None:
        if incoming.idempotency_key is not None:
            return _remembered(connection, incoming)
        return predictions.find_abandoned(connection, incoming.caller.key_id, incoming.fingerprint)

    def _new(self, incoming: Incoming, quote: Quote) -> NewPrediction:
        wanted = quote.submission
        echo = {
            "image": quote.image.echo,
            "video": quote.video.echo,
            "mode": str(wanted.mode),
            "prompt": wanted.prompt,
            "resolution": str(wanted.resolution),
            "seed": wanted.seed,
        }
        if wanted.engine:
            echo["engine"] = wanted.engine
        return NewPrediction(
            caller=incoming.caller,
            submission=wanted,
            sources={"image": quote.image.stored, "video": quote.video.stored},
            echo=echo,
            fingerprint=incoming.fingerprint,
            base_url=incoming.base_url,
            engine=quote.engine,
            cost_micro=quote.cost_micro,
            warnings=quote.warnings,
        )

    def _engine(self, submission: Submission) -> str:
        offered = offered_engines(self._settings.engine)
        if submission.engine in ("", "auto"):
            return offered[0]
        if submission.engine not in offered:
            raise InvalidField("engine", f"must be one of {', '.join(offered)}: this server runs no others")
        return submission.engine

    def _check_webhook(self, submission: Submission) -> None:
        url, policy = submission.webhook_url, self._settings.allow_hosts
        if url is None:
            return
        try:
            check_url_host(url, policy)
        except ForbiddenHost as error:
            raise InvalidField("webhook", f"cannot be used: {error}") from None
        except (InputError, ValueError):
            raise InvalidField("webhook", "must be a public https address") from None
        if not url.lower().startswith("https://") and not policy.allows_url(url):
            raise InvalidField("webhook", "must be an https address")


def fingerprint_of(body: bytes, query: str) -> str:
    """What makes two requests the same."""
    return hashlib.sha256(body + b"\0" + query.encode()).hexdigest()


def dry_run_report(quote: Quote, findings: dict[str, Any], *, billing: bool) -> dict[str, Any]:
    """The answer to a dry run."""
    duration = findings.get("duration_s")
    return {
        "valid": True,
        "price": dollars(price_micro(quote.submission.resolution, duration)) if billing else 0.0,
        "currency": "USD",
        "duration_s": duration,
        "billed_up_to_s": MAX_DURATION_S,
        "warnings": [*quote.warnings, *findings.get("warnings", [])],
        "engine": quote.engine,
    }


def parse_json(body: bytes) -> Any:
    """The body as JSON. Raises `InvalidField`, also for more structure than any request needs."""
    if sum(map(body.count, (b"[", b"{", b","))) > _MOST_STRUCTURE:
        raise InvalidField("body", "has more lists and objects than any request needs")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidField("body", "is not valid JSON") from None


def _hold(connection: sa.Connection, row: Prediction) -> None:
    try:
        ledger.hold(connection, predictions.payer(row), row.cost_micro)
    except ledger.InsufficientBalance:
        balance = dollars(ledger.balance_micro(connection, row.account_id))
        message = f"The balance of ${balance:.2f} does not cover ${dollars(row.cost_micro):.2f}, the price of this job."
        raise TooExpensive(f"{message} The operator adds to it with `motioncast account credit`.") from None


def _remember(connection: sa.Connection, incoming: Incoming, prediction_id: str) -> None:
    values: dict[str, Any] = {"account_id": incoming.caller.account_id, "key": incoming.idempotency_key}
    values |= {"fingerprint": incoming.fingerprint, "prediction_id": prediction_id, "created_at": now_us()}
    connection.execute(idempotency_keys.insert(), values)


def _remembered(connection: sa.Connection, incoming: Incoming) -> Prediction | None:
    table = idempotency_keys
    query = sa.select(table).where(
        table.c.account_id == incoming.caller.account_id, table.c.key == incoming.idempotency_key
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.fingerprint != incoming.fingerprint:
        raise KeyReused("This Idempotency-Key was used for another request: give every request a key of its own.")
    return predictions.find_even_deleted(connection, row.prediction_id)


def _other_names(base: str, public: str) -> list[str]:
    """The loopback has several names: a file uploaded under one is ours under the others too."""
    names = [public] if public else []
    for name in ("127.0.0.1", "localhost", "[::1]"):
        if f"//{name}:" in base:
            names += [base.replace(f"//{name}:", f"//{other}:") for other in ("127.0.0.1", "localhost", "[::1]")]
    return names
