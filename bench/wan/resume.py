"""`kill -9` of the command in the second of three segments, then the same command again: the packets must be equal."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from bench.judge import BenchError
from bench.wan.checkpoint import write_checkpoint
from bench.wan.drawn import DrawnClip
from motioncast.engines.wan.conditions.face_crop import FACE_PX
from motioncast.engines.wan.conditions.files import ConditionWriter
from motioncast.finished_work import piece_name
from motioncast.request import Mode
from motioncast.settings import load_settings

_CLIP = DrawnClip(200, (64, 64), FACE_PX)  #: three segments
_RATE = Fraction(30)
_PATIENCE_S, _POLL_S = 300.0, 0.02
_SEGMENT = "segment"


def measure_resume(work: Path, on_step: Callable[[str], None]) -> dict[str, Any]:
    """`resume_equal`, and under `resume` what was seen of the interruption."""
    runner = _Runner(work, write_checkpoint(work / "checkpoint"), write_conditions(work / "conditions", _CLIP))
    on_step("resume: uninterrupted")
    whole = runner.run_to_end("whole")
    on_step("resume: killed in the second segment")
    runner.kill_in_second_segment("killed")
    first = runner.work_folder("killed") / piece_name(_SEGMENT, 0)
    written = first.stat().st_mtime_ns
    on_step("resume: again")
    resumed = runner.run_to_end("killed")
    kept = first.stat().st_mtime_ns == written
    equal = _packets(whole) == _packets(resumed)
    return {
        "resume_equal": equal and kept,
        "resume": {"packets": len(_packets(whole)), "packets_equal": equal, "first_segment_kept": kept},
    }


def write_conditions(folder: Path, clip: DrawnClip) -> Path:
    """The clip's conditions as files, as `motioncast preprocess` writes them; returns the folder."""
    mode = Mode.REPLACE if clip.replace else Mode.ANIMATE
    with ConditionWriter(folder, mode, clip.size, _RATE, clip.reference) as writer:
        for condition in clip.conditions():
            writer.write(condition)
    return folder


class _Runner:
    """Runs `motioncast animate --from-preprocessed … --work …` in processes of its own."""

    def __init__(self, work: Path, checkpoint: Path, conditions: Path) -> None:
        self._work, self._conditions = work, conditions
        self._environment = os.environ | {
            "MOTIONCAST_WAN_MODEL": str(checkpoint),
            "MOTIONCAST_MODELS": str(load_settings().models_dir),
            "MOTIONCAST_HOME": str(work / "home"),
            "OMP_NUM_THREADS": "1",
        }

    def work_folder(self, name: str) -> Path:
        """Where the finished work of the job `name` is."""
        return self._work / f"{name}-work"

    def run_to_end(self, name: str) -> Path:
        """The job's MP4. Raises `BenchError` when the command fails."""
        with self._start(name) as process:
            _, errors = process.communicate(timeout=_PATIENCE_S)
        if process.returncode:
            raise BenchError(f"The job failed: {(errors.strip().splitlines() or ['no message'])[-1]}")
        return self._output(name)

    def kill_in_second_segment(self, name: str) -> None:
        """Kill the job when its first segment is kept. Raises `BenchError` when that was not during the second."""
        first, second = (self.work_folder(name) / piece_name(_SEGMENT, number) for number in (0, 1))
        deadline = time.monotonic() + _PATIENCE_S
        with self._start(name) as process:
            while not first.exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(_POLL_S)
            process.send_signal(signal.SIGKILL)
            process.communicate()
        if process.returncode != -signal.SIGKILL or not first.exists() or second.exists():
            raise BenchError("The job could not be killed in its second segment.")

    def _start(self, name: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "motioncast", "animate", "--from-preprocessed", str(self._conditions)]
        command += ["--work", str(self.work_folder(name)), "-o", str(self._output(name)), "--seed", "7", "--json"]
        return subprocess.Popen(
            command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def _output(self, name: str) -> Path:
        return self._work / f"{name}.mp4"


def _packets(path: Path) -> list[bytes]:
    """Every video packet's bytes, in order."""
    with av.open(str(path)) as source:
        return [bytes(packet) for packet in source.demux(source.streams.video[0]) if packet.size]
