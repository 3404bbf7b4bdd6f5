"""A webhook receiver that answers what a test tells it to."""

import hashlib
import hmac
import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Delivery:
    """One POST as it came."""

    headers: dict[str, str]
    body: bytes
    at: float

    def is_signed_with(self, secret: str) -> bool:
        """Checks the signature as the hosted service's page tells receivers to."""
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        expected = hmac.new(secret.removeprefix("whsec_").encode(), signed, hashlib.sha256).hexdigest()
        fresh = abs(self.at - int(self.headers["webhook-timestamp"])) <= 300
        return fresh and hmac.compare_digest(self.headers["webhook-signature"], f"v3,{expected}")


@dataclass
class Receiver:
    """What has come, and the statuses of the next answers (the last one stays)."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [200])
    deliveries: list[Delivery] = field(default_factory=list)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver on a port of its own."""
    state = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.deliveries.append(Delivery(headers, body, time.time()))
            self.send_response(state.answers.pop(0) if len(state.answers) > 1 else state.answers[0])
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield state
        server.shutdown()
        thread.join()
