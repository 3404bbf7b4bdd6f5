"""The shapes of requests and answers, for the OpenAPI document and for clients generated from it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from motioncast.request import MAX_SEED

Status = Literal["created", "processing", "completed", "failed", "cancelled", "timeout"]


class Prediction(BaseModel):
    """One job."""

    id: str = Field(pattern="^[0-9a-f]{32}$")
    model: str
    outputs: list[str] = Field(description="URLs of the finished video, or its base64; empty until completed.")
    urls: dict[str, str]
    has_nsfw_contents: list[bool]
    status: Status
    created_at: str
    error: str = Field(description="Empty unless the job failed.")
    code: int = Field(description="0, or why the job failed; 5004 where a synchronous wait ended first.")
    executionTime: int = Field(description="Milliseconds from beginning to end.")  # noqa: N815
    timings: dict[str, int]
    progress: float = Field(ge=0, le=1)
    stage: str
    queue_position: int | None
    eta_seconds: float | None
    cost: float = Field(description="US dollars, held while the job is open.")
    seed: int = Field(description="The seed used.")
    engine: str
    warnings: list[str]


class ListedPrediction(Prediction):
    """A prediction in a list; with `include_inputs`, the parameters too."""

    input: dict[str, Any] | None = None
    inputs: dict[str, Any] | None = None


class PredictionPage(BaseModel):
    page: int
    total: int
    items: list[ListedPrediction]


class Ticket(BaseModel):
    """Where to PUT the bytes of an announced file."""

    type: Literal["image", "video", "audio"]
    filename: str
    size: int
    download_url: str
    url: str
    upload: dict[str, Any]


class StoredUpload(BaseModel):
    type: Literal["image", "video", "audio"]
    filename: str
    size: int
    download_url: str
    url: str


class Price(BaseModel):
    model_id: str
    price: float
    discounted_price: float
    unit_price: float
    discount_rate: int
    currency: str


class DeletedMany(BaseModel):
    deleted_count: int


class DeletedOne(BaseModel):
    id: str
    status: Literal["deleted"]


class Balance(BaseModel):
    balance: float


class WebhookSecret(BaseModel):
    secret: str


class DryRun(BaseModel):
    valid: bool
    price: float
    currency: str
    duration_s: float | None
    billed_up_to_s: int
    warnings: list[str]


class BillingPage(BaseModel):
    page: int
    total: int
    has_more: bool
    items: list[dict[str, Any]]


class Usage(BaseModel):
    per_model_usage: list[dict[str, Any]]
    daily_usage: list[dict[str, Any]]
    summary: dict[str, float]


class WebhookLog(BaseModel):
    url: str
    state: Literal["pending", "delivered", "failed"]
    attempts: list[dict[str, Any]]


class Error(BaseModel):
    """Every answer that is not a success."""

    code: int
    message: str
    error: str
    error_code: str | None = None


class Submit(BaseModel):
    """Parameters of a job. Unknown names are ignored and reported; null is absent."""

    model_config = ConfigDict(extra="allow")

    image: str = Field(description="Reference image: http(s) URL, data URI, base64, or the URL of an upload.")
    video: str = Field(description="Driving video, likewise; its first 120 s are used.")
    mode: Literal["animate", "replace"] | None = "animate"
    prompt: str | None = Field("", max_length=20_000)
    resolution: Literal["480p", "720p"] | None = "480p"
    seed: int | None = Field(-1, ge=-1, le=MAX_SEED)
    enable_sync_mode: bool | None = False
    enable_base64_output: bool | None = False
    webhook_url: str | None = Field(None, max_length=2048)


class Announce(BaseModel):
    """A file that is going to be uploaded."""

    model_config = ConfigDict(extra="ignore")

    filename: str = Field("file", max_length=1024)
    size: int | None = Field(None, ge=0)
    content_type: str | None = Field(None, max_length=256)


class ListQuery(BaseModel):
    """Which predictions to list. Times are ISO 8601."""

    model_config = ConfigDict(extra="ignore")

    page: int | None = Field(None, ge=1, le=1_000_000)
    page_size: int | None = Field(None, ge=1, le=100)
    model: str | None = None
    status: str | None = None
    created_after: str | None = None
    created_before: str | None = None
    include_inputs: bool | None = None


class DeleteMany(BaseModel):
    ids: list[str] = Field(max_length=1000)


class PriceQuery(BaseModel):
    model_config = ConfigDict(extra="ignore", protected_namespaces=())

    model_id: str
    inputs: dict[str, Any] | None = None


class BillingQuery(BaseModel):
    """Which charges and refunds to list. Times are ISO 8601 or milliseconds since 1970."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())

    page: int | None = Field(None, ge=1, le=1_000_000)
    page_size: int | None = Field(None, ge=1, le=100)
    billing_type: Literal["deduct", "refund", ""] | None = None
    prediction_uuids: list[str] | None = Field(None, max_length=1000)
    sort: str | None = None
    start_time: str | int | None = None
    end_time: str | int | None = None
    model_uuid: str | None = None
    access_key_uuid: str | None = None


class UsageQuery(BaseModel):
    model_config = ConfigDict(extra="ignore", protected_namespaces=())

    start_time: str | int | None = None
    end_time: str | int | None = None
    model_uuid: str | None = None


#: Of routes that need a key. Not a dependency of FastAPI's, which would cost every request its evaluation.
KEY_NEEDED: list[dict[str, list[str]]] = [{"key": []}]
SECURITY_SCHEMES = {"key": {"type": "http", "scheme": "bearer", "description": "An API key of this server"}}


def answers(data: Any, *errors: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: 200 with `data` in the envelope, 401, 503, and further errors."""
    name = "".join(part for part in str(getattr(data, "__name__", data)).split(".")[-1] if part.isalnum())
    envelope = type(
        f"{name}Envelope",
        (BaseModel,),
        {"__annotations__": {"code": Literal[200], "message": str, "data": data}},
    )
    documented: dict[int | str, dict[str, Any]] = {200: {"model": envelope}}
    return documented | {status: {"model": Error} for status in sorted({401, 503, *errors})}
