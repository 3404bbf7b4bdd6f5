"""Bodies of requests, no larger than they may be."""

from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.types import Message

from motioncast.service.api.envelope import ApiError
from motioncast.service.submitting import parse_json

_SMALL = 1 << 20
_Model = TypeVar("_Model", bound=BaseModel)


async def read_body(request: Request, limit: int = _SMALL) -> bytes:
    """The whole body. Raises 413 as soon as it is known to be too large."""
    announced = request.headers.get("content-length", "")
    too_large = ApiError(413, f"The body is larger than {limit >> 20} MiB: upload large files and give their URLs.")
    if announced.isdecimal() and int(announced) > limit:
        raise too_large
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_large
        chunks.append(chunk)
    return b"".join(chunks)


async def read_model(request: Request, model: type[_Model]) -> _Model:
    """The body as `model`; no body is an empty object. Raises 400 naming the field."""
    body = await read_body(request)
    return check_model(model, parse_json(body) if body.strip() else {})


def check_model(model: type[_Model], values: object) -> _Model:
    """Validate values. Raises 400 naming the field."""
    if not isinstance(values, dict):
        raise ApiError(400, "The body must be one JSON object.")
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise ApiError(400, f'field "{field}": {first["msg"]}') from None


def limited(request: Request, limit: int, error: ApiError) -> Request:
    """The request with a body that raises `error` once it is longer than `limit`, whatever it announced."""
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise error
        return message

    return Request(request.scope, receive)
