"""A deadline over everything that happens on the sockets of an HTTP exchange."""

import math
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpcore2
import httpx2


class HostUnreachable(httpx2.ConnectError):
    """No socket could be opened to the host; the text is half a sentence fit for a user."""


class OutOfTime(httpx2.TimeoutException):
    """The whole of an exchange took longer than it may."""


class TimedBackend(httpcore2.SyncBackend):
    """Sockets that together live no longer than `total_s` from now, whatever trickles through them.

    A wait that would pass the end raises `OutOfTime`. A body too large for the socket's buffer is sent in several
    waits, of which only the first is counted.
    """

    def __init__(self, total_s: float) -> None:
        self._end = time.monotonic() + total_s

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **kwargs: Any
    ) -> httpcore2.NetworkStream:
        """See httpcore2."""
        with self.step(timeout) as seconds:
            return _TimedStream(super().connect_tcp(host, port, seconds, *args, **kwargs), self)

    @contextmanager
    def step(self, timeout: float | None) -> Iterator[float]:
        """Gives the seconds that one wait may take."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise OutOfTime("")
        try:
            yield min(left, math.inf if timeout is None else timeout)
        except httpcore2.TimeoutException:
            if timeout is None or left < timeout:
                raise OutOfTime("") from None
            raise


class _TimedStream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream, clock: TimedBackend) -> None:
        self._inner, self._clock = inner, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with self._clock.step(timeout) as seconds:
            return self._inner.read(max_bytes, seconds)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with self._clock.step(timeout) as seconds:
            self._inner.write(buffer, seconds)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            with self._clock.step(timeout) as seconds:
                return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, seconds), self._clock)
        except httpcore2.ConnectError as error:
            unsure = isinstance(error.__cause__, ssl.SSLCertVerificationError)
            raise HostUnreachable("its host's certificate is not valid" if unsure else "its host refused TLS") from None
        except OutOfTime:
            self.close()
            raise

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
