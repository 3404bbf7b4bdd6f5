"""Rows as the answer to a particular request."""

import base64
import re
from typing import Any

from fastapi import Request

from motioncast.service.api.services import Services
from motioncast.service.prediction_view import view
from motioncast.service.predictions import Prediction

_HOST = re.compile(r"[A-Za-z0-9._\-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


def base_url(request: Request, services: Services) -> str:
    """Under which address the caller knows this server: the public one, or what he asked for."""
    if services.settings.public_url:
        return services.settings.public_url
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        host = f"{services.settings.host}:{services.settings.port}"
    return f"{request.url.scheme}://{host}"


def present(request: Request, services: Services, row: Prediction, *, inline: bool = True) -> dict[str, Any]:
    """The prediction object for this caller; not `inline`, outputs are links even where base64 was asked for."""
    old_client = services.settings.failed_for_old_clients and "x-client-name" not in request.headers
    return view(
        row,
        secret=services.link_secret,
        base=base_url(request, services),
        queue_position=services.queue.position(row.seq) if row.status == "created" else None,
        as_failed=old_client,
        base64_output=_base64(services, row) if inline and row.base64_output and row.status == "completed" else None,
    )


def _base64(services: Services, row: Prediction) -> str:
    return base64.b64encode(services.storage.get(row.output_key) or b"").decode()
