"""The log of a prediction's webhook, and sending it again."""

from fastapi import APIRouter
from starlette.responses import Response

from motioncast.service import webhooks
from motioncast.service.api.auth import CallerOf, limit_submits
from motioncast.service.api.envelope import ApiError, ok
from motioncast.service.api.predictions import PredictionId, own
from motioncast.service.api.schemas import WebhookLog, answers
from motioncast.service.api.services import Services, ServicesOf
from motioncast.service.prediction_view import timestamp

router = APIRouter(tags=["webhooks"])


@router.get(
    "/api/v3/predictions/{prediction_id}/webhook",
    operation_id="webhookLog",
    summary="Read the log of a webhook",
    responses=answers(WebhookLog, 404),
)
def log(prediction_id: PredictionId, services: ServicesOf, caller: CallerOf) -> Response:
    """Where the webhook goes, how it stands, and every attempt."""
    return ok(_log(services, own(services, caller, prediction_id).id))


@router.post(
    "/api/v3/predictions/{prediction_id}/webhook/redeliver",
    operation_id="redeliverWebhook",
    summary="Send a webhook again",
    responses=answers(WebhookLog, 404, 429),
)
def redeliver(prediction_id: PredictionId, services: ServicesOf, caller: CallerOf) -> Response:
    """Begin the attempts again, with the same id and body."""
    limit_submits(services, caller)
    row = own(services, caller, prediction_id)
    with services.database.write() as connection:
        round_ = webhooks.redeliver(connection, row.id)
    if round_ is not None:
        services.upkeep.redeliver(row.id, round_)
    return ok(_log(services, row.id))


def _log(services: Services, prediction_id: str) -> dict[str, object]:
    with services.database.read() as connection:
        row, attempts = webhooks.log(connection, prediction_id)
    if row is None:
        raise ApiError(404, "No webhook is due for this prediction: none was asked for, or it has not ended.")
    listed = [
        {
            "round": entry.round,
            "attempt": entry.attempt,
            "at": timestamp(entry.at),
            "status": entry.status,
            "error": entry.error,
            "duration_ms": entry.duration_ms,
        }
        for entry in attempts
    ]
    return {"url": row.url, "state": row.state, "attempts": listed}
