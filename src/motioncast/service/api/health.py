"""For whoever operates the server: is it alive, can it run jobs, and how does it do?"""

import sqlalchemy as sa
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from motioncast.service.api.envelope import json_response
from motioncast.service.api.services import ServicesOf

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> Response:
    """200 while the process answers."""
    return json_response(200, {"status": "ok"})


@router.get("/readyz")
def readyz(services: ServicesOf) -> Response:
    """200 once jobs can run."""
    with services.database.read() as connection:
        connection.execute(sa.text("SELECT 1"))
    wanted, ready = services.settings.workers, services.supervisor.ready
    good = ready > 0 or wanted == 0
    return json_response(200 if good else 503, {"status": "ok" if good else "starting", "workers": ready})


@router.get("/metrics")
def metrics(services: ServicesOf) -> Response:
    """Prometheus' text format."""
    return Response(services.metrics.render(services), media_type=CONTENT_TYPE_LATEST)
