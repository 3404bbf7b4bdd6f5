"""The `motioncast` command in a process of its own, and what an MP4 that it wrote consists of."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from motioncast.arrays import Image
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader

COMMAND = (sys.executable, "-m", "motioncast")
PROMISED = ["output", "engine", "seed", "frames", "fps", "width", "height", "duration_s", "timings", "warnings"]


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        """The JSON object of `--json`."""
        assert self.code == 0, self.stderr
        return json.loads(self.stdout)


def motioncast(*arguments: object, cwd: Path, **environment: str) -> Finished:
    """Run `motioncast ARGUMENTS` in the folder `cwd` to its end."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def video_packets(path: Path) -> list[bytes]:
    """Every video packet's bytes, in order."""
    with av.open(str(path)) as source:
        return [bytes(packet) for packet in source.demux(source.streams.video[0]) if packet.size]


def frames_of(path: Path) -> list[Image]:
    """Every frame, (H, W, 3) RGB."""
    return [image for _, image in VideoReader(probe_video(path))]


def boxes(path: Path) -> list[str]:
    """Names of the top-level boxes of an MP4, in order."""
    content, at, names = path.read_bytes(), 0, []
    while at < len(content):
        names.append(content[at + 4 : at + 8].decode("ascii"))
        at += int.from_bytes(content[at : at + 4], "big")
    return names
