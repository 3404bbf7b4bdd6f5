"""The command with a terminal for its stderr, as a person at a keyboard has it."""

import errno
import os
import re
import subprocess
import time
from pathlib import Path

from tests.acceptance.command import COMMAND

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A running `motioncast ARGUMENTS` whose stderr is a terminal and whose stdout is a pipe."""

    def __init__(self, *arguments: object, cwd: Path, **environment: str) -> None:
        self._master, slave = os.openpty()
        settings = os.environ | {"TERM": "xterm", "COLUMNS": "120", "LINES": "40"} | environment
        self.process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            cwd=cwd,
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=slave,
        )
        os.close(slave)
        self._seen = b""

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
        os.close(self._master)

    @property
    def text(self) -> str:
        """What has appeared on the terminal so far, without control sequences."""
        return _CONTROL.sub("", self._seen.decode()).replace("\r", "\n")

    @property
    def lines(self) -> list[str]:
        """The lines of `text` that hold something."""
        return [line.strip() for line in self.text.splitlines() if line.strip()]

    def wait_for(self, text: str) -> None:
        """Return as soon as `text` is on the terminal."""
        while text not in self.text:
            assert self._read(), f"ended without {text!r}: {self.text}"

    def finish(self) -> tuple[int, str]:
        """Exit code and stdout, once it has ended."""
        deadline = time.monotonic() + 300
        while self._read():
            assert time.monotonic() < deadline
        stdout, _ = self.process.communicate(timeout=60)
        return self.process.returncode, stdout.decode()

    def _read(self) -> bool:
        try:
            content = os.read(self._master, 1 << 16)
        except OSError as error:
            if error.errno != errno.EIO:  # the other end is closed
                raise
            content = b""
        self._seen += content
        return bool(content)
