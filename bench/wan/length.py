"""Does memory grow with the length of the clip? Peaks of clips of one segment to eight, ours and diffusers'."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from bench.product import run_measured
from bench.wan.checkpoint import LONG, write_checkpoint
from bench.wan.length_job import DRIVING
from motioncast.media.geometry import MIN_SIDE
from motioncast.media.lossless import LosslessVideo
from motioncast.settings import available_cpus

LENGTHS = {"ours": (77, 153, 305, 609), "diffusers": (77, 153, 305)}
RATE = Fraction(30)


def measure_length(work: Path, on_step: Callable[[str], None]) -> dict[str, Any]:
    """Slopes in MiB a frame, by least squares over all lengths, and the peaks themselves."""
    checkpoint = write_checkpoint(work / "checkpoint", LONG)
    # nothing is timed here, so every core may take a job; the longest ones first
    jobs = sorted(((frames, kind) for kind, lengths in LENGTHS.items() for frames in lengths), reverse=True)

    def measured(job: tuple[int, str]) -> float:
        frames, kind = job
        on_step(f"memory, {kind}, {frames} frames")
        return _peak_mib(kind, checkpoint, frames, work / f"{kind}-{frames}")

    with ThreadPoolExecutor(available_cpus()) as pool:
        found = dict(zip(jobs, pool.map(measured, jobs), strict=True))
    peaks = {kind: {frames: found[frames, kind] for frames in lengths} for kind, lengths in LENGTHS.items()}
    return {
        "rss_slope_mib_per_frame": _slope(peaks["ours"]),
        "rss_slope_mib_per_frame_diffusers": _slope(peaks["diffusers"]),
        "peak_mib": {kind: {str(frames): peak for frames, peak in of.items()} for kind, of in peaks.items()},
    }


def _peak_mib(kind: str, checkpoint: Path, frames: int, work: Path) -> float:
    work.mkdir(parents=True)
    driving = LosslessVideo(work / DRIVING, (MIN_SIDE, MIN_SIDE), RATE)
    for _ in range(frames):
        driving.add(np.zeros((MIN_SIDE, MIN_SIDE, 3), np.uint8))
    driving.close()
    command = [sys.executable, "-m", "bench.wan.length_job", kind, str(checkpoint), str(frames), str(work)]
    stdout, _ = run_measured(command)
    return round(float(stdout.split()[-1]), 1)


def _slope(peaks: dict[int, float]) -> float:
    return round(float(np.polyfit(list(peaks), list(peaks.values()), 1)[0]), 3)
