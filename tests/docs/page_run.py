"""Runs the fences of one page, each in its way."""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.acceptance.caller import Caller
from tests.acceptance.serving import wait_for
from tests.clients.official import NODE_CLIENTS, PYTHON_CLIENT, node_modules, python_with_client
from tests.docs.data import check_data
from tests.docs.shell import PATIENCE_S, Shell
from tests.docs.snippets import ROOT, Snippet
from tests.docs.webhook import check_receiver

_ADDRESS, _KEY = "http://127.0.0.1:8000", "mc-…"
_HUB_ID = "Wan-AI/Wan2.2-Animate-14B-Diffusers"
_JS_CLIENT, _, _CLI = NODE_CLIENTS
#: what only makes sense beside a running server
_SERVED = re.compile(rf"{_ADDRESS}|{_KEY}|\$KEY|motioncast (keys|account|backup)")


def needs_server(snippets: list[Snippet]) -> bool:
    """Whether anything on a page speaks to the server or reads its data."""
    ran = (each for each in snippets if each.language in ("bash", "python", "js"))
    return any(each.directive == "webhook" or _SERVED.search(each.code) for each in ran)


@dataclass
class PageRun:
    """What a page has: a folder, a shell, a key of the server. `wan` is that engine's environment, if it can run."""

    folder: Path
    shell: Shell
    caller: Caller | None
    text: str
    wan: dict[str, str]
    python: str = ""  #: the page's Python block before

    def run(self, snippet: Snippet) -> None:
        """Run a fence; fails where it does not do what the contract says, skips where that cannot be had."""
        match snippet.directive:
            case "docker":
                pass  # a test of its own
            case "checkout":
                check_checkout(snippet)
            case "background":
                self._serve(snippet)
            case "webhook":
                assert self.caller is not None
                check_receiver(snippet, self._interpreter(snippet), self.folder, self.caller)
            case "wan" if not self.wan:
                pytest.skip("they need the wan extra: make install-wan")
            case "wan":
                code = self._real(snippet).replace(_HUB_ID, self.wan["MOTIONCAST_WAN_MODEL"])
                self.shell.run(snippet, code, **self.wan)
            case "wavespeed-cli":
                self._told(snippet, f"npm install -g {_CLI}")
                path = f"{node_modules(_CLI) / '.bin'}:{self.shell.environment['PATH']}"
                key = self.shell.environment["KEY"]
                self.shell.run(snippet, self._real(snippet), PATH=path, WAVESPEED_API_KEY=key)
            case _:
                self._plain(snippet)

    def _plain(self, snippet: Snippet) -> None:
        if snippet.language == "bash":
            self.shell.run(snippet, self._real(snippet))
        elif snippet.language in ("python", "js"):
            self._script(snippet)
        else:
            check_data(snippet, self.folder)

    def _real(self, snippet: Snippet) -> str:
        """The code with the server's address and key."""
        if self.caller is None:
            return snippet.code
        return snippet.code.replace(_ADDRESS, self.caller.server.url).replace(_KEY, self.caller.key)

    def _script(self, snippet: Snippet) -> None:
        interpreter = self._interpreter(snippet)
        before = self.python if snippet.directive == "continues" else ""
        code = before + "\n" * (snippet.line - 1 - before.count("\n")) + self._real(snippet)
        if snippet.language == "python":
            self.python = code
        script = self.folder / ("snippet.py" if snippet.language == "python" else "snippet.mjs")
        script.write_text(code, encoding="utf-8")
        done = subprocess.run(
            [*interpreter, script.name],
            cwd=self.folder,
            env=os.environ | self.shell.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        if done.returncode:
            said = f"{done.stdout}{done.stderr}"  # its lines are the page's
            pytest.fail(f"{snippet.where}: the script ended with {done.returncode}.\n{said}", pytrace=False)

    def _interpreter(self, snippet: Snippet) -> list[str]:
        """What runs a script, with what it imports and nothing else."""
        code = self.python * (snippet.directive == "continues") + snippet.code
        if snippet.language == "js":
            if shutil.which("node") is None:
                pytest.skip("Node.js is not installed")
            if re.search(r"""from ['"]wavespeed['"]""", code):
                self._told(snippet, f"npm install {_JS_CLIENT}")
                modules = self.folder / "node_modules"
                if not modules.exists():
                    modules.symlink_to(node_modules(_JS_CLIENT))
            return ["node"]
        if re.search(r"^(import|from) wavespeed\b", code, re.MULTILINE):
            self._told(snippet, f"pip install {PYTHON_CLIENT}")
            return [str(python_with_client())]
        ours = re.search(r"^(import|from) motioncast\b", code, re.MULTILINE)
        return [sys.executable] if ours else [sys.executable, "-S"]

    def _told(self, snippet: Snippet, command: str) -> None:
        """The page must tell its reader to install what the block needs."""
        if command not in self.text:
            pytest.fail(f"{snippet.where}: the page does not say `{command}`.", pytrace=False)

    def _serve(self, snippet: Snippet) -> None:
        code = re.sub(r"--port[ =]\d+", "--port 0", snippet.code.lstrip())
        log = self.shell.scratch / f"{snippet.line}.log"
        own = {"MOTIONCAST_PORT": "0", "MOTIONCAST_DATA_DIR": str(self.shell.scratch / f"data-{snippet.line}")}
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["bash", "-c", f"exec env {code}"],
                cwd=self.folder,
                env=os.environ | self.shell.environment | own,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            wait_for(lambda: _is_up(log), alive=process)
        except AssertionError as error:
            pytest.fail(f"{snippet.where}: {error}.\n{log.read_text(errors='replace')}", pytrace=False)
        finally:
            process.terminate()
            process.wait(60)


def _is_up(log: Path) -> bool:
    """Whether a server that writes to `log` is ready for jobs."""
    if not (found := re.search(r"serves (http\S+)", log.read_text(errors="replace"))):
        return False
    try:
        return httpx2.get(f"{found[1]}/readyz", timeout=5).status_code == 200
    except httpx2.HTTPError:
        time.sleep(0.2)
        return False


def check_checkout(snippet: Snippet) -> None:
    """Every command is a target of the Makefile, a line of CI, or a program of the repository."""
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    ci = (ROOT / ".ci" / "run").read_text().splitlines()
    for number, line in enumerate(snippet.code.splitlines(), snippet.line):
        command = line.split("#")[0].strip()
        program, _, target = command.partition(" ")
        known = command in ci or (program == "make" and target in targets) or os.access(ROOT / command, os.X_OK)
        if command and not known:
            pytest.fail(f"{snippet.page}:{number}: neither make nor CI knows `{command}`.", pytrace=False)
