"""A submitted job's parameters: what the hosted endpoint takes, checked one by one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from motioncast.errors import InputError
from motioncast.pricing import MICRO
from motioncast.request import MAX_SEED, Mode, Resolution

FIELDS = ("image", "video", "mode", "prompt", "resolution", "seed", "engine")
FLAGS = ("enable_sync_mode", "enable_base64_output", "webhook_url")
_PROMPT_CHARS = 20_000
_URL_CHARS = 2048
_NAME_CHARS = 100
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")


class InvalidField(InputError):
    """A parameter that cannot be used."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f'field "{field}" {problem}')
        self.field = field


@dataclass(frozen=True, slots=True)
class Submission:
    """The parameters of one job. `image` and `video` are not looked at yet."""

    image: str
    video: str
    prompt: str
    mode: Mode
    resolution: Resolution
    seed: int
    engine: str  #: "" or auto leaves it to the server
    sync_mode: bool
    base64_output: bool
    webhook_url: str | None
    max_cost_micro: int | None
    cancel_after_s: float | None
    ignored: tuple[str, ...]  #: names of parameters that this endpoint does not know


def parse_submission(body: Any, webhook: str | None = None, headers: Mapping[str, str] | None = None) -> Submission:
    """Read a JSON body, the `webhook` of the query (it wins over the body's) and the headers.

    null is absent, unknown names are ignored and reported. Raises `InvalidField`.
    """
    if not isinstance(body, dict):
        raise InvalidField("body", 'must be one JSON object, such as {"image": …, "video": …}')
    values = {str(name): value for name, value in body.items() if value is not None}
    headers = headers or {}
    return Submission(
        image=_media(values, "image"),
        video=_media(values, "video"),
        prompt=_text(values, "prompt", _PROMPT_CHARS),
        mode=Mode(_one_of(values, "mode", [str(mode) for mode in Mode])),
        resolution=Resolution(_one_of(values, "resolution", [str(size) for size in Resolution])),
        seed=_seed(values),
        engine=_text(values, "engine", _NAME_CHARS),
        sync_mode=_flag(values, "enable_sync_mode"),
        base64_output=_flag(values, "enable_base64_output"),
        webhook_url=_webhook(values, webhook),
        max_cost_micro=_max_cost(headers.get("x-max-cost")),
        cancel_after_s=_cancel_after(headers.get("cancel-after")),
        ignored=tuple(sorted(set(values) - {*FIELDS, *FLAGS})),
    )


def _media(values: dict[str, Any], field: str) -> str:
    text = _text(values, field, None).strip()
    if not text:
        raise InvalidField(field, f"is required: give an http(s) URL, a data URI or an uploaded file's URL as {field}")
    if text.startswith("@"):
        raise InvalidField(
            field,
            "names a local file: upload it first with POST /api/v3/media/upload/binary and give the URL it returns",
        )
    return text


def _text(values: dict[str, Any], field: str, limit: int | None) -> str:
    value = values.get(field, "")
    if not isinstance(value, str):
        raise InvalidField(field, "must be a string")
    if limit is not None and len(value) > limit:
        raise InvalidField(field, f"must have at most {limit} characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidField(field, "contains characters that are not valid Unicode") from None
    return value.replace("\0", "")


def _one_of(values: dict[str, Any], field: str, options: list[str]) -> str:
    value = values.get(field, options[0])
    if value not in options:
        raise InvalidField(field, f"must be one of {', '.join(options)}")
    return str(value)


def _seed(values: dict[str, Any]) -> int:
    value = values.get("seed", -1)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not -1 <= value <= MAX_SEED:
        raise InvalidField("seed", f"must be a whole number from -1 to {MAX_SEED}")
    return value


def _flag(values: dict[str, Any], field: str) -> bool:
    value = values.get(field, False)
    if not isinstance(value, bool):
        raise InvalidField(field, "must be true or false")
    return value


def _webhook(values: dict[str, Any], query: str | None) -> str | None:
    in_body = _text(values, "webhook_url", _URL_CHARS)
    if query is not None and len(query) > _URL_CHARS:
        raise InvalidField("webhook", f"must have at most {_URL_CHARS} characters")
    return (query or in_body).strip() or None


def _max_cost(header: str | None) -> int | None:
    if header is None:
        return None
    try:
        dollars = float(header)
    except ValueError:
        dollars = -1.0
    if not 0 <= dollars < 1e9:
        raise InvalidField("X-Max-Cost", "must be a number of dollars, such as 1.50")
    return round(dollars * MICRO)


def _cancel_after(header: str | None) -> float | None:
    if header is None:
        return None
    found = _DURATION.fullmatch(header.strip())
    hours, minutes, seconds = (float(part or 0) for part in found.groups()) if found else (0.0, 0.0, 0.0)
    total = hours * 3600 + minutes * 60 + seconds
    if not 0 < total < 1e7:
        raise InvalidField("Cancel-After", "must be a time such as 90, 90s, 5m or 1h30m")
    return total
