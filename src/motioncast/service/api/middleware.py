"""Around every request: an id that is echoed and logged, and a count."""

import logging
import re
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from motioncast.service.api.envelope import ApiError
from motioncast.service.api.metrics import Metrics
from motioncast.service.ids import new_id
from motioncast.service.logs import context

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._\-]{1,128}")
_QUIET = {"/healthz", "/readyz", "/metrics"}
_log = logging.getLogger("motioncast.access")


class RequestLog:
    """Plain ASGI, so that streams and hung-up callers pass through untouched."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        request_id = given.decode() if _REQUEST_ID.fullmatch(given) else new_id()
        status, started, began = 500, False, time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        scope.setdefault("state", {})  # routes add facts to it
        token = context.set({"request_id": request_id})
        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            _log.exception("request failed")
            if started:
                raise
            message = "The server failed; the operator's log says more under the X-Request-Id."
            await ApiError(500, message).response()(scope, receive, send_with_id)
        finally:
            self._note(scope, status, time.perf_counter() - began)
            context.reset(token)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self._metrics.requests.labels(scope["method"], route, status).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        if scope["path"] not in _QUIET and (status >= 400 or scope["method"] != "GET"):
            facts = {"method": scope["method"], "path": scope["path"], "status": status, "ms": round(seconds * 1000)}
            _log.info("request", extra={"facts": facts | scope["state"].get("facts", {})})
