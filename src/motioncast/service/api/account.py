"""The account's side: balance, charges, usage and the secret of its webhooks."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from motioncast.pricing import dollars
from motioncast.service import ledger
from motioncast.service.accounts import Caller, webhook_secret
from motioncast.service.api.auth import CallerOf
from motioncast.service.api.body import check_model, read_model
from motioncast.service.api.envelope import ok
from motioncast.service.api.parameters import BillingQuery, UsageQuery
from motioncast.service.api.predictions import parse_time
from motioncast.service.api.schemas import Balance, BillingPage, Usage, WebhookSecret, answers
from motioncast.service.api.services import Services, ServicesOf
from motioncast.service.database import now_us
from motioncast.service.ledger import BillingFilter
from motioncast.service.prediction_view import timestamp
from motioncast.service.tables import predictions

_USAGE_US = 31 * 86_400_000_000
router = APIRouter(tags=["account"])


@router.get("/api/v3/balance", operation_id="balance", summary="Read the balance", responses=answers(Balance))
def balance(services: ServicesOf, caller: CallerOf) -> Response:
    """What the account can spend, in US dollars; holds are already taken off."""
    with services.database.read() as connection:
        return ok({"balance": dollars(ledger.balance_micro(connection, caller.account_id))})


@router.get(
    "/api/v3/webhook/secret",
    operation_id="webhookSecret",
    summary="Read the secret of webhooks",
    responses=answers(WebhookSecret),
)
def secret(services: ServicesOf, caller: CallerOf) -> Response:
    """The secret that signs the webhooks of jobs submitted with this key."""
    with services.database.read() as connection:
        return ok({"secret": webhook_secret(connection, caller.key_id)})


@router.post(
    "/api/v3/billings/search",
    operation_id="searchBillings",
    summary="List charges and refunds",
    responses=answers(BillingPage, 400, 413),
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": BillingQuery.model_json_schema()}}}},
)
async def search_billings(request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """Charges and refunds. Holds are not listed."""
    wanted = await read_model(request, BillingQuery)
    return await run_in_threadpool(_billings, services, caller, wanted)


@router.get("/api/v3/account/billings", include_in_schema=False)
def get_billings(request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """The same by query."""
    return _billings(services, caller, check_model(BillingQuery, dict(request.query_params)))


def _billings(services: Services, caller: Caller, wanted: BillingQuery) -> Response:
    page, size = wanted.page or 1, wanted.page_size or 10
    chosen = BillingFilter(
        account_id=caller.account_id,
        page=page,
        page_size=size,
        billing_type=wanted.billing_type or None,
        prediction_ids=None if wanted.prediction_uuids is None else tuple(wanted.prediction_uuids),
        start_us=parse_time(wanted.start_time, "start_time"),
        end_us=parse_time(wanted.end_time, "end_time"),
        model=wanted.model_uuid or None,
        key_id=wanted.access_key_uuid or None,
        ascending="asc" in (wanted.sort or "").lower(),
    )
    with services.database.read() as connection:
        total, rows = ledger.billings(connection, chosen)
    items = [_billing(row) for row in rows]
    return ok({"page": page, "total": total, "has_more": page * size < total, "items": items})


def _billing(row: Any) -> dict[str, Any]:
    price, at = dollars(row.price_micro), timestamp(row.created_at)
    order = {"uuid": row.uuid, "state": "paid", "price": price, "origin_price": price, "status": "completed"}
    return {
        "uuid": row.uuid,
        "billing_type": "deduct" if row.kind == "settle" else "refund",
        "price": price,
        "created_at": at,
        "updated_at": at,
        "order": order,
        "prediction": {"uuid": row.prediction_id, "model_uuid": row.model, "status": row.status or "deleted"},
        "access_key_name": row.key_name or "",
        "access_key_uuid": row.key_id or "",
    }


@router.post(
    "/api/v3/user/usage_stats",
    operation_id="usage",
    summary="Read the usage",
    responses=answers(Usage, 400, 413),
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": UsageQuery.model_json_schema()}}}},
)
async def usage(request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """Jobs and charges by day and model, of 31 days at most."""
    wanted = await read_model(request, UsageQuery)
    return await run_in_threadpool(_usage, services, caller, wanted)


@router.get("/api/v3/account/usage", include_in_schema=False)
def get_usage(request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """The same by query."""
    return _usage(services, caller, check_model(UsageQuery, dict(request.query_params)))


def _usage(services: Services, caller: Caller, wanted: UsageQuery) -> Response:
    end = parse_time(wanted.end_time, "end_time") or now_us()
    start = max(parse_time(wanted.start_time, "start_time") or 0, end - _USAGE_US)
    conditions = [
        predictions.c.account_id == caller.account_id,
        predictions.c.created_at.between(start, end),
    ]
    if wanted.model_uuid:
        conditions.append(predictions.c.model == wanted.model_uuid)
    columns = (predictions.c.model, predictions.c.created_at, predictions.c.status, predictions.c.cost_micro)
    with services.database.read() as connection:
        rows = list(connection.execute(sa.select(*columns).where(*conditions)))
    by_model, by_day = _Tally(), _Tally()
    for row in rows:
        by_model.add(row.model, row)
        by_day.add(datetime.fromtimestamp(row.created_at / 1e6, UTC).strftime("%Y-%m-%d"), row)
    completed = sum(row.status == "completed" for row in rows)
    cost = dollars(sum(row.cost_micro for row in rows if row.status == "completed"))
    return ok(
        {
            "per_model_usage": by_model.listed("model_uuid"),
            "daily_usage": by_day.listed("date"),
            "summary": {"total_cost": cost, "total_requests": len(rows), "success_requests": completed},
        }
    )


class _Tally:
    """Requests and charges by some name."""

    def __init__(self) -> None:
        self._found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])

    def add(self, name: str, row: Any) -> None:
        entry, completed = self._found[name], row.status == "completed"
        entry[0] += 1
        entry[1] += completed
        entry[2] += row.cost_micro if completed else 0

    def listed(self, label: str) -> list[dict[str, Any]]:
        return [
            {label: name, "total_requests": count, "success_requests": completed, "total_cost": dollars(micro)}
            for name, (count, completed, micro) in sorted(self._found.items())
        ]
