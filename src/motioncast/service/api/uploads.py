"""Uploads by ticket and by form, and their download."""

import mimetypes
from collections.abc import AsyncIterator
from pathlib import PurePosixPath
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from motioncast.errors import InputError
from motioncast.media.sniff import MediaType
from motioncast.service import uploads
from motioncast.service.accounts import Caller
from motioncast.service.api.auth import CallerOf, limit_submits
from motioncast.service.api.body import limited, read_model
from motioncast.service.api.envelope import ApiError, ok
from motioncast.service.api.files import send_file
from motioncast.service.api.parameters import Announce, Inspect, WebAddress
from motioncast.service.api.present import base_url
from motioncast.service.api.schemas import Inspection, StoredUpload, Ticket, answers
from motioncast.service.api.services import Services, ServicesOf
from motioncast.service.database import now_us
from motioncast.service.prediction_view import timestamp
from motioncast.service.storage_keys import arriving_key, upload_key
from motioncast.service.uploads import Receipt, Upload

router = APIRouter(tags=["uploads"])
UploadId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Extension = Annotated[str, Path(pattern="^[a-z0-9]{1,8}$")]
_FORM_OVERHEAD = 1 << 20
_BAD_TICKET = "This upload ticket is not valid, was used, or is older than 15 minutes: get a new one."
_UNKNOWN = MediaType("video", "bin", "application/octet-stream")


@router.post(
    "/api/v3/media/uploads",
    operation_id="announceUpload",
    summary="Announce an upload",
    responses=answers(Ticket, 400, 413),
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": Announce.model_json_schema()}}}},
)
async def announce(request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """Announce a file; the answer says where to PUT its bytes."""
    wanted = await read_model(request, Announce)
    size = wanted.size or 0
    if size > services.settings.upload_bytes:
        raise _too_large(services)
    promised = _promised(wanted)
    ticket = await run_in_threadpool(_open, services, caller, wanted.filename, promised, size)
    url = f"{base_url(request, services)}/m/{ticket.upload_id}.{ticket.extension}"
    return ok(
        {
            "type": promised.kind,
            "filename": wanted.filename,
            "size": size,
            "download_url": url,
            "url": url,
            "upload": {
                "method": "PUT",
                "url": f"{url}?t={ticket.token}",
                "headers": {"Content-Type": wanted.content_type or promised.mime},
                "expires_at": timestamp(ticket.expires_at),
            },
        }
    )


def _open(services: Services, caller: Caller, filename: str, promised: MediaType, size: int) -> uploads.Ticket:
    with services.database.write() as connection:
        return uploads.open_ticket(connection, caller.account_id, filename, promised, size)


def _promised(wanted: Announce) -> MediaType:
    """The caller's word on what he is going to send."""
    suffix = PurePosixPath(wanted.filename).suffix.lower().lstrip(".")
    mime = wanted.content_type or mimetypes.guess_type(wanted.filename)[0] or ""
    kind = mime.split("/")[0]
    if kind not in ("image", "video", "audio"):
        return _UNKNOWN
    extension = suffix if suffix.isascii() and suffix.isalnum() and len(suffix) <= 8 else "bin"
    return MediaType(kind, extension, mime)


@router.put(
    "/m/{upload_id}.{extension}",
    operation_id="putUpload",
    summary="Send an announced file",
    responses=answers(StoredUpload, 403, 404, 413, 415),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def put(
    request: Request, upload_id: UploadId, extension: Extension, services: ServicesOf, t: Annotated[str, Query()] = ""
) -> Response:
    """Send the bytes of an announced file. The ticket in the URL is the permission; no key is needed."""
    row = await run_in_threadpool(_ticketed, services, upload_id, t)
    if row is None or row.extension != extension:
        raise ApiError(403, _BAD_TICKET)
    receipt, arrived = Receipt(), arriving_key()
    await services.storage.receive(arrived, _counted(request, services, receipt))
    try:
        stored = await run_sync(services.desk.accept, row, receipt, arrived, limiter=services.heavy_work)
    except InputError as error:
        raise ApiError(415, str(error)) from None
    if stored is None:
        raise ApiError(403, _BAD_TICKET)
    return ok(_stored(request, services, stored))


def _ticketed(services: Services, upload_id: str, token: str) -> Upload | None:
    with services.database.read() as connection:
        return uploads.find_ticket(connection, upload_id, token)


async def _counted(request: Request, services: Services, receipt: Receipt) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        receipt.take(chunk)
        if receipt.size > services.settings.upload_bytes:
            raise _too_large(services)
        yield chunk


@router.post(
    "/api/v3/media/upload/binary",
    operation_id="uploadForm",
    summary="Upload a file",
    responses=answers(StoredUpload, 400, 413, 415),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {"file": {"type": "string", "format": "binary"}},
                    }
                }
            },
        }
    },
)
@router.post("/api/v2/media/upload/binary", include_in_schema=False)
@router.post("/api/v3/upload", include_in_schema=False)
async def upload_form(request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """Upload one file as the form field `file`."""
    most = services.settings.upload_bytes + _FORM_OVERHEAD
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise _too_large(services)
    try:
        form = await limited(request, most, _too_large(services)).form(max_files=4, max_fields=16)
    except (HTTPException, AssertionError, ValueError):
        form = None
    file = form.get("file") if form is not None else None
    if form is None or not isinstance(file, UploadFile):
        raise ApiError(400, "Send one file as the field `file` of a multipart form.")
    try:
        if (file.size or 0) > services.settings.upload_bytes:
            raise _too_large(services)
        name = file.filename or "file"
        stored = await run_sync(services.desk.add, caller.account_id, name, file.file, limiter=services.heavy_work)
    except InputError as error:
        raise ApiError(415, str(error)) from None
    finally:
        await form.close()
    return ok(_stored(request, services, stored))


@router.post(
    "/api/v3/media/upload/url",
    operation_id="uploadFromUrl",
    summary="Upload from the web",
    responses=answers(StoredUpload, 400, 413, 429),
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": WebAddress.model_json_schema()}}}
    },
)
async def upload_from_url(request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """Have the server fetch a file from the web and keep it as an upload."""
    limit_submits(services, caller)
    wanted = await read_model(request, WebAddress)
    fetch = services.fetcher.fetch
    try:
        stored = await run_sync(fetch, caller.account_id, wanted.url, limiter=services.fetches)
    except InputError as error:
        raise ApiError(400, str(error)) from None
    return ok(_stored(request, services, stored))


@router.post(
    "/api/v3/media/inspect",
    operation_id="inspectUpload",
    summary="Inspect an upload",
    responses=answers(Inspection, 400, 413, 429),
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": Inspect.model_json_schema()}}}
    },
)
async def inspect(request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """Look at an uploaded file as a job would: its size and length, the person in it, how much of him is in view."""
    limit_submits(services, caller)
    wanted = await read_model(request, Inspect)
    base = base_url(request, services)
    return ok(await run_sync(_inspect, services, caller, wanted, base, limiter=services.looks))


def _inspect(services: Services, caller: Caller, wanted: Inspect, base: str) -> dict[str, Any]:
    source = services.finder.find(caller, wanted.type, wanted.url, (base,))
    if source.stored["kind"] != "stored":
        raise ApiError(
            400, "Only files of this server can be looked at: upload it, or have it fetched, and give its URL."
        )
    return services.rehearsal.inspect(source, wanted.type)


def _stored(request: Request, services: Services, row: Upload) -> dict[str, Any]:
    url = f"{base_url(request, services)}/m/{row.id}.{row.extension}"
    return {"type": row.kind, "filename": row.filename, "size": row.size, "download_url": url, "url": url}


@router.api_route("/m/{upload_id}.{extension}", methods=["GET", "HEAD"], include_in_schema=False)
async def download(request: Request, upload_id: UploadId, extension: Extension, services: ServicesOf) -> Response:
    """The bytes of an upload, for whoever knows its address."""
    row = await run_in_threadpool(_find, services, upload_id)
    kept_since = now_us() - services.settings.retention_us
    if row is None or row.extension != extension or row.stored_at is None or row.created_at < kept_since:
        raise ApiError(404, "This upload is not here, or no longer: upload it again.")
    return await send_file(request, services.storage, upload_key(row.id, row.extension), row.mime)


def _find(services: Services, upload_id: str) -> Upload | None:
    with services.database.read() as connection:
        return uploads.find(connection, upload_id)


def _too_large(services: Services) -> ApiError:
    return ApiError(413, f"The file is larger than {services.settings.upload_mib} MiB, the limit of this server.")
