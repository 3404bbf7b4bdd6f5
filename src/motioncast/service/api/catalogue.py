"""The catalogue: one model with its schema, and its prices."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from motioncast.engines.registry import offered_engines
from motioncast.pricing import MIN_BILLED_S, dollars, dollars_a_second, price_micro
from motioncast.request import MAX_DURATION_S, MAX_SEED, Resolution
from motioncast.service.accounts import Caller
from motioncast.service.api.auth import CallerOf
from motioncast.service.api.body import read_body, read_model
from motioncast.service.api.envelope import ApiError, ok
from motioncast.service.api.parameters import PriceQuery
from motioncast.service.api.present import base_url
from motioncast.service.api.schemas import Model, Price, answers
from motioncast.service.api.services import Services, ServicesOf
from motioncast.service.predictions import MODEL
from motioncast.service.settings import ServiceSettings
from motioncast.service.sources import upload_id_of

router = APIRouter(tags=["catalogue"])


@router.get("/api/v3/models", operation_id="listModels", summary="List the models", responses=answers(list[Model]))
async def models(request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """The models of this server with the schemas of their parameters."""
    return ok([_model(base_url(request, services), services.settings)])


_PRICE_BODY = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": PriceQuery.model_json_schema()}}}
}


@router.post(
    "/api/v3/model/price",
    operation_id="price",
    summary="Ask for a price",
    responses=answers(Price, 400, 404, 413),
    openapi_extra=_PRICE_BODY,
)
@router.post(
    "/api/v3/model/pricing",
    operation_id="pricing",
    summary="Ask for a price (older name)",
    responses=answers(Price, 400, 404, 413),
    openapi_extra=_PRICE_BODY,
)
async def price(request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """The price of a job with these inputs; the least one where the video is not an upload of the caller's."""
    wanted = await read_model(request, PriceQuery)
    if wanted.model_id != MODEL:
        raise ApiError(404, f"There is no model {wanted.model_id[:100]!r} here; the only one is {MODEL}.")
    return ok(await run_in_threadpool(_price, services, caller, wanted.inputs or {}))


def _price(services: Services, caller: Caller, inputs: dict[str, Any]) -> dict[str, Any]:
    try:
        resolution = Resolution(str(inputs.get("resolution") or Resolution.P480))
    except ValueError:
        options = ", ".join(str(size) for size in Resolution)
        raise ApiError(400, f'field "inputs.resolution" must be one of {options}') from None
    price = price_micro(resolution, _duration(services, caller, inputs.get("video")))
    amount = dollars(price) if services.settings.billing else 0.0
    return {
        "model_id": MODEL,
        "price": amount,
        "discounted_price": amount,
        "unit_price": amount,
        "discount_rate": 100,
        "currency": "USD",
    }


def _duration(services: Services, caller: Caller, video: object) -> float | None:
    upload_id = upload_id_of(video) if isinstance(video, str) else None
    row = None if upload_id is None else services.finder.upload(caller, upload_id)
    return None if row is None else row.duration_s


@router.post("/api/v3/{model:path}", include_in_schema=False)
@router.post("/api/v2/{model:path}", include_in_schema=False)
async def other_models(model: str, request: Request, caller: CallerOf) -> Response:
    """The catalogue has one model."""
    await read_body(request)
    if model == f"{MODEL}/stream":
        raise ApiError(400, f"{MODEL} cannot be streamed: submit it, then poll it or listen to its events.")
    raise ApiError(404, f"There is no model {model[:100]!r} here; the only one is {MODEL}.", code="model_not_found")


def _model(base: str, settings: ServiceSettings) -> dict[str, Any]:
    return {
        "model_id": MODEL,
        "name": MODEL,
        "type": "motion-control",
        "base_price": dollars(price_micro(Resolution.P480)),
        "description": "Animate a character image with a driving video, or replace the character in it",
        "sort_order": 1,
        "discount_rate": 100,
        "formula": "",
        "prices": {
            "billing": settings.billing,
            "least_s": MIN_BILLED_S,
            "most_s": MAX_DURATION_S,
            "per_second": {str(size): dollars_a_second(size) for size in Resolution},
        },
        "api_schema": {
            "api_schemas": [
                {
                    "type": "model_run",
                    "method": "POST",
                    "server": base,
                    "api_path": f"/api/v3/{MODEL}",
                    "request_schema": _request_schema(offered_engines(settings.engine)),
                }
            ]
        },
    }


def _request_schema(engines: tuple[str, ...]) -> dict[str, Any]:
    engine = {"type": "string", "enum": list(engines), "default": engines[0], "description": "What renders the job."}
    return _REQUEST_SCHEMA | {"properties": _REQUEST_SCHEMA["properties"] | {"engine": engine}}


def _uploader(description: str, accept: str) -> dict[str, Any]:
    return {"type": "string", "description": description, "x-ui-component": "uploader", "x-accept": accept}


_REQUEST_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["image", "video"],
    "x-order-properties": ["image", "video", "mode", "prompt", "resolution", "seed", "engine"],
    "properties": {
        "image": _uploader("The character: PNG or JPEG recommended.", "image/*"),
        "video": _uploader("The performance: pose and expressions come from here; up to 120 s are used.", "video/*"),
        "prompt": {"type": "string", "description": "Text for engines that read one."},
        "mode": {
            "type": "string",
            "enum": ["animate", "replace"],
            "default": "animate",
            "description": "animate: the character performs; replace: it takes the performer's place.",
        },
        "resolution": {"type": "string", "enum": ["480p", "720p"], "default": "480p"},
        "seed": {
            "type": "integer",
            "default": -1,
            "minimum": -1,
            "maximum": MAX_SEED,
            "description": "-1 draws one; the same seed gives the same video.",
        },
    },
}
