"""Examples for the OpenAPI document: answers by operation, an event stream, and receivers of webhooks."""

from typing import Any

_BASE = "https://motioncast.example"
_ID = "3f0c2d9a7b614e58a1d2c3b4e5f60718"
_MODEL = "wavespeed-ai/wan-2.2/animate"
_OF_IT = f"{_BASE}/api/v3/predictions/{_ID}"
_UPLOAD = f"{_BASE}/m/9b1f6a0c52d84be3a7e0c1d2f3a4b5c6.png"

_WAITING: dict[str, Any] = {
    "id": _ID,
    "model": _MODEL,
    "outputs": [],
    "urls": {"get": f"{_OF_IT}/result", "cancel": f"{_OF_IT}/cancel", "events": f"{_OF_IT}/events"},
    "has_nsfw_contents": [],
    "status": "created",
    "created_at": "2026-01-31T12:00:00.000000Z",
    "error": "",
    "code": 0,
    "executionTime": 0,
    "timings": {"inference": 0},
    "progress": 0.0,
    "stage": "queued",
    "queue_position": 2,
    "eta_seconds": None,
    "cost": 0.2,
    "seed": 7,
    "engine": "puppet",
    "warnings": [],
}
_OUTPUT = f"{_BASE}/o/1770465600/6f1e0c9b7a5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f/{_ID}"
_COMPLETED = _WAITING | {
    "outputs": [f"{_OUTPUT}.mp4"],
    "urls": {**_WAITING["urls"], "poster": f"{_OUTPUT}.jpg"},
    "has_nsfw_contents": [False],
    "status": "completed",
    "executionTime": 21480,
    "timings": {"inference": 15210, "fetch": 310, "track": 4890, "render": 15210},
    "progress": 1.0,
    "stage": "completed",
    "queue_position": None,
}
_FAILED = _WAITING | {
    "status": "failed",
    "error": "1402: The image URL could not be read: its host answered status 404; check that the link is still valid,"
    " or upload the file again.",
    "code": 1402,
    "stage": "failed",
    "queue_position": None,
    "cost": 0.0,
}
_STORED = {"type": "image", "filename": "me.png", "size": 482113, "download_url": _UPLOAD, "url": _UPLOAD}
_PRICE = {
    "model_id": _MODEL,
    "price": 0.4,
    "discounted_price": 0.4,
    "unit_price": 0.4,
    "discount_rate": 100,
    "currency": "USD",
}
_USED = {"total_requests": 12, "success_requests": 11, "total_cost": 2.2}
_LOG = {
    "url": "https://example.com/hook",
    "state": "delivered",
    "attempts": [
        {
            "round": 1,
            "attempt": 1,
            "at": "2026-01-31T12:00:22.104000Z",
            "status": 500,
            "error": "answered 500",
            "duration_ms": 41,
        },
        {"round": 1, "attempt": 2, "at": "2026-01-31T12:00:27.160000Z", "status": 200, "error": "", "duration_ms": 38},
    ],
}
_PREDICTION = {"completed": _COMPLETED, "failed": _FAILED}
_PAGE = {"page": {"page": 1, "total": 1, "items": [_COMPLETED]}}
_DRY_RUN = {
    "valid": True,
    "price": 0.2,
    "currency": "USD",
    "duration_s": 4.2,
    "billed_up_to_s": 120,
    "warnings": [],
    "engine": "puppet",
    "expected_s": 21.5,
    "queue_ahead": 0,
}

_LISTED = {
    "model_id": _MODEL,
    "name": _MODEL,
    "type": "motion-control",
    "base_price": 0.2,
    "description": "Animate a character image with a driving video, or replace the character in it",
    "sort_order": 1,
    "discount_rate": 100,
    "formula": "",
    "prices": {"billing": True, "least_s": 5, "most_s": 120, "per_second": {"480p": 0.04, "720p": 0.08}},
    "api_schema": {
        "api_schemas": [
            {
                "type": "model_run",
                "method": "POST",
                "server": _BASE,
                "api_path": f"/api/v3/{_MODEL}",
                "request_schema": {"type": "object", "required": ["image", "video"], "properties": {}},
            }
        ]
    },
}

#: operation: {case: data}
ANSWERS: dict[str, dict[str, Any]] = {
    "submit": {"job": _WAITING, "dry_run": _DRY_RUN},
    "getResult": _PREDICTION,
    "getPrediction": _PREDICTION,
    "cancelPrediction": {
        "cancelled": _FAILED
        | {"status": "cancelled", "code": 1405, "error": "1405: Cancelled by its owner.", "stage": "cancelled"}
    },
    "listPredictions": _PAGE,
    "listPredictionsByQuery": _PAGE,
    "deletePrediction": {"deleted": {"id": _ID, "status": "deleted"}},
    "deletePredictions": {"deleted": {"deleted_count": 1}},
    "announceUpload": {
        "ticket": _STORED
        | {
            "upload": {
                "method": "PUT",
                "url": f"{_UPLOAD}?t=k3Jx0V9cQ2m7",
                "headers": {"Content-Type": "image/png"},
                "expires_at": "2026-01-31T12:15:00.000000Z",
            }
        }
    },
    "putUpload": {"stored": _STORED},
    "uploadForm": {"stored": _STORED},
    "uploadFromUrl": {"stored": _STORED},
    "inspectUpload": {
        "image": {
            "type": "image",
            "width": 832,
            "height": 1216,
            "duration_s": None,
            "rate": None,
            "preview": "data:image/jpeg;base64,…",
            "skeleton": {"lines": [{"part": "body", "points": [[0.42, 0.31], [0.36, 0.48], [0.33, 0.62]]}]},
            "framing": "half",
        }
    },
    "listModels": {"models": [_LISTED]},
    "price": {"price": _PRICE},
    "pricing": {"price": _PRICE},
    "balance": {"balance": {"balance": 24.6}},
    "webhookSecret": {"secret": {"secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}},
    "webhookLog": {"log": _LOG},
    "redeliverWebhook": {"log": _LOG | {"state": "pending"}},
    "searchBillings": {
        "page": {
            "page": 1,
            "total": 1,
            "has_more": False,
            "items": [
                {
                    "uuid": "c0ffee00c0ffee00c0ffee00c0ffee00",
                    "billing_type": "deduct",
                    "price": 0.2,
                    "created_at": "2026-01-31T12:00:21.480000Z",
                    "updated_at": "2026-01-31T12:00:21.480000Z",
                    "order": {
                        "uuid": "c0ffee00c0ffee00c0ffee00c0ffee00",
                        "state": "paid",
                        "price": 0.2,
                        "origin_price": 0.2,
                        "status": "completed",
                    },
                    "prediction": {"uuid": _ID, "model_uuid": _MODEL, "status": "completed"},
                    "access_key_name": "default",
                    "access_key_uuid": "5d41402abc4b2a76b9719d911017c592",
                }
            ],
        }
    },
    "usage": {
        "usage": {
            "per_model_usage": [{"model_uuid": _MODEL, **_USED}],
            "daily_usage": [{"date": "2026-01-31", **_USED}],
            "summary": _USED,
        }
    },
}

#: the body of a webhook
DELIVERY = _COMPLETED | {
    "input": {
        "image": "https://example.com/me.png",
        "video": "https://example.com/dance.mp4",
        "mode": "animate",
        "prompt": "",
        "resolution": "480p",
        "seed": 7,
    }
}

EVENTS = """event: progress
data: {"id":"3f0c2d9a7b614e58a1d2c3b4e5f60718","status":"processing","stage":"render","progress":0.42,…}

event: preview
data: {"frame":24,"image":"data:image/jpeg;base64,…"}

: still here

event: completed
data: {"id":"3f0c2d9a7b614e58a1d2c3b4e5f60718","status":"completed","outputs":["https://…/….mp4"],…}
"""

#: Functions that verify a delivery.
RECEIVERS = {
    "Python": '''import hashlib
import hmac
import time


def is_genuine(secret, headers, body):
    """Whether the server signed these bytes, less than five minutes ago. Names of headers are in lower case."""
    identity, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "0")
    signed = f"{identity}.{stamp}.".encode() + body
    digest = hmac.new(secret.removeprefix("whsec_").encode(), signed, hashlib.sha256).hexdigest()
    same = hmac.compare_digest(f"v3,{digest}", headers.get("webhook-signature", ""))
    return same and abs(time.time() - int(stamp)) < 300
''',
    "JavaScript": """import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whether the server signed these bytes (a Buffer), less than five minutes ago. Names of headers are in lower case. */
export function isGenuine(secret, headers, body) {
  const stamp = headers['webhook-timestamp'] ?? '0';
  const key = secret.replace(/^whsec_/, '');
  const signed = createHmac('sha256', key).update(`${headers['webhook-id']}.${stamp}.`).update(body);
  const expected = Buffer.from(`v3,${signed.digest('hex')}`);
  const given = Buffer.from(headers['webhook-signature'] ?? '');
  const same = expected.length === given.length && timingSafeEqual(expected, given);
  return same && Math.abs(Date.now() / 1000 - Number(stamp)) < 300;
}
""",
}
