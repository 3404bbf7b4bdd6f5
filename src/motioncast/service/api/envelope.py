"""The envelope around every JSON answer, and the errors in it."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response


def ok(data: Any, headers: Mapping[str, str] | None = None) -> Response:
    """200 with `{"code": 200, "message": "success", "data": …}`."""
    return json_response(200, {"code": 200, "message": "success", "data": data}, headers)


def json_response(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
    """Any JSON answer."""
    body = json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    return Response(body, status, dict(headers or {}), media_type="application/json")


class ApiError(Exception):
    """An answer that is not a success. The message is one sentence for the caller."""

    def __init__(self, status: int, message: str, *, code: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.headers = status, message, code, headers

    def response(self) -> Response:
        """The error in the envelope's shape. `error` repeats the message for clients that read it there."""
        content: dict[str, Any] = {"code": self.status, "message": self.message, "error": self.message}
        if self.code:
            content["error_code"] = self.code
        return json_response(self.status, content, self.headers)
