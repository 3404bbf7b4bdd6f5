"""POST /api/v3/wavespeed-ai/wan-2.2/animate: accept a job, wait for it if asked to."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, cast

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from motioncast.service import predictions
from motioncast.service.accounts import Caller
from motioncast.service.api.auth import CallerOf, limit_submits
from motioncast.service.api.body import read_body
from motioncast.service.api.envelope import ApiError, ok
from motioncast.service.api.parameters import Submit
from motioncast.service.api.predictions import current_row
from motioncast.service.api.present import base_url, present
from motioncast.service.api.schemas import DryRun, Prediction, answers
from motioncast.service.api.services import Services, ServicesOf
from motioncast.service.expectation import expected_s, jobs_ahead
from motioncast.service.predictions import ENDED, MODEL
from motioncast.service.submission import Submission, parse_submission
from motioncast.service.submitting import Accepted, Incoming, Quote, dry_run_report, fingerprint_of, parse_json

SYNC_TIMED_OUT = 5004
_KEY_CHARS = 255
router = APIRouter(tags=["predictions"])


_SMALL_BODY = 1 << 16  #: a larger one takes time to parse


@dataclass(frozen=True, slots=True)
class _Prepared:
    incoming: Incoming
    submission: Submission


@router.post(
    f"/api/v3/{MODEL}",
    operation_id="submit",
    summary="Submit a job",
    responses=answers(Prediction | DryRun, 400, 402, 413, 422, 429),
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": Submit.model_json_schema()}}}
    },
)
@router.post(f"/api/v2/{MODEL}", include_in_schema=False)
async def submit(
    request: Request,
    services: ServicesOf,
    caller: CallerOf,
    webhook: Annotated[
        str | None, Query(description="An https address that gets the prediction once it has ended.")
    ] = None,
    dry_run: Annotated[bool, Query(description="Validate, probe, price and warn, but run nothing.")] = False,
) -> Response:
    """Answers at once with the prediction, or with `enable_sync_mode` when the job has ended.

    Follow it with `predictionEvents`, or read it with `getResult` until its status is final. The price is held until
    then, and charged only if the job completes.
    """
    limit_submits(services, caller)
    body = await read_body(request, services.settings.body_bytes)
    if len(body) > _SMALL_BODY:
        prepared = await run_sync(_prepare, request, services, caller, body, webhook, limiter=services.heavy_work)
    else:
        prepared = _prepare(request, services, caller, body, webhook)
    work: Callable[..., Any] = run_in_threadpool
    if dry_run or _holds_data(prepared.submission):
        work = partial(run_sync, limiter=services.looks if dry_run else services.heavy_work)
    del body  # may be large, and the caller may wait long
    if dry_run:
        return ok(await work(_dry_run, services, prepared))
    accepted, shown = await work(_accept_and_show, request, services, prepared)
    request.state.facts = {"prediction_id": accepted.row.id}
    headers = _headers(accepted, prepared.submission)
    sync_mode = prepared.submission.sync_mode
    del prepared
    if sync_mode:
        return await _wait(request, services, accepted, headers)
    gone = await _has_hung_up(request)
    if accepted.replayed or gone:
        await run_in_threadpool(_note_caller, services, accepted.row.id, "gone" if gone else "answered")
    return ok(shown, headers)


def _headers(accepted: Accepted, submission: Submission) -> dict[str, str]:
    headers = {"Idempotency-Replayed": "true"} if accepted.replayed else {}
    if submission.ignored:
        headers["X-Ignored-Parameters"] = ", ".join(map(_ascii, submission.ignored))[:1000]
    return headers


def _prepare(request: Request, services: Services, caller: Caller, body: bytes, webhook: str | None) -> _Prepared:
    key = request.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= _KEY_CHARS and key.isprintable()):
        raise ApiError(400, f"Idempotency-Key must have 1 to {_KEY_CHARS} printable characters.")
    submission = parse_submission(parse_json(body), webhook, request.headers)
    if submission.base64_output and submission.webhook_url:
        raise ApiError(400, "enable_base64_output cannot be combined with a webhook: choose one of them.")
    fingerprint = fingerprint_of(body, request.url.query)
    return _Prepared(Incoming(caller, fingerprint, base_url(request, services), key), submission)


def _accept_and_show(request: Request, services: Services, prepared: _Prepared) -> tuple[Accepted, dict[str, Any]]:
    accepted = _accept(services, prepared)
    return accepted, present(request, services, accepted.row)


def _accept(services: Services, prepared: _Prepared) -> Accepted:
    if _holds_data(prepared.submission):  # a job submitted before needs no second copy of it
        earlier = services.submitter.replay(prepared.incoming)
        if earlier is not None:
            return Accepted(earlier, replayed=True)
    accepted = services.submitter.accept(prepared.incoming, _quote(services, prepared))
    if not accepted.replayed:
        services.upkeep.accepted(accepted.row)
    return accepted


def _holds_data(wanted: Submission) -> bool:
    return not (wanted.image[:4].lower() == "http" == wanted.video[:4].lower())


def _quote(services: Services, prepared: _Prepared) -> Quote:
    return services.submitter.quote(prepared.incoming, prepared.submission)


def _dry_run(services: Services, prepared: _Prepared) -> dict[str, Any]:
    quote = _quote(services, prepared)
    report = dry_run_report(quote, services.rehearsal.look(quote), billing=services.settings.billing)
    with services.database.read() as connection:
        expected = expected_s(connection, quote.engine, str(quote.submission.resolution), report["duration_s"])
        return report | {"expected_s": expected, "queue_ahead": jobs_ahead(connection)}


async def _wait(request: Request, services: Services, accepted: Accepted, headers: dict[str, str]) -> Response:
    """Hold the answer until the job has ended, the caller hangs up or the time is over."""
    row = accepted.row
    if accepted.replayed:
        await run_in_threadpool(_note_caller, services, row.id, "waiting")
    hung_up = asyncio.ensure_future(_hang_up(request))
    state = "gone"  # unless an answer goes out: the server may be told to stop meanwhile
    try:
        row = await _ended(services, row, hung_up)
        state = "gone" if hung_up.done() else "answered"
    finally:
        hung_up.cancel()
        await asyncio.shield(run_in_threadpool(_note_caller, services, accepted.row.id, state))
    data = await run_in_threadpool(present, request, services, row)
    if row.status not in ENDED:
        waited = f"{services.settings.sync_s:g}"
        data |= {
            "status": "processing",
            "code": SYNC_TIMED_OUT,
            "error": f"Sync mode timed out after {waited} seconds. The job goes on: poll its urls.get.",
        }
    return ok(data, headers)


async def _ended(
    services: Services, row: predictions.Prediction, hung_up: "asyncio.Future[None]"
) -> predictions.Prediction:
    deadline = time.monotonic() + services.settings.sync_s
    async with services.watcher.watch(row) as subscription:
        while row.status not in ENDED and (left := deadline - time.monotonic()) > 0:
            change: asyncio.Future[bool] = asyncio.ensure_future(subscription.change(left))
            await asyncio.wait(cast(list[asyncio.Future[Any]], [change, hung_up]), return_when=asyncio.FIRST_COMPLETED)
            if hung_up.done():
                change.cancel()
                return row
            current = await run_in_threadpool(current_row, services, row.id)
            if current is None:
                raise ApiError(404, "The prediction was deleted while you waited for it.")
            row = current
    return row


async def _hang_up(request: Request) -> None:
    """Returns when the caller closes the line."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _has_hung_up(request: Request) -> bool:
    """Whether the caller has closed the line by now."""
    hung_up = asyncio.ensure_future(_hang_up(request))
    await asyncio.sleep(0)
    gone = hung_up.done()
    hung_up.cancel()
    return gone


def _note_caller(services: Services, prediction_id: str, state: str) -> None:
    with services.database.write() as connection:
        predictions.set_caller(connection, prediction_id, state)


def _ascii(name: str) -> str:
    return "".join(c if c.isascii() and c.isprintable() and c != "," else "?" for c in name)[:100]
