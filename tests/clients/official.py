"""Where the official clients of the hosted service are installed: in the user's cache, each in a folder of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from motioncast.settings import load_settings

PYTHON_CLIENT = "wavespeed==2.0.5"
NODE_CLIENTS = ("wavespeed@0.3.2", "wavespeed@0.2.3", "@wavespeed/cli@0.2.2")


def python_with_client() -> Path:
    """A Python interpreter that has the official Python client. Skips the test where it cannot be had."""
    folder = _folder(PYTHON_CLIENT)
    interpreter = folder / "bin" / "python"
    _once(
        folder,
        [sys.executable, "-m", "venv", str(folder)],
        [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PYTHON_CLIENT],
    )
    return interpreter


def node_modules(package: str) -> Path:
    """The folder `node_modules` with one of `NODE_CLIENTS`. Skips the test where it cannot be had."""
    if not (npm := shutil.which("npm")):
        pytest.skip("Node.js is not installed: its clients are not tried.")
    folder = _folder(package)
    _once(folder, [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--silent", package])
    return folder / "node_modules"


def _folder(package: str) -> Path:
    return load_settings().home / "clients" / package.replace("/", "-")


def _once(folder: Path, *commands: list[str]) -> None:
    """Run the commands unless they have once succeeded."""
    done = folder / ".installed"
    if done.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for command in commands:
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=180, stdin=subprocess.DEVNULL)
        except (subprocess.SubprocessError, OSError):
            pytest.skip(f"{folder.name} could not be installed: its registry cannot be reached from here.")
    done.touch()
