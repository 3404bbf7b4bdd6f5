"""`python -m bench memory`: does memory, or the time for a frame, grow with the length of the driving video?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.clips import looped
from bench.machine import describe_machine
from bench.product import animate, fetch_samples
from motioncast.request import Resolution

SHORT_S, LONG_S = 10.0, 120.0
HIGHEST_RATIO = 1.1
LOWEST_PACE = 0.95  #: frames a second of the long clip over those of the short one
HIGHEST_MIB = 1500 * 1000**2 / 1024**2  #: 1.5 GB


def measure_memory(work: Path, on_step: Callable[[str], None]) -> dict[str, Any]:
    """Peak memory of whole 720p jobs on a short and on a long driving video, and frames a second of both."""
    samples = fetch_samples()
    peaks, rates = [], []
    for seconds in (SHORT_S, LONG_S):
        on_step(f"{seconds:.0f} s of 720p video")
        clip = looped(
            samples / "carphone_pristine.mp4", work / f"talk-{seconds:.0f}s.mp4", seconds, Resolution.P720.area_px
        )
        run = animate(samples / "astronaut.png", clip, work / f"out-{seconds:.0f}s.mp4", resolution=Resolution.P720)
        peaks.append(run.cost.peak_mib)
        rates.append(run.report["frames"] / run.cost.wall_s)
    ratio, pace = peaks[1] / peaks[0], rates[1] / rates[0]
    return {
        "peak_mib_10s": round(peaks[0], 1),
        "peak_mib_120s": round(peaks[1], 1),
        "ratio": round(ratio, 3),
        "fps_10s": round(rates[0], 2),
        "fps_120s": round(rates[1], 2),
        "pace": round(pace, 3),
        "target": {"ratio": HIGHEST_RATIO, "peak_mib": round(HIGHEST_MIB), "pace": LOWEST_PACE},
        "passed": ratio <= HIGHEST_RATIO and peaks[1] <= HIGHEST_MIB and pace >= LOWEST_PACE,
        "machine": describe_machine(),
    }
