"""`python -m bench wan`: everything in one object, with what it must show."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch

from bench.machine import describe_machine
from bench.wan.length import measure_length
from bench.wan.parity import measure_parity
from bench.wan.resume import measure_resume
from bench.wan.shortcuts import measure_shortcuts
from bench.wan.steps import measure_steps
from bench.wan.whole_job import measure_whole_job
from motioncast.engines.wan.model.weights import quieten

AT_LEAST = {"step_ratio_face_heavy": 2.5, "step_ratio_mid": 1.2, "step_ratio_dit_heavy": 1.0, "whole_job_ratio": 1.3}
HIGHEST_SLOPE = 0.2  #: MiB a frame
HIGHEST_DIFFERENCE = 1e-5  #: of a shortcut
_HOLDS = ("parity", "resume_equal")


def measure_wan(work: Path, on_step: Callable[[str], None]) -> dict[str, Any]:
    """Parity, speed, memory and resumption of the wan engine on tiny random checkpoints. Takes about ten minutes."""
    quieten()
    torch.set_num_threads(1)
    found = measure_steps(on_step)
    found |= measure_whole_job(on_step)
    found |= measure_shortcuts(on_step)
    found |= measure_parity(on_step)
    found |= measure_length(work / "length", on_step)
    found |= measure_resume(work / "resume", on_step)
    return found | {
        "targets": targets(),
        "missed": (failures := missed(found)),
        "passed": not failures,
        "machine": describe_machine() | {"torch": torch.__version__, "diffusers": diffusers.__version__},
    }


def targets() -> dict[str, Any]:
    """What must be reached, by the name of the figure."""
    return (
        dict.fromkeys(_HOLDS, True)
        | AT_LEAST
        | {"rss_slope_mib_per_frame": HIGHEST_SLOPE, "shortcut_max_difference": HIGHEST_DIFFERENCE}
    )


def missed(found: dict[str, Any]) -> list[str]:
    """Names of the figures that are not what they must be."""
    names = [name for name in _HOLDS if not found[name]]
    names += [name for name, least in AT_LEAST.items() if not found[name] >= least]
    if not found["rss_slope_mib_per_frame"] <= HIGHEST_SLOPE:
        names.append("rss_slope_mib_per_frame")
    shortcuts = (name for name in found if name.startswith("shortcut_"))
    return names + [name for name in shortcuts if not found[name]["max_difference"] <= HIGHEST_DIFFERENCE]
