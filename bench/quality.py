"""`python -m bench quality`: what the product's pictures must show, measured with an independent judge.

Pairs are run as users run them and their outputs re-tracked by the judge; what must be seen before encoding (still
references, the scene of replace mode, the mesh, comparisons with baselines) is rendered in this process.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.against_baselines import OwnClip, compare_body_to_skinning, compare_faces_to_delaunay
from bench.body_measures import BodyFidelity, compare_bodies, missing_keypoints
from bench.face_fidelity import FaceFidelity, compare_faces
from bench.flicker import compare_flicker
from bench.frames import read_frame, write_png
from bench.identity import FRAMES as IDENTITY_FRAMES
from bench.identity import distance_to_reference, own_distance
from bench.in_process import Studio
from bench.irises import iris_darkness
from bench.jobs import Job, JobSet, measured_name
from bench.judge import BenchError, Judge, JudgeTrack
from bench.mesh_flips import measure_flips
from bench.product import animate
from bench.replace_measures import measure_replace
from bench.scores import collect, score
from bench.self_reenactment import compare_to_still, neutral_frame
from bench.still_driver import measure_still

OnStep = Callable[[str], None]


@dataclass(frozen=True)
class QualityBench:
    """Where and with what everything is measured."""

    judge: Judge
    studio: Studio
    outputs: Path  #: folder that takes every clip and picture that is made

    def pair(self, job: Job) -> dict[str, Any]:
        """Run the product on a pair and judge what came out."""
        run = animate(job.reference, job.driving, self.outputs / f"{job.file_name}.mp4", mode=job.mode)
        driver, made = self.judge.track(job.driving), self.judge.track(run.output)
        if len(driver) != len(made):
            raise BenchError(f"{job.name}: {len(driver)} frames in, {len(made)} frames out.")
        face, body = compare_tracks(driver, made)
        reference = self.judge.track(job.reference)
        theirs, ours = driver.visibility_in_picture, made.visibility_in_picture
        result: dict[str, Any] = {
            "output": str(run.output),
            "frames": len(made),
            "seconds": round(run.cost.wall_s, 2),
            "warnings": run.report.get("warnings", []),
            "face": asdict(face),
            "body": asdict(body),
            "keypoints": missing_keypoints(theirs, ours, reference.visibility_in_picture[0]),
        }
        planned = self.studio.plan(job.reference, job.driving, job.mode)
        if not face.skipped:
            result["iris_darkness"] = iris_darkness(read_frame(job.reference, 0), reference.face_px[0])
            if planned.rendering.figure.character.trunk.face is not None:
                result["flicker"] = compare_flicker(job.driving, driver, run.output, planned)
            result["identity_distance"] = self._identity(job.reference, run.output)
        result["flips"] = measure_flips(planned)
        if job.mode == "replace":
            result["replace"] = measure_replace(planned, driver)
        return result

    def _identity(self, reference: Path, output: Path) -> float:
        own, made = self.judge.embeddings(reference, IDENTITY_FRAMES), self.judge.embeddings(output, IDENTITY_FRAMES)
        return distance_to_reference(own, made)

    def own(self, clip: Path) -> dict[str, Any]:
        """Drive a frame of a clip by the clip; against the frame held still."""
        driver = self.judge.track(clip)
        index = neutral_frame(driver)
        reference = self.outputs / f"{clip.stem}-frame{index}.png"
        picture = read_frame(clip, index)
        write_png(reference, picture)
        run = animate(reference, clip, self.outputs / f"{clip.stem}-self.mp4")
        result = compare_to_still(run.output, clip, picture, index, driver)
        return {
            "output": str(run.output),
            "reference_frame": index,
            "gain_db": result.gain_db,
            **asdict(result),
            "seconds": round(run.cost.wall_s, 2),
        }

    def face(self, clip: Path) -> dict[str, Any]:
        """A talking head against the Delaunay baseline, and how far apart its own frames are for the identity."""
        own = OwnClip.of(clip, self.judge.track(clip), self.outputs)
        found = compare_faces_to_delaunay(own, self.studio)
        return found | {"own_identity_distance": own_distance(self.judge.embeddings(clip, IDENTITY_FRAMES))}

    def body(self, clip: Path) -> dict[str, Any]:
        """A person against the skinning baseline."""
        return compare_body_to_skinning(OwnClip.of(clip, self.judge.track(clip), self.outputs), self.studio)

    def still(self, reference: Path) -> dict[str, Any]:
        """A reference driven by itself, motionless."""
        return measure_still(reference, self.studio, self.outputs)


def measure_quality(
    jobs: JobSet, judge: Judge, outputs: Path, on_step: OnStep, *, partial_run: bool = False
) -> dict[str, Any]:
    """Run and judge every job; outputs go to the folder `outputs`. A job that fails is reported, not raised.

    Of a `partial_run` only the scores count that some job gives.
    """
    bench = QualityBench(judge, Studio(), outputs)

    def rows(name: Callable[[Any], str], measure: Callable[[Any], dict[str, Any]], of: tuple[Any, ...]) -> list[Any]:
        return [_reported(name(job), on_step, partial(measure, job)) for job in of]

    result: dict[str, Any] = {
        "stills": rows(partial(measured_name, measure="still"), bench.still, jobs.stills),
        "face_baseline": rows(partial(measured_name, measure="face"), bench.face, jobs.faces),
        "body_baseline": rows(partial(measured_name, measure="body"), bench.body, jobs.bodies),
        "self_reenactment": rows(partial(measured_name, measure="self"), bench.own, jobs.own),
        "jobs": rows(lambda job: str(job.name), bench.pair, jobs.pairs),
    }
    failed = [row["name"] for table in result.values() for row in table if "error" in row]
    result["identity_allowance"] = _allowance(jobs, judge)
    scores = score(collect(result), partial=partial_run)
    passed = not failed and all(entry["passed"] for entry in scores.values())
    return {"passed": passed, "scores": scores, "failed": failed} | result


def compare_tracks(driver: JudgeTrack, output: JudgeTrack) -> tuple[FaceFidelity, BodyFidelity]:
    """Face and body of two tracks whose frames correspond by index."""
    n = min(len(driver), len(output))
    face = compare_faces(driver.face_px[:n], driver.size_px, output.face_px[:n], output.size_px)
    body = compare_bodies(
        driver.body_px[:n],
        driver.visibility_in_picture[:n],
        driver.body_world_m[:n],
        output.body_px[:n],
        output.visibility_in_picture[:n],
    )
    return face, body


def _allowance(jobs: JobSet, judge: Judge) -> float:
    """How far apart the frames of one talking person are, mean over the clips that are at hand; NaN without any."""
    known = [own_distance(judge.embeddings(clip, IDENTITY_FRAMES)) for clip in jobs.talking]
    return float(np.mean(known)) if known else float("nan")


def _reported(name: str, on_step: OnStep, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    on_step(name)
    try:
        return {"name": name} | measure()
    except BenchError as error:
        return {"name": name, "error": str(error)}
    except Exception as error:  # the engine runs in this process: a fault of it must not lose what the others measured
        return {"name": name, "error": f"{type(error).__name__}: {error}"}
