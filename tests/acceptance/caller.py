"""One who calls a running server: a key with an account of its own, and what people do with it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2

from motioncast.service.accounts import Accounts
from motioncast.service.database import Database
from tests.acceptance.serving import MODEL, OPEN, Server, wait_for

#: Every field that contract §4 names, and ours, with the types that the strictest client takes.
FIELDS: dict[str, tuple[type, ...]] = {
    "id": (str,), "model": (str,), "outputs": (list,), "urls": (dict,), "has_nsfw_contents": (list,), "status": (str,),
    "created_at": (str,), "error": (str,), "code": (int,), "executionTime": (int,), "timings": (dict,),
    "progress": (int, float), "stage": (str,), "queue_position": (int, type(None)),
    "eta_seconds": (int, float, type(None)), "cost": (int, float), "seed": (int,), "engine": (str,),
    "warnings": (list,),
}  # fmt: skip


@dataclass(frozen=True)
class Caller:
    """A key of a server. Answers come as they are; `data` unwraps those that must be good."""

    server: Server
    key: str

    @classmethod
    def new(cls, server: Server, account: str, dollars: float = 1_000_000.0) -> "Caller":
        """A key of `account`, made as `motioncast keys create` makes it, without its start."""
        return cls(server, Accounts(Database(server.data_dir / "app.sqlite"), dollars).create_key(account, account))

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """One request; `path` below the server's address."""
        with self.server.client(self.key) as client:
            return client.request(method, path, **options)

    def data(self, method: str, path: str, **options: Any) -> Any:
        """`data` of an answer that must be a success in its envelope."""
        answer = self.call(method, path, **options)
        assert answer.status_code == 200, answer.text
        envelope = answer.json()
        assert (envelope["code"], envelope["message"]) == (200, "success")
        assert "error" not in envelope
        return envelope["data"]

    def upload(self, path: Path) -> str:
        """Upload a file by form; its address."""
        with path.open("rb") as file:
            stored = self.data("POST", "/api/v3/media/upload/binary", files={"file": (path.name, file)})
        return str(stored["download_url"])

    def submit(self, headers: dict[str, str] | None = None, query: str = "", **inputs: Any) -> httpx2.Response:
        """Submit a job."""
        return self.call("POST", MODEL + query, json=inputs, headers=headers or {})

    def accepted(self, headers: dict[str, str] | None = None, **inputs: Any) -> dict[str, Any]:
        """A job that must be accepted; the prediction."""
        return dict(self.data("POST", MODEL, json=inputs, headers=headers or {}))

    def result(self, prediction_id: str) -> dict[str, Any]:
        """A prediction as it stands, with every field."""
        return checked(self.data("GET", f"/api/v3/predictions/{prediction_id}/result"))

    def ended(self, prediction_id: str) -> dict[str, Any]:
        """A prediction once it has ended."""
        return self.when(prediction_id, lambda data: data["status"] not in OPEN)

    def when(self, prediction_id: str, wanted: Any) -> dict[str, Any]:
        """A prediction once it is as wanted."""
        found = wait_for(lambda: data if wanted(data := self.result(prediction_id)) else None, 300)
        return dict(found)

    def cancel(self, prediction_id: str) -> dict[str, Any]:
        """Cancel a job; the prediction afterwards."""
        return checked(self.data("POST", f"/api/v3/predictions/{prediction_id}/cancel"))

    def listed(self, **wanted: Any) -> dict[str, Any]:
        """A page of predictions."""
        return dict(self.data("POST", "/api/v3/predictions", json=wanted))

    def billings(self, **wanted: Any) -> dict[str, Any]:
        """A page of charges and refunds."""
        return dict(self.data("POST", "/api/v3/billings/search", json=wanted))

    def balance(self) -> float:
        """What the account can spend."""
        return float(self.data("GET", "/api/v3/balance")["balance"])


def checked(data: dict[str, Any]) -> dict[str, Any]:
    """A prediction that has every field in the right type."""
    for name, types in FIELDS.items():
        assert name in data, f"{name} is missing"
        assert isinstance(data[name], types), f"{name} is {data[name]!r}"
        assert not (isinstance(data[name], bool)), f"{name} is {data[name]!r}"
    assert all(isinstance(value, str) for value in [*data["outputs"], *data["urls"].values(), *data["warnings"]])
    assert all(type(value) is int for value in data["timings"].values())
    assert "inference" in data["timings"]
    assert all(type(value) is bool for value in data["has_nsfw_contents"])
    assert data["urls"]["get"].endswith(f"/api/v3/predictions/{data['id']}/result")
    return data


def refusal(answer: httpx2.Response, status: int) -> str:
    """The sentence of an error in the envelope's shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    content = answer.json()
    assert content["code"] == status
    assert content["error"] == content["message"]
    assert content["message"].endswith((".", "?")) or content["message"].startswith(("field ", "Prediction not found"))
    return str(content["message"])


class Gate:
    """A web server that lets everyone wait until it is opened: a job whose picture lies there holds up its worker."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address
        self.asked, self._open = threading.Event(), threading.Event()

    def url(self, name: str = "nothing.png") -> str:
        """Address of a file of the folder; there need not be one."""
        return f"{self.address}/{name}"

    def open(self) -> None:
        """Answer everybody."""
        self._open.set()

    def wait_until_asked(self) -> None:
        """Return once somebody waits at the gate."""
        assert self.asked.wait(120), "nobody came to the gate"

    def pass_(self) -> None:
        """Wait, on behalf of a request."""
        self.asked.set()
        self._open.wait(120)


@contextmanager
def gated(folder: Path) -> Iterator[Gate]:
    """A closed gate; opened at the end, so that nobody is left waiting."""

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            gate.pass_()
            super().do_GET()

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as web:
        gate = Gate(folder, f"http://127.0.0.1:{web.server_port}")
        thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield gate
        finally:
            gate.open()
            web.shutdown()
            thread.join()


def raw_post(caller: Caller, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """A submit as bytes on the wire, for callers that hang up before the answer."""
    host = caller.server.url.removeprefix("http://")
    lines = [
        f"POST {MODEL} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {caller.key}",
        "Content-Type: application/json", f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()), "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + body


def dumps(**inputs: Any) -> bytes:
    """A body of bytes that stay the same."""
    return json.dumps(inputs).encode()
