"""One session of bash for a page, fed block by block."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.docs.snippets import Snippet

#: seconds that one block may take
PATIENCE_S = 180
_PRELUDE = """\
set -Eeuo pipefail
trap 'printf "%s:%s: exit status %s\\n" "$PAGE" "$LINENO" "$?" >&2' ERR
"""


class Shell:
    """A bash in `folder`. Use it as a context manager."""

    def __init__(self, folder: Path, scratch: Path, environment: dict[str, str]) -> None:
        self.folder, self.scratch, self.environment = folder, scratch, environment
        self.log = scratch / "bash.log"

    def __enter__(self) -> "Shell":
        with self.log.open("wb") as log:
            self.bash = subprocess.Popen(
                ["bash", "--noprofile", "--norc"],
                cwd=self.folder,
                env=os.environ | self.environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self._feed(_PRELUDE)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.bash.pid, signal.SIGKILL)  # and what its commands have left running
        self.bash.communicate()

    def run(self, snippet: Snippet, code: str, **environment: str) -> None:
        """Run a block to its end. The test fails, with page and line, where a command does."""
        script, done = (self.scratch / f"{snippet.line}.{end}" for end in ("sh", "done"))
        script.write_text("\n" * (snippet.line - 1) + code)  # so that bash counts the page's lines
        offset = self.log.stat().st_size
        variables = " ".join(f"{name}='{value}'" for name, value in {"PAGE": snippet.page, **environment}.items())
        self._feed(f"{variables} source '{script}' </dev/null\n: > '{done}'\n")
        deadline = time.monotonic() + PATIENCE_S
        while not done.exists():
            ended = self.bash.poll() is not None
            if ended or time.monotonic() > deadline:
                why = "a command failed" if ended else f"it took longer than {PATIENCE_S} s"
                said = self.log.read_bytes()[offset:].decode(errors="replace")
                pytest.fail(f"{snippet.where}: {why}.\n{said}", pytrace=False)
            time.sleep(0.02)

    def _feed(self, text: str) -> None:
        assert self.bash.stdin is not None
        self.bash.stdin.write(text)
        self.bash.stdin.flush()
