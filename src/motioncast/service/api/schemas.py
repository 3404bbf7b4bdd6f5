"""The shapes of answers, for the OpenAPI document and for clients generated from it."""

from typing import Any, Literal, get_args

from pydantic import BaseModel, Field

Status = Literal["created", "processing", "completed", "failed", "cancelled", "timeout"]


class Prediction(BaseModel):
    """One job."""

    id: str = Field(pattern="^[0-9a-f]{32}$", description="Names the job in every other route.")
    model: str = Field(description="Always wavespeed-ai/wan-2.2/animate.")
    outputs: list[str] = Field(description="URL of the finished video, or its base64; empty until completed.")
    urls: dict[str, str] = Field(description="Addresses for reading it, cancelling it and listening to it.")
    has_nsfw_contents: list[bool] = Field(description="Whether the output looks explicit; empty until completed.")
    status: Status = Field(description="The last four are final.")
    created_at: str = Field(description="RFC 3339, UTC.")
    error: str = Field(description="Empty unless the job failed.")
    code: int = Field(description="0, or why the job failed; 5004 where a synchronous wait ended first.")
    executionTime: int = Field(description="Milliseconds from beginning to end.")  # noqa: N815
    timings: dict[str, int] = Field(description="Milliseconds by stage.")
    progress: float = Field(ge=0, le=1, description="Share of the work that is done.")
    stage: str = Field(description="queued, fetch, prepare, track, render, finish; at last the status.")
    queue_position: int | None = Field(description="Jobs before it, while it waits.")
    eta_seconds: float | None = Field(description="Estimated seconds until it ends; null while there is no estimate.")
    cost: float = Field(description="US dollars, held while the job is open.")
    seed: int = Field(description="The seed used.")
    engine: str = Field(description="The engine that renders it.")
    warnings: list[str] = Field(
        description="What may spoil the result, such as a small face. The job runs all the same."
    )


class ListedPrediction(Prediction):
    """A prediction; with `include_inputs`, the parameters too."""

    input: dict[str, Any] | None = Field(None, description="The parameters that were sent, with `include_inputs`.")
    inputs: dict[str, Any] | None = Field(None, description="The same, for clients that look for this name.")


class EndedPrediction(Prediction):
    """The body of a webhook: the prediction itself, without an envelope."""

    input: dict[str, Any] = Field(description="The parameters that were sent.")


class PredictionPage(BaseModel):
    page: int = Field(description="The page that this is, from 1.")
    total: int = Field(description="Predictions on all pages.")
    items: list[ListedPrediction]


class Ticket(BaseModel):
    """Where to PUT the bytes of an announced file."""

    type: Literal["image", "video", "audio"] = Field(description="What the announced type says.")
    filename: str
    size: int = Field(description="Bytes, as announced.")
    download_url: str = Field(description="The same as `url`.")
    url: str = Field(description="The address that the file will have.")
    upload: dict[str, Any] = Field(description="What to send: `method`, `url`, `headers`; good until `expires_at`.")


class StoredUpload(BaseModel):
    """A file on this server."""

    type: Literal["image", "video", "audio"] = Field(description="What its bytes are.")
    filename: str
    size: int = Field(description="Bytes.")
    download_url: str = Field(description="The same as `url`.")
    url: str = Field(description="Its address: give it as `image` or `video` of a job.")


class SkeletonLine(BaseModel):
    part: Literal["body", "face", "hand"]
    points: list[tuple[float, float]] = Field(description="From left and top, 0 to 1 of width and height.")


class Skeleton(BaseModel):
    lines: list[SkeletonLine]


class Inspection(BaseModel):
    """What is seen in a picture, or in the first frame of a video."""

    type: Literal["image", "video"]
    width: int
    height: int
    duration_s: float | None
    rate: float | None = Field(description="Frames per second of a video.")
    preview: str = Field(description="A small JPEG as data URI.")
    skeleton: Skeleton | None = Field(description="Null where nobody was found.")
    framing: Literal["portrait", "half", "full"] | None


class Prices(BaseModel):
    """How a job is billed: whole seconds of the driving video, at least `least_s` and at most `most_s`."""

    billing: bool = Field(description="False where the operator charges nothing.")
    least_s: int
    most_s: int
    per_second: dict[str, float] = Field(description="US dollars, by resolution.")


class Model(BaseModel):
    """A model of this server."""

    model_id: str
    name: str
    type: str
    base_price: float = Field(description="US dollars: what the shortest job costs.")
    description: str
    sort_order: int
    discount_rate: int
    formula: str
    prices: Prices
    api_schema: dict[str, Any] = Field(description="`api_schemas[0].request_schema` describes its parameters.")


class Price(BaseModel):
    """What a job costs. There are no discounts here: the three prices are the same."""

    model_id: str
    price: float = Field(description="US dollars.")
    discounted_price: float
    unit_price: float
    discount_rate: int = Field(description="Per cent of the price that is to be paid: always 100.")
    currency: str


class DeletedMany(BaseModel):
    deleted_count: int = Field(description="How many there were; unknown ids do not count.")


class DeletedOne(BaseModel):
    id: str
    status: Literal["deleted"]


class Balance(BaseModel):
    balance: float = Field(description="US dollars.")


class WebhookSecret(BaseModel):
    secret: str = Field(description="Begins with whsec_; the rest is the signing key, as text.")


class DryRun(BaseModel):
    """What a job would do and cost: the answer to `?dry_run=true`."""

    valid: bool
    price: float = Field(description="US dollars.")
    currency: str
    duration_s: float | None = Field(description="Length of the video.")
    billed_up_to_s: int = Field(description="Seconds of it that are used and billed at most.")
    warnings: list[str] = Field(description="What may spoil the result.")
    engine: str = Field(description="The engine that would render it.")
    expected_s: float | None = Field(description="Seconds of work; null where nothing like it has run here yet.")
    queue_ahead: int = Field(description="Jobs that wait or run already.")


class BillingPage(BaseModel):
    page: int = Field(description="The page that this is, from 1.")
    total: int = Field(description="Entries on all pages.")
    has_more: bool
    items: list[dict[str, Any]] = Field(description="Charges (`deduct`) and refunds (`refund`), `price` in US dollars.")


class Usage(BaseModel):
    """Jobs and what they cost. Only completed ones cost something."""

    per_model_usage: list[dict[str, Any]]
    daily_usage: list[dict[str, Any]] = Field(description="Days (UTC) without jobs are left out.")
    summary: dict[str, float]


class WebhookLog(BaseModel):
    """How the webhook of a prediction stands."""

    url: str
    state: Literal["pending", "delivered", "failed"] = Field(description="failed: no further attempts will be made.")
    attempts: list[dict[str, Any]] = Field(description="In order; `status` is null where no answer came.")


class Error(BaseModel):
    """Every answer that is not a success."""

    code: int = Field(description="The HTTP status.")
    message: str = Field(description="One sentence that says what is wrong.")
    error: str = Field(description="The same, for clients that look for this name.")
    error_code: str | None = Field(None, description="A name for programs, on some errors.")


def answers(data: Any, *errors: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: 200 with `data` in the envelope, 401, 503, and further errors."""
    kinds = get_args(data) or (data,)  # of `Prediction | DryRun` and `list[Model]`
    envelope = type(
        "Or".join(kind.__name__ for kind in kinds) + "Envelope",
        (BaseModel,),
        {"__annotations__": {"code": Literal[200], "message": str, "data": data}},
    )
    documented: dict[int | str, dict[str, Any]] = {200: {"model": envelope}}
    return documented | {status: {"model": Error} for status in sorted({401, 503, *errors})}
