"""`python -m bench quality`: the product's outputs, re-tracked by an independent judge, against their drivers."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.body_measures import BodyFidelity, compare_bodies
from bench.face_fidelity import FaceFidelity, compare_faces
from bench.frames import read_frame, write_png
from bench.jobs import Job, JobSet
from bench.judge import BenchError, Judge, JudgeTrack
from bench.product import animate
from bench.self_reenactment import compare_to_still, neutral_frame

OnStep = Callable[[str], None]


@dataclass(frozen=True)
class Target:
    """A mean over the jobs and the range it must lie in."""

    low: float
    high: float = float("inf")

    def met_by(self, value: float) -> bool:
        return self.low <= value <= self.high


TARGETS = {
    "mouth_open_r": Target(0.90),
    "mouth_open_slope": Target(0.6, 1.4),
    "eye_open_r": Target(0.85),
    "yaw_r": Target(0.90),
    "bone_angle_deg": Target(0.0, 12.0),
    "self_gain_db": Target(3.0),
}


def measure_quality(jobs: JobSet, judge: Judge, outputs: Path, on_step: OnStep) -> dict[str, Any]:
    """Run and judge every job; outputs go to the folder `outputs`. A job that fails is reported, not raised."""
    pairs = [_reported(job.name, on_step, partial(_measure_pair, job, judge, outputs)) for job in jobs.pairs]
    own = [_reported(f"{clip.stem} (self)", on_step, partial(_measure_own, clip, judge, outputs)) for clip in jobs.own]
    scores = score(pairs, own)
    failed = [row["name"] for row in pairs + own if "error" in row]
    passed = not failed and all(entry["passed"] for entry in scores.values())
    return {"passed": passed, "scores": scores, "failed": failed, "jobs": pairs, "self_reenactment": own}


def compare_tracks(driver: JudgeTrack, output: JudgeTrack) -> tuple[FaceFidelity, BodyFidelity]:
    """Face and body of two tracks whose frames correspond by index."""
    n = min(len(driver), len(output))
    face = compare_faces(driver.face_px[:n], driver.size_px, output.face_px[:n], output.size_px)
    body = compare_bodies(
        driver.body_px[:n],
        driver.body_visibility[:n],
        driver.body_world_m[:n],
        output.body_px[:n],
        output.body_visibility[:n],
    )
    return face, body


def score(pairs: list[dict[str, Any]], own: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Means over the jobs against their targets; a score that no job could give has value None and fails."""
    values: dict[str, list[float]] = {name: [] for name in TARGETS}
    for row in pairs:
        for channel, found in row.get("face", {}).get("channels", {}).items():
            for kind in ("r", "slope"):
                if found["moves"] and f"{channel}_{kind}" in values:
                    values[f"{channel}_{kind}"].append(found[kind])
        mean_deg = row.get("body", {}).get("mean_deg", float("nan"))
        if np.isfinite(mean_deg):
            values["bone_angle_deg"].append(mean_deg)
    values["self_gain_db"] = [row["gain_db"] for row in own if "gain_db" in row]
    return {name: _score(values[name], target) for name, target in TARGETS.items()}


def _score(values: list[float], target: Target) -> dict[str, Any]:
    mean = float(np.mean(values)) if values else None
    high = target.high if np.isfinite(target.high) else None
    passed = mean is not None and target.met_by(mean)
    return {"value": mean, "target": [target.low, high], "jobs": len(values), "passed": passed}


def _reported(name: str, on_step: OnStep, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    on_step(name)
    try:
        return {"name": name} | measure()
    except BenchError as error:
        return {"name": name, "error": str(error)}


def _measure_pair(job: Job, judge: Judge, outputs: Path) -> dict[str, Any]:
    output = outputs / f"{job.reference.stem}-{job.driving.stem}-{job.mode}.mp4"
    run = animate(job.reference, job.driving, output, mode=job.mode)
    driver, made = judge.track(job.driving), judge.track(run.output)
    if len(driver) != len(made):
        raise BenchError(f"{job.name}: {len(driver)} frames in, {len(made)} frames out.")
    face, body = compare_tracks(driver, made)
    return {
        "output": str(run.output),
        "frames": len(made),
        "seconds": round(run.cost.wall_s, 2),
        "warnings": run.report.get("warnings", []),
        "face": asdict(face),
        "body": asdict(body),
    }


def _measure_own(clip: Path, judge: Judge, outputs: Path) -> dict[str, Any]:
    driver = judge.track(clip)
    index = neutral_frame(driver)
    reference = outputs / f"{clip.stem}-frame{index}.png"
    picture = read_frame(clip, index)
    write_png(reference, picture)
    run = animate(reference, clip, outputs / f"{clip.stem}-self.mp4")
    result = compare_to_still(run.output, clip, picture, index, driver)
    return {
        "output": str(run.output),
        "reference_frame": index,
        "gain_db": result.gain_db,
        **asdict(result),
        "seconds": round(run.cost.wall_s, 2),
    }
