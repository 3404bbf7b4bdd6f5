"""The machine a number was taken on, reported beside it."""

import os
import platform
from pathlib import Path
from typing import Any

from motioncast.settings import available_cpus


def describe_machine() -> dict[str, Any]:
    """Processor, cores this process may use, and the load of the last minute (other work inflates every timing)."""
    return {
        "cpu": _cpu_model(),
        "cores": available_cpus(),
        "load_1min": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
