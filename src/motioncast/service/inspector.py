"""Asks the inspection process about files, and replaces it when a file kills or blocks it."""

import json
import logging
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

from motioncast.errors import InputError

_PROBE_S = 20.0
_PAIR_S = 120.0
_log = logging.getLogger(__name__)


class Inspector:
    """One process, started when it is first needed; questions are answered one after another."""

    def __init__(self, memory_mib: int) -> None:
        self._memory_mib = memory_mib
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()
        self._turn = threading.Lock()

    def video(self, path: Path) -> dict[str, Any]:
        """`duration_s`, `width`, `height`, `truncated` of a video. Raises `InputError` if it cannot be used."""
        return self._ask(_PROBE_S, "video", path=str(path))

    def image(self, path: Path) -> dict[str, Any]:
        """`width`, `height` of an image. Raises `InputError` if it cannot be used."""
        return self._ask(_PROBE_S, "image", path=str(path))

    def pair(self, image: Path, video: Path, mode: str, resolution: str, engine: str) -> dict[str, Any]:
        """What a dry run tells about a picture and a clip. Raises `InputError` if they cannot be used."""
        paths = {"image": str(image), "video": str(video)}
        return self._ask(_PAIR_S, "pair", **paths, mode=mode, resolution=resolution, engine=engine)

    def look(self, path: Path, kind: str) -> dict[str, Any]:
        """What is seen in a file of `kind` image or video; see `inspection`. Raises `InputError` if it is unusable."""
        return self._ask(_PAIR_S, "look", path=str(path), kind=kind)

    def close(self) -> None:
        """End the process."""
        with self._turn:
            self._stop()

    def _ask(self, seconds: float, what: str, **arguments: str) -> dict[str, Any]:
        with self._turn:
            answer = self._exchange(json.dumps({"ask": what, "arguments": arguments}), seconds)
        if "problem" in answer:
            raise InputError(answer["problem"])
        return answer

    def _exchange(self, question: str, seconds: float) -> dict[str, Any]:
        process = self._running()
        assert process.stdin is not None
        try:
            process.stdin.write(question + "\n")
            process.stdin.flush()
            line = self._lines.get(timeout=seconds)
        except (OSError, queue.Empty):
            line = ""
        if not line:
            _log.warning("the inspection process died or gave no answer within %.0f s: %s", seconds, question)
            self._stop()
            return {"problem": "The file could not be read within the limits of the server: give another copy."}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._lines = queue.Queue()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "motioncast.service.inspection", str(self._memory_mib)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert self._process.stdout is not None
            reader = threading.Thread(target=_read, args=(self._process.stdout, self._lines), daemon=True)
            reader.start()
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process = None


def _read(stream: IO[str], lines: "queue.Queue[str]") -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put("")  # the process has ended
