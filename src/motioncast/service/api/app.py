"""The FastAPI application: routes, errors in the envelope, CORS for browsers."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from motioncast import __version__
from motioncast.errors import InputError, ProcessingError
from motioncast.service.api import (
    account,
    catalogue,
    events,
    files,
    health,
    predictions,
    submit,
    uploads,
    web,
    webhooks,
)
from motioncast.service.api.envelope import ApiError
from motioncast.service.api.middleware import RequestLog
from motioncast.service.api.openapi import document
from motioncast.service.api.services import Services
from motioncast.service.database import is_full
from motioncast.service.submitting import KeyReused, TooExpensive

_EXPOSED = ["X-Request-Id", "Retry-After", "Idempotency-Replayed", "X-Ignored-Parameters"]
_log = logging.getLogger(__name__)


def create_app(services: Services) -> FastAPI:
    """The application of a server with these services."""
    app = FastAPI(
        title="Motioncast",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.services = services
    # the catalogue's last route takes every other POST: it comes last
    for module in (submit, predictions, health, uploads, files, events, webhooks, account, web, catalogue):
        app.include_router(module.router)
    app.add_middleware(RequestLog, metrics=services.metrics)
    app.add_middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=_EXPOSED
    )
    app.openapi = lambda: document(app)  # type: ignore[method-assign]  # FastAPI's own way to change it
    handlers: tuple[tuple[Any, Any], ...] = (
        (ApiError, _api_error),
        (InputError, _input_error),
        (RequestValidationError, _invalid_request),
        (HTTPException, _http_error),
        (ProcessingError, _unavailable),
        (DBAPIError, _database_error),
        (ClientDisconnect, _hung_up),
    )
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)
    return app


async def _api_error(_: Request, error: ApiError) -> Response:
    return error.response()


async def _input_error(_: Request, error: InputError) -> Response:
    status = 402 if isinstance(error, TooExpensive) else 422 if isinstance(error, KeyReused) else 400
    return ApiError(status, str(error)).response()


async def _invalid_request(_: Request, error: RequestValidationError) -> Response:
    first = error.errors()[0]
    where = str(first["loc"][-1]) if first["loc"] else "request"
    if first["loc"][:1] == ("path",):
        return ApiError(404, "There is nothing here.").response()
    return ApiError(400, f'field "{where}": {first["msg"]}').response()


async def _http_error(_: Request, error: HTTPException) -> Response:
    message = {404: "There is nothing here: see /openapi.json for the routes.", 405: "This route has other methods."}
    text = message.get(error.status_code, str(error.detail))
    return ApiError(error.status_code, text, headers=error.headers).response()


async def _unavailable(_: Request, error: ProcessingError) -> Response:
    _log.error("%s", error)
    return ApiError(503, str(error), code="unavailable", headers={"Retry-After": "5"}).response()


async def _database_error(request: Request, error: DBAPIError) -> Response:
    if not is_full(error):
        _log.exception("database error", exc_info=error)
    reason = "its disk is full: the operator has to make room" if is_full(error) else "its database does not answer"
    message = f"The server cannot take this request now; {reason}."
    return ApiError(503, message, code="unavailable", headers={"Retry-After": "5"}).response()


async def _hung_up(_: Request, __: ClientDisconnect) -> Response:
    return ApiError(400, "The request ended before its body was complete.").response()
