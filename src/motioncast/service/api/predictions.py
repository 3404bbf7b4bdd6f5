"""Reading, listing, cancelling and deleting predictions."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from motioncast.service import conclusion, predictions
from motioncast.service.accounts import Caller
from motioncast.service.api.auth import CallerOf
from motioncast.service.api.body import read_model
from motioncast.service.api.envelope import ApiError, ok
from motioncast.service.api.parameters import DeleteMany, ListQuery
from motioncast.service.api.present import present
from motioncast.service.api.schemas import (
    DeletedMany,
    DeletedOne,
    ListedPrediction,
    Prediction,
    PredictionPage,
    answers,
)
from motioncast.service.api.services import Services, ServicesOf
from motioncast.service.predictions import ListFilter
from motioncast.service.storage_keys import output_key, poster_key

router = APIRouter(tags=["predictions"])
PredictionId = Annotated[str, Path(description="The id of a prediction.", max_length=100)]
_NOT_FOUND = "Prediction not found"


def current_row(services: Services, prediction_id: str) -> predictions.Prediction | None:
    """A prediction as it stands, or None once it is deleted."""
    with services.database.read() as connection:
        return predictions.find(connection, prediction_id)


def own(services: Services, caller: Caller, prediction_id: str) -> predictions.Prediction:
    """The caller's prediction. Raises 404."""
    with services.database.read() as connection:
        row = predictions.find_own(connection, caller.account_id, prediction_id)
    if row is None:
        raise ApiError(404, _NOT_FOUND, code="prediction_not_found")
    return row


@router.get(
    "/api/v3/predictions/{prediction_id}/result",
    operation_id="getResult",
    summary="Read a prediction (as the SDKs do)",
    responses=answers(Prediction, 404),
)
@router.get(
    "/api/v3/predictions/{prediction_id}",
    operation_id="getPrediction",
    summary="Read a prediction",
    responses=answers(ListedPrediction, 404),
)
@router.get("/api/v2/predictions/{prediction_id}/result", include_in_schema=False)
def get_result(
    request: Request,
    prediction_id: PredictionId,
    services: ServicesOf,
    caller: CallerOf,
    include_inputs: Annotated[bool, Query(description="With the parameters, as `input`.")] = False,
) -> Response:
    """A prediction as it stands."""
    row = own(services, caller, prediction_id)
    data = present(request, services, row)
    return ok(data | _inputs(row) if include_inputs else data)


@router.post(
    "/api/v3/predictions",
    operation_id="listPredictions",
    summary="List predictions",
    responses=answers(PredictionPage, 400, 413),
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": ListQuery.model_json_schema()}}}},
)
async def list_by_body(request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """The account's predictions, newest first."""
    wanted = await read_model(request, ListQuery)
    return await run_in_threadpool(_list, request, services, caller, wanted)


@router.get(
    "/api/v3/predictions",
    operation_id="listPredictionsByQuery",
    summary="List predictions by query",
    responses=answers(PredictionPage, 400),
)
def list_by_query(
    request: Request, services: ServicesOf, caller: CallerOf, wanted: Annotated[ListQuery, Query()]
) -> Response:
    """The account's predictions, newest first."""
    return _list(request, services, caller, wanted)


def _list(request: Request, services: Services, caller: Caller, wanted: ListQuery) -> Response:
    page = wanted.page or 1
    chosen = ListFilter(
        account_id=caller.account_id,
        page=page,
        page_size=wanted.page_size or 100,
        model=wanted.model or None,
        status=wanted.status or None,
        created_after_us=parse_time(wanted.created_after, "created_after"),
        created_before_us=parse_time(wanted.created_before, "created_before"),
    )
    with services.database.read() as connection:
        total, rows = predictions.search(connection, chosen)
    items = [_listed(request, services, row, wanted.include_inputs) for row in rows]
    return ok({"page": page, "total": total, "items": items})


def _listed(request: Request, services: Services, row: predictions.Prediction, inputs: bool | None) -> dict[str, Any]:
    item = present(request, services, row, inline=False)
    return item | _inputs(row) if inputs else item


def _inputs(row: predictions.Prediction) -> dict[str, Any]:
    """Clients differ in the name that they look for."""
    return {"input": row.input, "inputs": row.input}


@router.post(
    "/api/v3/predictions/{prediction_id}/cancel",
    operation_id="cancelPrediction",
    summary="Cancel a job",
    responses=answers(Prediction, 404),
)
def cancel(request: Request, prediction_id: PredictionId, services: ServicesOf, caller: CallerOf) -> Response:
    """Stop a job within one step and give its price back. One that has ended stays as it is."""
    row = own(services, caller, prediction_id)
    _stop(services, row)
    return ok(present(request, services, own(services, caller, prediction_id)))


def _stop(services: Services, row: predictions.Prediction) -> None:
    with services.database.write() as connection:
        predictions.request_cancel(connection, row.id)
        now = predictions.find_even_deleted(connection, row.id)
        stopped = conclusion.fail(connection, row.id, conclusion.cancelled())
    if stopped:
        services.upkeep.ended(row.id, waited=now is not None and now.attempts == 0)


@router.post(
    "/api/v3/predictions/delete",
    operation_id="deletePredictions",
    summary="Delete predictions",
    responses=answers(DeletedMany, 400, 413),
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": DeleteMany.model_json_schema()}}}
    },
)
async def delete_many(request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """Remove predictions and their outputs; running ones are cancelled."""
    wanted = await read_model(request, DeleteMany)
    return ok({"deleted_count": await run_in_threadpool(_delete, services, caller, wanted.ids)})


@router.delete(
    "/api/v3/predictions/{prediction_id}",
    operation_id="deletePrediction",
    summary="Delete a prediction",
    responses=answers(DeletedOne, 404),
)
def delete_one(prediction_id: PredictionId, services: ServicesOf, caller: CallerOf) -> Response:
    """Remove a prediction and its output; a running one is cancelled."""
    if not _delete(services, caller, [prediction_id]):
        raise ApiError(404, _NOT_FOUND, code="prediction_not_found")
    return ok({"id": prediction_id, "status": "deleted"})


def _delete(services: Services, caller: Caller, ids: list[str]) -> int:
    with services.database.write() as connection:
        rows = predictions.mark_deleted(connection, caller.account_id, ids)
        stopped = [row for row in rows if conclusion.fail(connection, row.id, conclusion.cancelled())]
    for row in stopped:
        services.upkeep.ended(row.id, waited=row.attempts == 0)
    services.storage.delete(*(key(row.id) for row in rows for key in (output_key, poster_key)))
    return len(rows)


def parse_time(value: str | int | None, field: str) -> int | None:
    """Microseconds since 1970 of an ISO 8601 time or of milliseconds. Raises 400."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, int) or value.isdecimal():
            moment = datetime.fromtimestamp(int(value) / 1000, UTC)
        else:
            moment = datetime.fromisoformat(value)
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1e6)
    except (ValueError, OverflowError, OSError):
        message = f'field "{field}" must be an ISO 8601 time, such as 2026-01-31T12:00:00Z'
        raise ApiError(400, message) from None
