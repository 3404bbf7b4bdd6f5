"""Sending stored files, whole or in ranges, and the signed links to outputs."""

import re
import time
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from motioncast.service import links, predictions
from motioncast.service.api.envelope import ApiError
from motioncast.service.api.services import Services, ServicesOf
from motioncast.service.storage import Storage
from motioncast.service.storage_keys import poster_key

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
router = APIRouter(include_in_schema=False)


@router.api_route("/o/{expires}/{signature}/{prediction_id}.{extension}", methods=["GET", "HEAD"])
async def output(
    request: Request,
    expires: Annotated[int, Path(ge=0, lt=10**12)],
    signature: Annotated[str, Path(max_length=64)],
    prediction_id: Annotated[str, Path(pattern="^[0-9a-f]{32}$")],
    extension: Annotated[str, Path(pattern="^(mp4|jpg)$")],
    services: ServicesOf,
) -> Response:
    """A finished video or its poster, for whoever has its link."""
    if not links.is_valid(services.link_secret, prediction_id, expires, signature, extension):
        raise ApiError(404, "There is no such output.")
    if expires < time.time():
        raise ApiError(404, "This link has expired; the output is no longer kept.")
    key = await run_in_threadpool(_output_key, services, prediction_id)
    if key is None:
        raise ApiError(404, "This output was deleted.")
    if extension == "jpg":
        return await send_file(request, services.storage, poster_key(prediction_id), "image/jpeg")
    return await send_file(request, services.storage, key, "video/mp4")


def _output_key(services: Services, prediction_id: str) -> str | None:
    with services.database.read() as connection:
        row = predictions.find(connection, prediction_id)
    return None if row is None else row.output_key


async def send_file(request: Request, storage: Storage, key: str, mime: str) -> Response:
    """A stored object; honours one range (RFC 9110, 14)."""
    size = await run_in_threadpool(storage.size, key)
    if size is None:
        raise ApiError(404, "This file is not here, or no longer.")
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    chosen = _range(request.headers.get("range", ""), size)
    if chosen is None:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
    start, end = chosen
    headers["Content-Length"] = str(end - start)
    status = 200
    if "range" in request.headers and (start, end) != (0, size):
        status = 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=mime)
    return StreamingResponse(storage.chunks(key, start, end), status, headers, media_type=mime)


def _range(header: str, size: int) -> tuple[int, int] | None:
    """(start, end) to send: everything where there is no range that we serve; None where it lies outside."""
    found = _RANGE.fullmatch(header.strip())
    if not found or found.groups() == ("", ""):
        return 0, size
    first, last = found.groups()
    if not first:
        return (max(0, size - int(last)), size) if int(last) else None
    if int(first) >= size or (last and int(last) < int(first)):
        return None
    return int(first), min(int(last) + 1, size) if last else size
