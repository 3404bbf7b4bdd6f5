"""What can go wrong with a request or a job, and the cure: for the OpenAPI document. docs/errors.md says the same."""

from dataclasses import asdict, dataclass
from typing import Any

from motioncast.service import conclusion

_MEDIA = ("submit", "inspectUpload", "uploadFromUrl")
_SENDERS = ("announceUpload", "putUpload", "uploadForm", "uploadFromUrl")
_TIMED = ("listPredictions", "listPredictionsByQuery", "searchBillings", "usage")


@dataclass(frozen=True, slots=True)
class Problem:
    """A request that gets no success."""

    status: int
    when: str
    cure: str
    message: str  #: what an answer says, for example
    error_code: str = ""
    operations: tuple[str, ...] | None = None  #: where it can happen; None: wherever the status is documented

    def concerns(self, operation: str, status: int) -> bool:
        """Whether it belongs to the answers of an operation with a status."""
        return status == self.status and (self.operations is None or operation in self.operations)

    def answer(self) -> dict[str, Any]:
        """An example of the answer."""
        named = {"error_code": self.error_code} if self.error_code else {}
        return {"code": self.status, "message": self.message, "error": self.message} | named

    def listed(self) -> dict[str, Any]:
        """The problem as a row of a table."""
        return {name: asdict(self)[name] for name in ("status", "error_code", "when", "cure", "message")}


PROBLEMS = (
    Problem(
        400,
        "A parameter is missing or not usable.",
        'The message names it, as `field "name"`: correct it.',
        'field "resolution" must be one of 480p, 720p',
    ),
    Problem(
        400,
        "A time is not ISO 8601.",
        "Give one such as `2026-01-31T12:00:00Z`.",
        'field "created_after" must be an ISO 8601 time, such as 2026-01-31T12:00:00Z',
        operations=_TIMED,
    ),
    Problem(
        400,
        "A field names a local file (`@file`).",
        "Upload it first, and give the URL that comes back.",
        'field "image" names a local file: upload it first with POST /api/v3/media/upload/binary and give the URL it'
        " returns",
        operations=("submit",),
    ),
    Problem(
        400,
        "The URL is one of this server, but of no file that is here.",
        "The upload has expired or belongs to another account: upload again.",
        'field "image" is an address of this server, but of no file that is here: upload it again',
        operations=_MEDIA,
    ),
    Problem(
        400,
        "The address could not be fetched.",
        "Check it in a browser. Private addresses have to be allowed with `MOTIONCAST_ALLOW_HOSTS`.",
        'field "url" must be an address that begins with http:// or https://',
        operations=("uploadFromUrl",),
    ),
    Problem(
        400,
        "The webhook's address cannot be used.",
        "Give a public https address, or have the operator add the host to `MOTIONCAST_ALLOW_HOSTS`.",
        'field "webhook" must be an https address',
        operations=("submit",),
    ),
    Problem(
        400,
        "`enable_base64_output` and a webhook were both asked for.",
        "Choose one of them.",
        "enable_base64_output cannot be combined with a webhook: choose one of them.",
        operations=("submit",),
    ),
    Problem(
        401,
        "There is no key, or it is unknown or was revoked.",
        "Send `Authorization: Bearer <key>`; `motioncast keys create` makes a key.",
        "Send your API key as `Authorization: Bearer <key>`.",
        "unauthorized",
    ),
    Problem(
        402,
        "The balance does not cover the price, or `X-Max-Cost` is lower than it.",
        "`motioncast account credit KEY AMOUNT` adds to the balance; raise or drop `X-Max-Cost`.",
        "The balance of $0.10 does not cover $0.40, the price of this job. The operator adds to it with"
        " `motioncast account credit`.",
    ),
    Problem(
        403,
        "The upload ticket was used, is older than 15 minutes, or is wrong.",
        "Ask for a new one with `POST /api/v3/media/uploads`.",
        "This upload ticket is not valid, was used, or is older than 15 minutes: get a new one.",
    ),
    Problem(
        404,
        "There is no such prediction in this account: deleted, expired, or never there.",
        "Check the id; `POST /api/v3/predictions` lists what is there.",
        "Prediction not found",
        "prediction_not_found",
        (
            "getResult",
            "getPrediction",
            "cancelPrediction",
            "deletePrediction",
            "predictionEvents",
            "webhookLog",
            "redeliverWebhook",
        ),
    ),
    Problem(
        404,
        "No webhook was asked for, or the job has not ended.",
        "Give `?webhook=` when you submit, and wait for the end.",
        "No webhook is due for this prediction: none was asked for, or it has not ended.",
        operations=("webhookLog", "redeliverWebhook"),
    ),
    Problem(
        404,
        "Another model than `wavespeed-ai/wan-2.2/animate` was asked for.",
        "There is only this one.",
        "There is no model 'sora' here; the only one is wavespeed-ai/wan-2.2/animate.",
        "model_not_found",
        ("price", "pricing"),
    ),
    Problem(
        404,
        "A link to an upload or an output has expired, or the file was deleted.",
        "Read the prediction for a fresh link, or upload again.",
        "This link has expired; the output is no longer kept.",
        operations=("putUpload",),
    ),
    Problem(405, "The route has other methods.", "See the list of operations.", "This route has other methods."),
    Problem(
        413,
        "The body or the file is larger than this server takes.",
        "Upload large files instead of sending them inline; the limits are `MOTIONCAST_BODY_MIB` and"
        " `MOTIONCAST_UPLOAD_MIB`.",
        "The file is larger than 300 MiB, the limit of this server.",
    ),
    Problem(
        415,
        "The bytes are no image, video or sound that is known.",
        "Convert the file; its name does not matter, its bytes do.",
        "The file is of no known kind; give PNG, JPEG, WebP, MP4, MOV or WebM.",
        operations=_SENDERS,
    ),
    Problem(416, "The `Range` lies outside the file.", "Ask for bytes inside it.", ""),
    Problem(
        422,
        "The `Idempotency-Key` was used for another request.",
        "Give every request a key of its own.",
        "This Idempotency-Key was used for another request: give every request a key of its own.",
    ),
    Problem(
        429,
        "The key has asked more often within a minute than `MOTIONCAST_RATE_LIMIT` allows.",
        "Wait as many seconds as `Retry-After` says.",
        "This key has sent 600 jobs, dry runs and files to look at within a minute: wait 12 s.",
        "rate_limited",
    ),
    Problem(
        500,
        "A defect of the server.",
        "The log has more under the answer's `X-Request-Id`; please report it.",
        "The server failed; the operator's log says more under the X-Request-Id.",
    ),
    Problem(
        503,
        "The server's disk is full, or its database does not answer.",
        "The operator makes room; the same request may be sent again.",
        "The server cannot take this request now; its database does not answer.",
        "unavailable",
    ),
)


@dataclass(frozen=True, slots=True)
class PredictionCode:
    """Why a prediction has no result."""

    code: int
    cause: str
    cure: str


PREDICTION_CODES = (
    PredictionCode(
        conclusion.MODERATED,
        "The picture, the video or the result looks explicit, and this server refuses that.",
        "Other media; the policy is the operator's (`MOTIONCAST_MODERATION`).",
    ),
    PredictionCode(
        conclusion.INVALID,
        "The image or the video cannot be used: damaged, too small, too large, without a person.",
        "The message says which and why.",
    ),
    PredictionCode(
        conclusion.UNREACHABLE,
        "The address of the image or the video could not be read: unknown host, private address, status of its host,"
        " too large, too slow, or not media.",
        "Check the link, or upload the file.",
    ),
    PredictionCode(
        conclusion.EXECUTION,
        "The job failed although its inputs were fine: too little memory, a missing model file.",
        "The message says what; `motioncast models` fetches the networks.",
    ),
    PredictionCode(
        conclusion.TASK_FAILED, "It was cancelled by its owner, or `Cancel-After` has passed.", "Submit again."
    ),
    PredictionCode(
        conclusion.NO_CREDIT,
        "The balance, or `X-Max-Cost`, does not cover the exact price, which is known after probing.",
        "Credit the account; raise `X-Max-Cost`.",
    ),
    PredictionCode(
        conclusion.INTERNAL,
        "The worker died three times on this job, or a defect of the server.",
        "Try smaller media; the operator's log has the details.",
    ),
    PredictionCode(conclusion.UNAVAILABLE, "The server's disk is full.", "Make room, then submit again."),
    PredictionCode(
        conclusion.TOOK_TOO_LONG,
        "With status `timeout`: the job ran longer than `MOTIONCAST_JOB_S`.",
        "A shorter clip, or a higher limit.",
    ),
    PredictionCode(
        conclusion.TOOK_TOO_LONG,
        "With status `processing`: only the synchronous wait has ended, and the job goes on.",
        "Poll `urls.get`.",
    ),
)
