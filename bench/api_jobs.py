"""Predictions that `python -m bench api` polls: many that are stored, and jobs that really render."""

import base64
import json
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import sqlalchemy as sa

from bench.api_load import MODEL_PATH
from bench.api_servers import Server
from bench.judge import BenchError
from motioncast.service import predictions
from motioncast.service.accounts import Caller
from motioncast.service.database import Database, now_us
from motioncast.service.predictions import NewPrediction
from motioncast.service.submission import parse_submission
from motioncast.service.tables import api_keys
from motioncast.service.tables import predictions as table

_IMAGE, _VIDEO = "https://example.com/character.png", "https://example.com/motion.mp4"
_BEGUN = 0.02
_START_S = 180.0


def store_completed(data_dir: Path, count: int) -> list[str]:
    """Put completed predictions of the server's key in the books, one transaction for all; returns their ids."""
    database = Database(data_dir / "app.sqlite")
    echo = {"image": _IMAGE, "video": _VIDEO, "mode": "animate", "prompt": "", "resolution": "480p", "seed": 1}
    wanted = parse_submission(echo)
    expires = now_us() + 7 * 86_400_000_000
    with database.write() as connection:
        key = connection.execute(sa.select(api_keys)).first()
        assert key is not None
        caller = Caller(key.id, key.name, key.account_id)
        ids = [
            predictions.insert(
                connection,
                NewPrediction(
                    caller=caller,
                    submission=wanted,
                    sources={"image": {"kind": "url", "value": _IMAGE}, "video": {"kind": "url", "value": _VIDEO}},
                    echo=echo,
                    fingerprint=f"{number:064x}",
                    base_url="http://127.0.0.1",
                    engine="puppet",
                    cost_micro=200_000,
                    warnings=[],
                ),
            ).id
            for number in range(count)
        ]
        done: dict[str, Any] = {"status": "completed", "stage": "completed", "progress": 1.0, "output_key": "none"}
        done |= {"started_at": now_us(), "finished_at": now_us(), "output_expires_at": expires}
        connection.execute(table.update().where(table.c.status == "created").values(done))
    database.close()
    return ids


class RenderingJobs:
    """Jobs that a server with workers renders, long enough to be measured beside."""

    def __init__(self, server: Server, image: Path, video: Path, count: int) -> None:
        self._server = server
        inputs = {"image": _inline(image, "image/png"), "video": _inline(video, "video/mp4")}
        self.ids = [self._submit({**inputs, "seed": seed}) for seed in range(1, count + 1)]

    def wait_until_rendering(self) -> list[float]:
        """Wait until all of them have made progress; how far they are, 0..1. Raises `BenchError`."""
        deadline = time.monotonic() + _START_S
        while min(done := self.progress()) < _BEGUN:
            if time.monotonic() > deadline:
                raise BenchError(f"The jobs did not get to {_BEGUN:.0%} within {_START_S:.0f} s; they are at {done}.")
            time.sleep(0.5)
        return done

    def progress(self) -> list[float]:
        """How far they are, 0..1. Raises `BenchError` if one has ended: then nothing was measured beside it."""
        found = [self._ask(f"/api/v3/predictions/{prediction_id}/result") for prediction_id in self.ids]
        ended = [row for row in found if row["status"] not in ("created", "processing")]
        if ended:
            raise BenchError(f"A job ended before the measurement did: {ended[0]['status']} {ended[0]['error']}")
        return [float(row["progress"]) for row in found]

    def _submit(self, inputs: dict[str, Any]) -> str:
        return str(self._ask(MODEL_PATH, json.dumps(inputs).encode())["id"])

    def _ask(self, path: str, body: bytes | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._server.key}", "Content-Type": "application/json"}
        address = f"http://{self._server.host}:{self._server.port}{path}"
        with urlopen(Request(address, body, headers), timeout=60) as answer:
            data: dict[str, Any] = json.load(answer)["data"]
        return data


def _inline(path: Path, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(path.read_bytes()).decode()}"
