"""From an http(s) URL to a file on this machine, within limits of size and time."""

import errno
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import httpx2

from motioncast.errors import InputError, ProcessingError
from motioncast.media.guard import HostPolicy, guarded_client
from motioncast.media.source import What
from motioncast.media.wire import HostUnreachable, OutOfTime, TimedBackend

MAX_REDIRECTS = 5

_GONE = {404, 403, 410}
#: Clients of the hosted service take some words of an error (429, timeout, connection…) for a reason to submit the job
#: again, so none of them may stand in these sentences, and no text of a library is passed on.
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (httpx2.TooManyRedirects, f"it redirects more than {MAX_REDIRECTS} times"),
    (httpx2.UnsupportedProtocol, "it leads to something that is not an http(s) URL"),
    (httpx2.DecodingError, "its host sent damaged data"),
    (httpx2.RemoteProtocolError, "its host broke off before the end, or is no web server"),
    (httpx2.NetworkError, "its host broke off before the end"),
    (httpx2.RequestError, "its host cannot be reached"),
)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How much a download may take."""

    max_bytes: int = 2 << 30
    total_s: float = 1800.0  #: for all of it, redirects included
    idle_s: float = 30.0  #: without a byte
    connect_s: float = 10.0  #: until a host's address answers


def download(
    url: str,
    workdir: Path,
    what: What,
    policy: HostPolicy,
    limits: FetchLimits,
    on_chunk: Callable[[], None] = lambda: None,
) -> Path:
    """The file at an http(s) URL, stored in `workdir`; never a file of this machine.

    `on_chunk` is called as bytes arrive, and what it raises ends the download.

    `limits.total_s` is held at the socket, for TLS, headers and body alike; not covered are the look-up of a host name,
    which ends when the system's resolver gives up, and the writing of the file.

    Raises `InputError` if the URL is not http(s), its host may not be reached by `policy`, or it gives no file within
    `limits`; `ProcessingError` if the file cannot be stored.
    """
    suffix = PurePosixPath(url.split("?")[0].split("#")[0]).suffix
    target = workdir / f"{what}{suffix if re.fullmatch(r'[.][A-Za-z0-9]{1,5}', suffix) else ''}"
    try:
        _stream_to(target, url, what, policy, limits, on_chunk)
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
        raise InputError(f"The {what} URL could not be read: {_reason(error, limits)}.") from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "there is no space left on the disk" if full else "the folder for it cannot be written to"
        raise ProcessingError(f"The {what} could not be stored: {reason}.") from error
    return target


def _stream_to(
    target: Path, url: str, what: What, policy: HostPolicy, limits: FetchLimits, on_chunk: Callable[[], None]
) -> None:
    timeout = httpx2.Timeout(limits.idle_s, connect=limits.connect_s)
    wire = TimedBackend(limits.total_s)
    finished = False
    try:
        with (
            guarded_client(policy, timeout=timeout, max_redirects=MAX_REDIRECTS, wire=wire) as client,
            client.stream("GET", url) as response,
            target.open("wb") as file,
        ):
            response.raise_for_status()
            _copy(response, file.write, f"The {what} at its URL", limits.max_bytes, on_chunk)
        finished = True
    finally:
        if not finished:
            target.unlink(missing_ok=True)


def _copy(
    response: httpx2.Response, write: Callable[[bytes], int], subject: str, max_bytes: int, on_chunk: Callable[[], None]
) -> None:
    too_big = InputError(f"{subject} is larger than {_size(max_bytes)}; give a smaller file.")
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise too_big
    received = 0
    for chunk in response.iter_bytes():
        on_chunk()
        received += len(chunk)
        if received > max_bytes:
            raise too_big
        write(chunk)
    if received == 0:
        raise InputError(f"{subject} is empty (0 bytes); check how it was made.")


def _reason(error: Exception, limits: FetchLimits) -> str:
    if isinstance(error, httpx2.HTTPStatusError):
        return _status_reason(error.response.status_code)
    if isinstance(error, HostUnreachable):
        return str(error)
    if isinstance(error, OutOfTime):
        return f"it took longer than {_duration(limits.total_s)}"
    if isinstance(error, httpx2.TimeoutException):
        waited_s = limits.connect_s if isinstance(error, httpx2.ConnectTimeout) else limits.idle_s
        return f"its host did not answer within {_duration(waited_s)}"
    return next((text for kind, text in _REASONS if isinstance(error, kind)), "it is not a valid URL")


def _status_reason(status: int) -> str:
    if status == 429:
        return "its host refuses more requests for now"
    hint = "; check that the link is still valid, or upload the file again" if status in _GONE else ""
    return f"its host answered status {status}{hint}"


def _size(count: int) -> str:
    for shift, unit in ((30, "GiB"), (20, "MiB")):
        if count >= 1 << shift:
            return f"{count / (1 << shift):.4g} {unit}"
    return f"{count} bytes"


def _duration(seconds: float) -> str:
    return f"{seconds / 60:g} minutes" if seconds >= 120 else f"{seconds:g} s"
