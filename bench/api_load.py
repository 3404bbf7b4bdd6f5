"""The load generator of `python -m bench api`, in a process of its own: prebuilt requests over kept-alive connections.

`python -m bench.api_load` reads one JSON object from standard input (see `Load`) and writes one (see `measure`). It
imports nothing but the standard library and looks at no more of an answer than its status and its end, so that the
server is the bottleneck; its own CPU time is in the result so that this can be checked.
"""

import asyncio
import json
import random
import re
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

MODEL_PATH = "/api/v3/wavespeed-ai/wan-2.2/animate"
_SEEDS = 2**31 - 1
_SHOWN_IDS = 200
_ANSWER_S = 30.0  #: an answer that has not come after this long is a failed request
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ID = re.compile(rb'"id": ?"([0-9a-f]{32})"')


@dataclass
class Load:
    """What to send."""

    host: str
    port: int
    key: str
    seconds: float
    connections: int
    ids: list[str] = field(default_factory=list)  #: predictions to poll in turn; none: creates are sent
    rate: float | None = None  #: requests a second, sent on time whether or not answers come; None: as fast as answered


class Client(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, due: float) -> None:
        """Send the next request, whose time counts from `due`."""
        assert self._transport is not None
        self._due = due
        self._transport.write(self._run.next_request())

    def data_received(self, data: bytes) -> None:
        received = self._received = self._received + data
        end = received.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(received, 0, end)
        if length is None or len(received) < end + 4 + int(length[1]):
            return
        self._received = b""
        self._run.answered(self, received, time.perf_counter() - self._due)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._run.over.is_set():
            self._run.fail(f"the server closed a connection: {error or 'without a reason'}")

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.abort()


class Run:
    """One measurement."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._requests = _polls(load) if load.ids else _creates(load)
        self._free: deque[Client] = deque()
        self._late: deque[float] = deque()  #: times at which requests were due while every connection was busy
        self._open = 0
        self._all_sent = False
        self._end = float("inf")
        self.over = asyncio.Event()
        self.problem = ""
        self.latencies_s: list[float] = []
        self.ids: list[str] = []

    def next_request(self) -> bytes:
        """The bytes of the next request."""
        self._open += 1
        return next(self._requests)

    def answered(self, client: Client, answer: bytes, seconds: float) -> None:
        """Note an answer; the connection sends again where there is something to send."""
        self._open -= 1
        self.latencies_s.append(seconds)
        if not answer.startswith(b"HTTP/1.1 200"):
            self.fail(f"the server answered {answer[:300]!r}")
        if not self._load.ids and len(self.ids) < _SHOWN_IDS and (found := _ID.search(answer)):
            self.ids.append(found[1].decode())
        now = time.perf_counter()
        if self._load.rate is None and now < self._end:
            client.send(now)
        elif self._late:
            client.send(self._late.popleft())
        else:
            self._free.append(client)
            self._finish(self._all_sent or self._load.rate is None)

    def _finish(self, all_sent: bool) -> None:
        self._all_sent = all_sent
        if all_sent and not self._open and not self._late:
            self.over.set()

    def fail(self, problem: str) -> None:
        """End the run."""
        self.problem = self.problem or problem
        self.over.set()

    async def go(self) -> float:
        """Send for as long as wanted and wait for the last answer; returns the seconds from first to last."""
        loop = asyncio.get_running_loop()
        clients: list[Client] = []
        for _ in range(self._load.connections):
            _, client = await loop.create_connection(lambda: Client(self), self._load.host, self._load.port)
            clients.append(client)
        began = time.perf_counter()
        self._end = began + self._load.seconds
        if self._load.rate is None:
            for client in clients:
                client.send(time.perf_counter())
        else:
            self._free.extend(clients)
            await self._pace(began, self._load.rate)
        try:
            async with asyncio.timeout_at(loop.time() + max(0.0, self._end - time.perf_counter()) + _ANSWER_S):
                await self.over.wait()
        except TimeoutError:
            self.fail(f"{self._open} requests were not answered within {_ANSWER_S:.0f} s")
        took = time.perf_counter() - began
        for client in clients:
            client.close()
        return took

    async def _pace(self, began: float, rate: float) -> None:
        for number in count():
            due = began + number / rate
            if due >= self._end or self.over.is_set():
                break
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            if self._free:
                self._free.popleft().send(due)
            else:
                self._late.append(due)
        self._finish(all_sent=True)


def measure(load: Load) -> dict[str, Any]:
    """Run a load: `latencies_s`, `seconds` until the last answer, `cpu_s` of this process, `ids` of new predictions."""
    before = time.process_time()

    async def run() -> tuple[Run, float]:
        made = Run(load)
        return made, await made.go()

    made, seconds = asyncio.run(run())
    return {
        "problem": made.problem,
        "latencies_s": made.latencies_s,
        "seconds": seconds,
        "cpu_s": time.process_time() - before,
        "ids": made.ids,
    }


def poll_request(host: str, key: str, prediction_id: str) -> bytes:
    """The bytes of a poll."""
    return f"GET /api/v3/predictions/{prediction_id}/result HTTP/1.1\r\n{_headers(host, key)}\r\n".encode()


def create_request(host: str, key: str, seed: int, **inputs: Any) -> bytes:
    """The bytes of a submit whose inputs are addresses. Of another seed it is another request, not a repetition."""
    body = {"image": "https://example.com/character.png", "video": "https://example.com/motion.mp4"}
    text = json.dumps({**body, "prompt": "a dancer on a stage", "resolution": "480p", "seed": seed, **inputs})
    head = f"POST {MODEL_PATH} HTTP/1.1\r\n{_headers(host, key)}Content-Type: application/json\r\n"
    return f"{head}Content-Length: {len(text)}\r\n\r\n{text}".encode()


def _headers(host: str, key: str) -> str:
    return f"Host: {host}\r\nAuthorization: Bearer {key}\r\nAccept: */*\r\nUser-Agent: motioncast-bench\r\n"


def _polls(load: Load) -> Iterator[bytes]:
    built = [poll_request(f"{load.host}:{load.port}", load.key, prediction_id) for prediction_id in load.ids]
    while True:
        yield from built


def _creates(load: Load) -> Iterator[bytes]:
    built = create_request(f"{load.host}:{load.port}", load.key, _SEEDS)  # of full length, replaced by as many digits
    mark = str(_SEEDS).encode()
    while True:
        yield built.replace(mark, b"%d" % random.randrange(10**9, _SEEDS))


def main() -> None:
    """Measure what standard input asks for."""
    json.dump(measure(Load(**json.load(sys.stdin))), sys.stdout)


if __name__ == "__main__":
    main()
