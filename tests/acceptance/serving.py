"""`motioncast serve` as a real process, its processes, and calls of its API over real HTTP."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2

from tests.acceptance.command import COMMAND

MODEL = "/api/v3/wavespeed-ai/wan-2.2/animate"
OPEN = ("created", "processing")


class Server:
    """One data directory and the server that runs on it. Use it as a context manager; `start` again after a kill."""

    def __init__(self, data_dir: Path, *options: str, **environment: str) -> None:
        self.data_dir, self.options = data_dir, options
        self.environment = {"MOTIONCAST_ALLOW_HOSTS": "127.0.0.1,localhost", **environment}
        self.log = data_dir.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None
        self.url = self.key = ""

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)

    def start(self, *, ready: bool = True) -> "Server":
        """Start the process on a free port; wait until jobs can run."""
        port = self.url.rsplit(":", 1)[1] if self.url else "0"
        command = [*COMMAND, "serve", "--port", port, "--data-dir", str(self.data_dir), *self.options]
        with self.log.open("ab") as log:
            offset = log.tell()
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | self.environment,
                start_new_session=True,
            )
        wait_for(lambda: "Stop with" in self.said(offset), alive=self.process)
        self.url = re.findall(r"serves (\S+)", self.said(offset))[-1]
        if found := re.search(r"API key .*: (\S+)", self.said(offset)):
            self.key = found[1]
        if ready:
            wait_for(self.is_ready, alive=self.process)
        return self

    def said(self, offset: int = 0) -> str:
        """What the server has printed and logged."""
        return self.log.read_bytes()[offset:].decode(errors="replace")

    def is_ready(self) -> bool:
        """Whether jobs can run."""
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False

    def kill(self) -> None:
        """`kill -9` of the server process alone; its children see to themselves."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def workers(self) -> list[int]:
        """Process numbers of the workers."""
        return [pid for pid, command in self.family() if "motioncast.service.worker" in command]

    def family(self) -> Iterator[tuple[int, str]]:
        """(number, command) of every process in the server's group."""
        assert self.process is not None
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if os.getpgid(int(entry.name)) == self.process.pid:
                        yield int(entry.name), (entry / "cmdline").read_text().replace("\0", " ")
                except OSError:
                    continue

    def stop_worker(self, number: signal.Signals) -> int:
        """Send a signal to the first worker; returns its number."""
        pid = self.workers()[0]
        os.kill(pid, number)
        return pid

    def client(self, key: str | None = None, **headers: str) -> httpx2.Client:
        """A client with a key; the first one by default."""
        headers = {"Authorization": f"Bearer {key or self.key}", **headers}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=120)

    def upload(self, path: Path) -> str:
        """Upload a file; its URL."""
        with self.client() as client, path.open("rb") as file:
            answer = client.post("/api/v3/media/upload/binary", files={"file": (path.name, file)})
        return str(answer.json()["data"]["download_url"])

    def submit(self, image: str, video: str, key: str | None = None, **inputs: Any) -> dict[str, Any]:
        """Submit a job that must be accepted; the prediction."""
        with self.client(key) as client:
            answer = client.post(MODEL, json={"image": image, "video": video, "seed": 7, **inputs})
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def result(self, prediction_id: str) -> dict[str, Any]:
        """A prediction as it stands."""
        with self.client() as client:
            answer = client.get(f"/api/v3/predictions/{prediction_id}/result")
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def ended(self, prediction_id: str, seconds: float = 300) -> dict[str, Any]:
        """A prediction once it has ended."""
        return wait_for(lambda: data if (data := self.result(prediction_id))["status"] not in OPEN else None, seconds)

    def balance(self, key: str | None = None) -> float:
        """What the account can spend."""
        with self.client(key) as client:
            return float(client.get("/api/v3/balance").json()["data"]["balance"])


def wait_for(look: Callable[[], Any], seconds: float = 120, alive: subprocess.Popen[bytes] | None = None) -> Any:
    """The first true answer of `look`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        assert alive is None or alive.poll() is None, f"the server ended with {alive and alive.returncode}"
        time.sleep(0.05)
    raise AssertionError(f"nothing came within {seconds} s")
