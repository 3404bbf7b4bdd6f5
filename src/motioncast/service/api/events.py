"""Server-sent events of one prediction: its progress, previews of its frames, its end."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from motioncast.service import predictions
from motioncast.service.api.auth import CallerOf
from motioncast.service.api.predictions import PredictionId, current_row, own
from motioncast.service.api.present import present
from motioncast.service.api.schemas import Error
from motioncast.service.api.services import Services, ServicesOf
from motioncast.service.predictions import ENDED
from motioncast.service.storage_keys import preview_key

_QUIET_S = 10.0
router = APIRouter(tags=["predictions"])


@router.get(
    "/api/v3/predictions/{prediction_id}/events",
    operation_id="predictionEvents",
    summary="Listen to a prediction",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Events"},
        401: {"model": Error},
        404: {"model": Error},
        503: {"model": Error},
    },
)
async def events(request: Request, prediction_id: PredictionId, services: ServicesOf, caller: CallerOf) -> Response:
    """`progress` with the prediction, `preview` with a JPEG as data URI, and at last an event named as the status."""
    row = await run_in_threadpool(own, services, caller, prediction_id)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(request, services, row), headers=headers, media_type="text/event-stream")


async def _stream(request: Request, services: Services, row: predictions.Prediction) -> AsyncIterator[str]:
    shown = 0
    async with services.watcher.watch(row) as subscription:
        while True:
            data = await run_in_threadpool(present, request, services, row)
            if row.status in ENDED:
                yield _event(row.status, data)
                return
            yield _event("progress", data)
            if row.preview > shown and (image := await run_in_threadpool(_preview, services, row.id)):
                shown = row.preview
                yield _event("preview", {"frame": shown, "image": image})
            while not await subscription.change(_QUIET_S):
                yield ": still here\n\n"
            current = await run_in_threadpool(current_row, services, row.id)
            if current is None:
                yield _event("deleted", {"id": row.id})
                return
            row = current


def _preview(services: Services, prediction_id: str) -> str | None:
    image = services.storage.get(preview_key(prediction_id))
    return None if image is None else "data:image/jpeg;base64," + base64.b64encode(image).decode()


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"
