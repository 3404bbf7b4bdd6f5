"""The shapes of what requests carry: they are checked by them, and described by them in the OpenAPI document."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from motioncast.request import MAX_SEED


class Submit(BaseModel):
    """Parameters of a job. Unknown names are ignored and reported; null is absent."""

    model_config = ConfigDict(extra="allow")

    image: str = Field(
        description="The character: the URL of an upload, any http(s) URL, a data URI, or base64.",
        examples=["https://example.com/me.png"],
        json_schema_extra={"x-accept": "image/*"},
    )
    video: str = Field(
        description="The performance, likewise. Its first 120 s are used.",
        examples=["https://example.com/dance.mp4"],
        json_schema_extra={"x-accept": "video/*"},
    )
    mode: Literal["animate", "replace"] | None = Field(
        "animate",
        description="animate: the character of the image performs. replace: it takes the performer's place.",
    )
    prompt: str | None = Field("", max_length=20_000, description="For engines that read one.")
    resolution: Literal["480p", "720p"] | None = Field("480p", description="$0.04 a second at 480p, $0.08 at 720p.")
    seed: int | None = Field(-1, ge=-1, le=MAX_SEED, description="The same seed gives the same video. -1 draws one.")
    enable_sync_mode: bool | None = Field(False, description="Answer when the job has ended, or after 90 s.")
    enable_base64_output: bool | None = Field(False, description="The video itself in `outputs`, in place of a URL.")
    webhook_url: str | None = Field(
        None,
        max_length=2048,
        description="Gets the prediction once it has ended; the same as the query's `webhook`, which wins.",
        examples=["https://example.com/hook"],
    )
    engine: str | None = Field(None, description="One that this server offers (see the catalogue); its own by default.")


class Announce(BaseModel):
    """A file that is going to be uploaded."""

    model_config = ConfigDict(extra="ignore")

    filename: str = Field("file", max_length=1024, description="Its ending tells the type.", examples=["me.png"])
    size: int | None = Field(None, ge=0, description="Bytes: refused at once where they are too many.")
    content_type: str | None = Field(None, max_length=256, description="Its type, if the name does not tell.")


class WebAddress(BaseModel):
    """A file on the web that the server is to fetch."""

    model_config = ConfigDict(extra="ignore")

    url: str = Field(
        max_length=4096, description="Its public http(s) address.", examples=["https://example.com/dance.mp4"]
    )


class Inspect(BaseModel):
    """An uploaded file to look at."""

    model_config = ConfigDict(extra="ignore")

    url: str = Field(
        max_length=4096, description="The URL of an upload.", json_schema_extra={"x-accept": "image/*,video/*"}
    )
    type: Literal["image", "video"] = Field(description="What it is going to be in a job.")


class ListQuery(BaseModel):
    """Which predictions to list. Times are ISO 8601."""

    model_config = ConfigDict(extra="ignore")

    page: int | None = Field(None, ge=1, le=1_000_000, description="From 1.")
    page_size: int | None = Field(None, ge=1, le=100, description="100 if it is not said.")
    model: str | None = Field(None, description="Only those of this model.")
    status: str | None = Field(None, description="Only those that stand so.", examples=["completed"])
    created_after: str | None = Field(None, description="Only newer ones.", examples=["2026-01-31T12:00:00Z"])
    created_before: str | None = Field(None, description="Only older ones.", examples=["2026-02-28T12:00:00Z"])
    include_inputs: bool | None = Field(None, description="With the parameters of each, as `input`.")


class DeleteMany(BaseModel):
    """Which predictions to remove."""

    ids: list[str] = Field(max_length=1000, examples=[["3f0c2d9a7b614e58a1d2c3b4e5f60718"]])


class PriceQuery(BaseModel):
    """The model, and the inputs that its price depends on."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())

    model_id: str = Field(description="There is one.", examples=["wavespeed-ai/wan-2.2/animate"])
    inputs: dict[str, Any] | None = Field(
        None,
        description="`resolution`, and `video` as the URL of an upload: its length counts.",
        examples=[{"resolution": "720p"}],
    )


class BillingQuery(BaseModel):
    """Which charges and refunds to list. Times are ISO 8601 or milliseconds since 1970."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())

    page: int | None = Field(None, ge=1, le=1_000_000, description="From 1.")
    page_size: int | None = Field(None, ge=1, le=100, description="10 if it is not said.")
    billing_type: Literal["deduct", "refund", ""] | None = Field(None, description="Only charges, or only refunds.")
    prediction_uuids: list[str] | None = Field(None, max_length=1000, description="Only those of these predictions.")
    sort: str | None = Field(None, description="Newest first; oldest first where it contains `asc`.")
    start_time: str | int | None = Field(None, description="From this time on.", examples=["2026-01-01T00:00:00Z"])
    end_time: str | int | None = Field(None, description="Until this time.")
    model_uuid: str | None = Field(None, description="Only those of this model.")
    access_key_uuid: str | None = Field(None, description="Only those of this key.")


class UsageQuery(BaseModel):
    """Which jobs to count. Times are ISO 8601 or milliseconds since 1970."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())

    start_time: str | int | None = Field(None, description="From this time on, 31 days before the end at most.")
    end_time: str | int | None = Field(None, description="Until this time; now if it is not said.")
    model_uuid: str | None = Field(None, description="Only those of this model.")
