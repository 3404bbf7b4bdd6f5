"""A page's receiver of webhooks, tried with a real delivery, the same again, and a copy that was tampered with."""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.acceptance.caller import Caller
from tests.acceptance.receiver import Delivery, receiver
from tests.acceptance.serving import MODEL, wait_for
from tests.docs.snippets import Snippet

#: where a script says on which port it listens: `HTTPServer(("", 9000)`, `.listen(9000`
_PORT = re.compile(r"((?:listen\(|Server\(\(\s*['\"][^'\"]*['\"],)\s*)(\d+)")


def check_receiver(snippet: Snippet, interpreter: list[str], folder: Path, caller: Caller) -> None:
    """Run the script as a receiver of `caller`'s webhooks; the test fails where it takes what it must not."""
    with _listening(snippet, interpreter, folder, caller.data("GET", "/api/v3/webhook/secret")["secret"]) as url:
        told = _deliver(caller, folder, url)
        statuses = [attempt["status"] for attempt in told["attempts"]]
        if told["state"] != "delivered" or len(statuses) > 1:
            pytest.fail(f"{snippet.where}: it answered a delivery with {statuses}.", pytrace=False)
        genuine = _record(caller, folder)
        changed = genuine.body.replace(b'"completed"', b'"failed"')
        assert changed != genuine.body
        for body, welcome in ((genuine.body, True), (changed, False)):
            status = httpx2.post(url, content=body, headers=_own(genuine.headers)).status_code
            if (200 <= status < 300) is not welcome:
                kind = "delivery" if welcome else "copy that was changed"
                pytest.fail(f"{snippet.where}: it answered a {kind} with {status}.", pytrace=False)


@contextmanager
def _listening(snippet: Snippet, interpreter: list[str], folder: Path, secret: str) -> Iterator[str]:
    """The script as a process that listens on a free port; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    code, count = _PORT.subn(rf"\g<1>{port}", snippet.code)
    if count != 1:
        pytest.fail(f"{snippet.where}: it names no port, or several.", pytrace=False)
    script = folder / ("receiver.py" if snippet.language == "python" else "receiver.mjs")
    script.write_text("\n" * (snippet.line - 1) + code, encoding="utf-8")
    process = subprocess.Popen(
        [*interpreter, script.name],
        cwd=folder,
        env=os.environ | {"WEBHOOK_SECRET": secret},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: _answers(port), 30, alive=process)
        yield f"http://127.0.0.1:{port}/hook"
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _deliver(caller: Caller, folder: Path, url: str) -> dict[str, Any]:
    """Run a job whose webhook is `url`; the log of the webhook once an attempt has been made."""
    inputs = {"image": caller.upload(folder / "me.png"), "video": caller.upload(folder / "dance.mp4"), "seed": 7}
    job = caller.data("POST", MODEL, params={"webhook": url}, json=inputs)

    def attempted() -> dict[str, Any] | None:
        told = caller.call("GET", f"/api/v3/predictions/{job['id']}/webhook").json().get("data")
        return told if told and told["attempts"] else None

    return dict(wait_for(attempted, 300))


def _record(caller: Caller, folder: Path) -> Delivery:
    """A delivery as it came, taken by a receiver of ours."""
    with receiver() as ours:
        _deliver(caller, folder, ours.url)
    return ours.deliveries[0]


def _own(headers: dict[str, str]) -> dict[str, str]:
    """The headers that are the webhook's, not the connection's."""
    return {name: value for name, value in headers.items() if name.startswith(("webhook-", "content-type"))}
