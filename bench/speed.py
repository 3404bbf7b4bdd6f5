"""`python -m bench puppet`: speed of whole jobs from the command line, against the floor of the same run."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.clips import looped
from bench.frames import read_frame, write_png
from bench.jobs import MASCOT
from bench.machine import describe_machine
from bench.product import animate, fetch_samples, run_measured
from motioncast.request import Resolution

OnStep = Callable[[str], None]
SECONDS = 10.0


@dataclass(frozen=True)
class Case:
    """One kind of job; `reference` fixes the shape of the output."""

    name: str
    reference: Path
    driving: Path
    resolution: Resolution


def measure_speed(runs: int, work: Path, on_step: OnStep) -> dict[str, Any]:
    """Medians over `runs` of every case; clips and outputs go to the folder `work`."""
    cases = speed_cases(work, SECONDS)
    before = describe_machine()
    taken: dict[str, list[dict[str, Any]]] = {case.name: [] for case in cases}
    for run in range(1, runs + 1):
        for case in cases:
            on_step(f"{case.name}, run {run} of {runs}")
            taken[case.name].append(_run_once(case, work))
    return summary({name: medians(rows) for name, rows in taken.items()}) | {"runs": runs, "machine": before}


def speed_cases(work: Path, seconds: float) -> list[Case]:
    """480p landscape and portrait, and 720p landscape, each on a driving clip of the output's own resolution."""
    samples = fetch_samples()
    wide = _landscape_reference(samples / "astronaut.png", work / "landscape.png")
    talk, walk = samples / "carphone_pristine.mp4", samples / "cam01.mp4"
    small, large = Resolution.P480, Resolution.P720
    return [
        Case("480p_landscape", wide, looped(talk, work / "talk-480p.mp4", seconds, small.area_px), small),
        Case("480p_portrait", MASCOT, looped(walk, work / "walk-480p.mp4", seconds, small.area_px), small),
        Case("720p_landscape", wide, looped(talk, work / "talk-720p.mp4", seconds, large.area_px), large),
    ]


def summary(cases: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The headline figures against their targets: of several cases always the worst."""
    small = [values for name, values in cases.items() if name.startswith("480p")]
    large = [values for name, values in cases.items() if name.startswith("720p")]
    everything = list(cases.values())
    scores = {
        "fps_480p": _at_least(24.0, [case["fps"] for case in small]),
        "fps_720p": _at_least(12.0, [case["fps"] for case in large]),
        "over_floor": _at_most(1.5, [case["over_floor"] for case in everything]),
        "prepare_s": _at_most(1.5, [case["prepare_s"] for case in small]),
        "start_to_first_tracked_s": _at_most(3.0, [case["start_to_first_tracked_s"] for case in everything]),
        "tracked_to_first_image_s": _at_most(1.0, [case["tracked_to_first_image_s"] for case in everything]),
        "peak_mib_720p": _at_most(1.5e9 / 2**20, [case["peak_mib"] for case in large]),
    }
    return {"passed": all(score["passed"] for score in scores.values()), "scores": scores, "cases": cases}


def _at_least(target: float, values: list[float]) -> dict[str, Any]:
    return {"value": min(values), "target": [target, None], "passed": min(values) >= target}


def _at_most(target: float, values: list[float]) -> dict[str, Any]:
    return {"value": max(values), "target": [None, round(target, 3)], "passed": max(values) <= target}


def medians(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of every number over the runs; nested dictionaries are followed, equal values stay as they are."""
    return {key: _median([row[key] for row in rows]) for key in rows[0]}


def _median(values: list[Any]) -> Any:
    if isinstance(values[0], dict):
        return medians(values)
    return values[0] if len(set(values)) == 1 else round(float(median(values)), 3)


def _run_once(case: Case, work: Path) -> dict[str, Any]:
    output = work / f"{case.name}.mp4"
    run = animate(case.reference, case.driving, output, resolution=case.resolution)
    floor_s = _child("floor", case.driving, output)
    inputs = (case.reference, case.driving)
    stages = {stage: ms / 1000 for stage, ms in run.report["timings"].items()}
    return {
        "width": run.report["width"],
        "height": run.report["height"],
        "frames": run.report["frames"],
        "fps": round(run.report["frames"] / run.cost.wall_s, 3),
        "wall_s": run.cost.wall_s,
        "cpu_s": run.cost.cpu_s,
        "floor_s": floor_s,
        "over_floor": run.cost.wall_s / sum(floor_s.values()),
        "peak_mib": run.cost.peak_mib,
        **_child("preparation", *inputs, case.resolution),
        **_child("milestones", *inputs, output, case.resolution),
        "stages_s": stages | {"start_and_exit": run.cost.wall_s - sum(stages.values())},
    }


def _child(module: str, *arguments: object) -> dict[str, float]:
    """What `python -m bench.MODULE` prints, run in a process of its own."""
    printed, _ = run_measured([sys.executable, "-m", f"bench.{module}", *map(str, arguments)])
    figures: dict[str, float] = json.loads(printed)
    return figures


def _landscape_reference(portrait: Path, target: Path) -> Path:
    """The upper part of a square portrait in the shape of 832 × 480."""
    picture = read_frame(portrait, 0)
    write_png(target, picture[: round(picture.shape[1] * 480 / 832)])
    return target
