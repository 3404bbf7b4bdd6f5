"""A prediction as callers see it: every field always there, of the type that the strictest client wants."""

from datetime import UTC, datetime
from typing import Any

from motioncast.pricing import dollars
from motioncast.service.links import output_path
from motioncast.service.predictions import ENDED, Prediction


def view(
    row: Prediction,
    *,
    secret: bytes,
    base: str | None = None,
    queue_position: int | None = None,
    as_failed: bool = False,
    base64_output: str | None = None,
) -> dict[str, Any]:
    """The prediction object.

    `base` begins its URLs, by default the address it was submitted to. `as_failed` says failed for cancelled and
    timeout. `base64_output` replaces the link.
    """
    base = base or row.base_url
    path = f"{base}/api/v3/predictions/{row.id}"
    completed = row.status == "completed"
    status = "failed" if as_failed and row.status in ("cancelled", "timeout") else row.status
    outputs, urls = [], {"get": f"{path}/result", "cancel": f"{path}/cancel", "events": f"{path}/events"}
    if completed:
        expires_s = row.output_expires_at // 1_000_000
        outputs.append(base64_output or base + output_path(secret, row.id, expires_s))
        urls["poster"] = base + output_path(secret, row.id, expires_s, "jpg")
    return {
        "id": row.id,
        "model": row.model,
        "outputs": outputs,
        "urls": urls,
        "has_nsfw_contents": [row.nsfw] if completed else [],
        "status": status,
        "created_at": timestamp(row.created_at),
        "error": row.error,
        "code": row.code,
        "executionTime": _ran_ms(row),
        "timings": {"inference": 0, **row.timings},
        "progress": round(row.progress, 4),
        "stage": row.stage if row.status not in ENDED else row.status,
        "queue_position": queue_position,
        "eta_seconds": None if row.eta_s is None else round(row.eta_s, 1),
        "cost": dollars(row.cost_micro),
        "seed": row.seed,
        "engine": row.engine,
        "warnings": row.warnings,
    }


def _ran_ms(row: Prediction) -> int:
    """From beginning to end; 0 where it has not ended, or where the clock was set back."""
    return 0 if not row.finished_at else max(0, row.finished_at - (row.started_at or row.finished_at)) // 1000


def timestamp(us: int) -> str:
    """RFC 3339 in UTC, to the microsecond."""
    return datetime.fromtimestamp(us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{us % 1_000_000:06d}Z"
