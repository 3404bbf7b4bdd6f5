"""From what the user typed (a path or an http(s) URL) to a file on this machine."""

import re
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Literal

import httpx

from motioncast.errors import InputError, ProcessingError

MAX_BYTES = 2 << 30
MAX_REDIRECTS = 5
TIMEOUT = httpx.Timeout(30.0, connect=10.0)  #: seconds without a byte
TOTAL_TIMEOUT_S = 1800.0  #: for the whole download, against a server that drips

What = Literal["image", "video"]
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]+)://|^(data):", re.IGNORECASE)


def local_file(reference: str | Path, workdir: Path, what: What) -> Path:
    """A readable file for `reference`: the path itself, or an http(s) URL downloaded into `workdir`.

    Raises InputError if there is no such file, it is empty or a directory, or the URL cannot be fetched.
    """
    scheme = _SCHEME.match(reference) if isinstance(reference, str) else None
    if scheme is None:
        return _checked(Path(reference), what)
    name = (scheme[1] or scheme[2]).lower()
    if name in ("http", "https"):
        return _download(str(reference), workdir, what)
    hint = "give the file's path instead" if name == "file" else "give a path or an http(s) URL"
    raise InputError(f"The {what} cannot be read from a {name}: address; {hint}.")


def _checked(path: Path, what: What) -> Path:
    try:
        if path.is_dir():
            raise InputError(f"The {what} {path} is a directory; give the path of one file.")
        if not path.is_file():
            raise InputError(f"The {what} {path} does not exist; check the path.")
        if path.stat().st_size == 0:
            raise InputError(f"The {what} {path} is empty (0 bytes); check how it was made.")
        with path.open("rb"):
            pass
    except (OSError, ValueError) as error:  # no permission, a name too long, a NUL in it
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"The {what} {_short(str(path))} cannot be read: {reason}.") from error
    return path


def _download(url: str, workdir: Path, what: What) -> Path:
    suffix = PurePosixPath(url.split("?")[0].split("#")[0]).suffix
    target = workdir / f"{what}{suffix if re.fullmatch(r'[.][A-Za-z0-9]{1,5}', suffix) else ''}"
    try:
        _stream_to(target, url, what)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise InputError(f"The {what} URL {_short(url)} could not be fetched: {_reason(error)}.") from error
    except OSError as error:
        raise ProcessingError(f"The {what} could not be stored in {workdir}: {error.strerror}.") from error
    return target


def _stream_to(target: Path, url: str, what: What) -> None:
    finished = False
    try:
        with (
            httpx.Client(timeout=TIMEOUT, follow_redirects=True, max_redirects=MAX_REDIRECTS) as client,
            client.stream("GET", url) as response,
            target.open("wb") as file,
        ):
            response.raise_for_status()
            _copy(response, file.write, url, what)
        finished = True
    finally:
        if not finished:
            target.unlink(missing_ok=True)


def _copy(response: httpx.Response, write: Callable[[bytes], int], url: str, what: What) -> None:
    too_big = InputError(f"The {what} at {_short(url)} is larger than {MAX_BYTES >> 30} GiB; give a smaller file.")
    announced = response.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > MAX_BYTES:
        raise too_big
    received, deadline = 0, time.monotonic() + TOTAL_TIMEOUT_S
    for chunk in response.iter_bytes(1 << 20):
        received += len(chunk)
        if received > MAX_BYTES:
            raise too_big
        if time.monotonic() > deadline:
            raise InputError(f"The {what} at {_short(url)} took longer than {TOTAL_TIMEOUT_S / 60:.0f} minutes.")
        write(chunk)
    if received == 0:
        raise InputError(f"The {what} at {_short(url)} is empty (0 bytes); check how it was made.")


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"the server answered {error.response.status_code} {error.response.reason_phrase}".rstrip()
    if isinstance(error, httpx.TimeoutException):
        return "the server did not answer in time"
    if isinstance(error, httpx.TooManyRedirects):
        return f"it redirects more than {MAX_REDIRECTS} times"
    return str(error).rstrip(".") or type(error).__name__


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:197]}..."
