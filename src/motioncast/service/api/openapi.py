"""The OpenAPI document: what FastAPI reads off the routes, completed with what it cannot know."""

from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Header
from fastapi.openapi.utils import get_openapi

from motioncast.service.api.examples import ANSWERS, DELIVERY, EVENTS, RECEIVERS
from motioncast.service.api.problems import PREDICTION_CODES, PROBLEMS, Problem
from motioncast.service.api.schemas import EndedPrediction, Error

_DESCRIPTION = """
Wan 2.2 Animate, self-hosted: a picture and a driving video in, a performed video out. URLs, parameters and webhooks are
those of the hosted endpoint `wavespeed-ai/wan-2.2/animate`, so its SDKs work after changing base URL and key.

Every request but those to an upload's own address carries `Authorization: Bearer <key>`. Every JSON answer comes in one
envelope: `{"code": 200, "message": "success", "data": …}`; errors have the HTTP status in `code` and one sentence in
`message`. Every answer has an `X-Request-Id`; the server's log has more under it.

A job takes three steps: upload the picture and the video (`uploadForm`), submit them (`submit`), then read the
prediction until it has ended (`getResult`) or listen to it (`predictionEvents`).
""".strip()
_TAGS = [
    {"name": "predictions", "description": "Jobs: submit, follow, list, cancel and delete them."},
    {"name": "uploads", "description": "Files of yours on this server, as inputs of jobs."},
    {"name": "webhooks", "description": "How the webhook of a job stands."},
    {"name": "account", "description": "Balance, charges, usage, and the secret of webhooks."},
    {"name": "catalogue", "description": "The model, and what it costs."},
]
#: Not a dependency of FastAPI's, which would cost every request its evaluation.
_KEY_NEEDED: list[dict[str, list[str]]] = [{"key": []}]
_SECURITY = {"key": {"type": "http", "scheme": "bearer", "description": "An API key of this server."}}
_HEADERS = {
    "RequestId": {"description": "Names the request in the server's log.", "schema": {"type": "string"}},
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "IdempotencyReplayed": {"description": "`true`: the answer to an earlier request.", "schema": {"type": "string"}},
    "IgnoredParameters": {"description": "Parameters that are not known here.", "schema": {"type": "string"}},
}
_SUBMIT_ANSWER_HEADERS = {"Idempotency-Replayed": "IdempotencyReplayed", "X-Ignored-Parameters": "IgnoredParameters"}


def _header(name: str, description: str, example: str) -> dict[str, Any]:
    schema = {"type": "string", "examples": [example]}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


#: read off the request by `parse_submission` and `submit`, which FastAPI does not see
_SUBMIT_HEADERS = [
    _header("Idempotency-Key", "The same request with the same key, within 24 h, is the same job.", "order-1027"),
    _header("X-Max-Cost", "Dollars: refuse the job if it costs more.", "0.50"),
    _header("Cancel-After", "Give up after this time.", "5m"),
]
_webhooks = APIRouter()


@_webhooks.post(
    "predictionEnded",
    operation_id="predictionEnded",
    tags=["webhooks"],
    summary="A prediction has ended",
    response_description="Any status from 200 to 299, within 10 s. Redirects are not followed.",
    responses={410: {"description": "Do not try again."}},
    openapi_extra={"x-codeSamples": [{"lang": lang, "source": source} for lang, source in RECEIVERS.items()]},
)
def _prediction_ended(
    body: EndedPrediction,
    webhook_id: Annotated[str, Header(description="Id of the prediction. A delivery may come twice.")],
    webhook_timestamp: Annotated[int, Header(description="Seconds since 1970, of this attempt.")],
    webhook_signature: Annotated[
        str, Header(description="`v3,` and the HMAC-SHA256 of `id.timestamp.body` in lower-case hexadecimal.")
    ],
) -> None:
    """Posted to the address that was given as `webhook` with the job, however the job has ended.

    The signing key is the secret of the API key (`webhookSecret`) without its beginning `whsec_`, as text. Verify the
    bytes as they came, before any JSON parser has seen them, and refuse timestamps older than five minutes.

    Anything but 200 to 299 is tried again after 5 s, 30 s, 2 min, 10 min, 1 h and 6 h, unless the operator has set
    other waits (`MOTIONCAST_WEBHOOK_RETRIES_S`). Every attempt has a fresh timestamp and signature, and the same bytes.
    410 ends it at once, a third answer of 400 to 499 as well. The address must be public and https, unless the operator
    has named its host in `MOTIONCAST_ALLOW_HOSTS`.
    """


def document(app: FastAPI) -> dict[str, Any]:
    """The document of an application, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _build(app, app.state.services.settings.public_url or "/")
    return app.openapi_schema


def _build(app: FastAPI, server: str) -> dict[str, Any]:
    built = get_openapi(
        title=app.title,
        version=app.version,
        summary="Wan 2.2 Animate, self-hosted.",
        description=_DESCRIPTION,
        routes=app.routes,
        webhooks=_webhooks.routes,
        tags=_TAGS,
        servers=[{"url": server}],
    )
    components = built["components"]
    components["securitySchemes"] = _SECURITY
    components["headers"] = _HEADERS
    components["responses"] = _shared_failures()
    for path, operations in built["paths"].items():
        for operation in operations.values():
            _complete(path, operation)
    for operations in built["webhooks"].values():
        for operation in operations.values():
            operation["responses"].pop("422")
            operation["responses"]["200"].pop("content")
            operation["requestBody"]["content"]["application/json"]["examples"] = {"completed": {"value": DELIVERY}}
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    built["x-request-problems"] = [problem.listed() for problem in PROBLEMS]
    built["x-prediction-codes"] = [
        {"code": entry.code, "cause": entry.cause, "cure": entry.cure} for entry in PREDICTION_CODES
    ]
    return built


def _shared_failures() -> dict[str, Any]:
    shared: dict[str, list[Problem]] = {}
    for problem in PROBLEMS:
        if problem.operations is None and problem.message:
            shared.setdefault(str(problem.status), []).append(problem)
    return {status: _described(cases) for status, cases in shared.items()}


def _complete(path: str, operation: dict[str, Any]) -> None:
    name, responses = operation["operationId"], operation["responses"]
    by_ticket = path.startswith("/m/")  # the ticket is the permission
    operation["security"] = [] if by_ticket else _KEY_NEEDED
    if by_ticket:
        responses.pop("401", None)
    _correct_validation(operation)
    if name == "submit":
        operation["parameters"] = [*operation.get("parameters", []), *_SUBMIT_HEADERS]
    for status in responses.keys() - {"200"}:
        responses[status] = _failure(name, int(status))
    _describe_success(name, responses["200"])
    operation["responses"] = {status: responses[status] for status in sorted(responses)}


def _correct_validation(operation: dict[str, Any]) -> None:
    """FastAPI promises 422 with a body of its own; here it is 400 in the envelope, or 404 for a path that cannot be."""
    responses = operation["responses"]
    if "HTTPValidationError" not in str(responses.get("422", "")):
        return
    del responses["422"]
    if any(parameter["in"] == "query" for parameter in operation["parameters"]):
        responses.setdefault("400", {})


def _failure(name: str, status: int) -> dict[str, Any]:
    """What a status of an operation means: a link to what all share, unless there are cases of its own."""
    cases = [problem for problem in PROBLEMS if problem.concerns(name, status)]
    shared = all(case.operations is None for case in cases)
    return {"$ref": f"#/components/responses/{status}"} if shared else _described(cases)


def _described(cases: list[Problem]) -> dict[str, Any]:
    """A failure, with every case, an example of its answer, and its cure."""
    shown = {
        f"case{number}": {"summary": case.when, "description": case.cure, "value": case.answer()}
        for number, case in enumerate(cases, 1)
    }
    headers = _header_links({"Retry-After": "RetryAfter"} if cases[0].status in (429, 503) else {})
    content = {"schema": {"$ref": f"#/components/schemas/{Error.__name__}"}, "examples": shown}
    text = "\n".join(f"- {case.when} {case.cure}" for case in cases)
    return {"description": text, "headers": headers, "content": {"application/json": content}}


def _describe_success(name: str, response: dict[str, Any]) -> None:
    response["headers"] = _header_links(_SUBMIT_ANSWER_HEADERS if name == "submit" else {})
    for media_type, content in response["content"].items():
        if media_type == "text/event-stream":
            content["examples"] = {"events": {"value": EVENTS}}
        elif name in ANSWERS:
            content["examples"] = {
                case: {"value": {"code": 200, "message": "success", "data": data}}
                for case, data in ANSWERS[name].items()
            }


def _header_links(names: dict[str, str]) -> dict[str, Any]:
    return {
        header: {"$ref": f"#/components/headers/{name}"}
        for header, name in {"X-Request-Id": "RequestId", **names}.items()
    }
