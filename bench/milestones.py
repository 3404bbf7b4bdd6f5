"""When a job reaches its first tracked frame and its first image, seconds after the start of the process.

Usage: python -m bench.milestones REFERENCE DRIVING OUTPUT RESOLUTION

Runs the job as the command line does, in a process of its own, and listens to its progress.
"""

import json
import sys
import time
from pathlib import Path

from motioncast.progress import Progress
from motioncast.request import AnimateRequest, Resolution

_CLOCK_TICKS = 100  #: a second, in /proc (USER_HZ)


def seconds_since_start() -> float:
    """Since the kernel started this process: the interpreter's own start counts."""
    started = int(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19]) / _CLOCK_TICKS
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


def measure_milestones(request: AnimateRequest, output: Path) -> dict[str, float]:
    """Run the job: start to the first tracked frame, and last tracked frame to the first image."""
    from motioncast.pipeline import animate

    reached: dict[str, float] = {}

    def note(progress: Progress) -> None:
        if progress.done == 1:
            reached.setdefault(progress.stage, seconds_since_start())
        if progress.stage == "track" and progress.done == progress.total:
            reached["tracked"] = seconds_since_start()

    animate(request, output, note)
    return {
        "start_to_first_tracked_s": round(reached["track"], 3),
        "tracked_to_first_image_s": round(reached["render"] - reached["tracked"], 3),
    }


if __name__ == "__main__":
    reference, driving, target, resolution = sys.argv[1:]
    request = AnimateRequest(reference, driving, resolution=Resolution(resolution), seed=7)
    print(json.dumps(measure_milestones(request, Path(target))))
