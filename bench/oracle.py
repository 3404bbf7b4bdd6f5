"""Our tracker against mediapipe's Holistic on the same decoded frames: agreement and speed. For development.

`python -m bench.oracle --judge PYTHON --media DIR [--frames N] [--rounds N] [--no-masks]` prints one JSON object. The
judge is a Python with mediapipe 0.10.21. Targets: face within 2.5 % of the face width, body within 4 % of the torso
length (medians), 2x speed. Wall time depends on what else the machine does; the ratio of the processor times hardly
does.
"""

import argparse
import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from motioncast.arrays import Bools, Floats, Image
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.models import ensure_models
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.perception.skeleton import FACE_SIDES
from motioncast.perception.tracker import LARGEST_SIDE_PX, track_video
from motioncast.progress import Progress
from motioncast.settings import load_settings

CLIPS = ("wan_animate_video.mp4", "dance.mp4", "liveportrait_d10.mp4")
TARGETS = {"face": 0.025, "body": 0.04, "speed": 2.0}
_WARM_UP = 12  #: frames before the clock starts; more than the tracker has in its threads
_TRUNK = [11, 12, 23, 24]
_JUDGE = Path(__file__).with_name("oracle_judge.py")


def face_error(ours: Floats, theirs: Floats, both: Bools) -> float | None:
    """Median distance of the 478 points in face widths, over the frames in which `both` found the face."""
    if not both.any():
        return None
    right, left = FACE_SIDES
    width = np.linalg.norm(theirs[both, right, :2] - theirs[both, left, :2], axis=1)
    # in profile the two sides of the face fall together
    width = np.maximum(width, 0.6 * np.median(width))
    return float(np.median(np.linalg.norm(ours[both, :, :2] - theirs[both, :, :2], axis=2) / width[:, None]))


def body_error(ours: Floats, theirs: Floats, visibility: Floats, both: Bools) -> float | None:
    """Median distance of visible points in torso lengths, over the frames with shoulders and hips in sight."""
    both = both & (visibility[:, _TRUNK] >= 0.5).all(axis=1)
    if not both.any():
        return None
    middle = theirs[both][:, _TRUNK[:2], :2].mean(axis=1) - theirs[both][:, _TRUNK[2:], :2].mean(axis=1)
    apart = np.linalg.norm(ours[both, :, :2] - theirs[both, :, :2], axis=2)
    relative = apart / np.linalg.norm(middle, axis=1)[:, None]
    return float(np.median(relative[visibility[both] >= 0.5]))


@dataclass(frozen=True)
class Cost:
    """What a frame costs once all networks are loaded, seconds."""

    wall: float
    cpu: float  #: of all threads


def _ours(frames: list[Image], rate: float, models: Path, masks: bool) -> tuple[PerformanceTrack, Cost]:
    height, width = frames[0].shape[:2]
    begin: list[float] = []

    def watch(progress: Progress) -> None:
        # told when a frame is taken in: the first results of the threads are back by then, and some are still to come
        if progress.done == _WARM_UP:
            begin.extend((time.perf_counter(), time.process_time()))

    track = track_video(enumerate(frames), width, height, rate, len(frames), models, watch, masks=masks)
    spent = (time.perf_counter() - begin[0], time.process_time() - begin[1])
    return track, Cost(*(seconds / (len(frames) - _WARM_UP) for seconds in spent))


def _theirs(judge: str, frames: Path, out: Path) -> Cost:
    done = subprocess.run([judge, str(_JUDGE), str(frames), str(out)], check=True, capture_output=True, text=True)
    wall, cpu = done.stdout.split()[-2:]
    return Cost(float(wall), float(cpu))


def compare(clip: Path, judge: str, count: int, rounds: int, models: Path, masks: bool) -> dict[str, Any]:
    """Agreement and cost of both trackers on one clip, each the best of alternating rounds."""
    info = probe_video(clip)
    frames = [image for _, image in islice(VideoReader(info, max_side=LARGEST_SIDE_PX), count)]
    with tempfile.TemporaryDirectory() as workdir:
        stack, out = Path(workdir) / "frames.npy", Path(workdir) / "judge.npz"
        np.save(stack, np.stack(frames))
        times = []
        for _ in range(rounds):
            track, cost = _ours(frames, float(info.rate), models, masks)
            times.append((cost, _theirs(judge, stack, out)))
        with np.load(out) as file:
            body, face = file["body"], file["face"]
    ours, theirs = (Cost(min(c.wall for c in side), min(c.cpu for c in side)) for side in zip(*times, strict=True))
    face_seen, body_seen = ~np.isnan(face[:, 0, 0]), ~np.isnan(body[:, 0, 0])
    return {
        "frames": len(frames),
        "face": face_error(track.face_px, face, track.face_valid & face_seen),
        "body": body_error(track.body_px, body, np.nan_to_num(body[..., 3]), track.body_valid & body_seen),
        "face_found": [float(track.face_valid.mean()), float(face_seen.mean())],
        "body_found": [float(track.body_valid.mean()), float(body_seen.mean())],
        "ms": round(ours.wall * 1e3, 1),
        "judge_ms": round(theirs.wall * 1e3, 1),
        "speed": round(theirs.wall / ours.wall, 2),
        "cpu_ms": round(ours.cpu * 1e3, 1),
        "judge_cpu_ms": round(theirs.cpu * 1e3, 1),
        "cpu_speed": round(theirs.cpu / ours.cpu, 2),
    }


def main() -> None:
    """Compare on all clips and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", required=True, help="Python with mediapipe 0.10.21")
    parser.add_argument("--media", type=Path, required=True, help="folder with " + ", ".join(CLIPS))
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--no-masks", action="store_true", help="as for the animate mode; the judge always makes them")
    given = parser.parse_args()
    models = ensure_models(load_settings())
    clips = {
        name: compare(given.media / name, given.judge, given.frames, given.rounds, models, not given.no_masks)
        for name in CLIPS
    }
    print(json.dumps({"clips": clips, "targets": TARGETS, "met": _met(list(clips.values()))}, indent=1))


def _met(results: list[dict[str, Any]]) -> bool:
    near = all(r[part] is None or r[part] <= TARGETS[part] for r in results for part in ("face", "body"))
    return near and all(r["speed"] >= TARGETS["speed"] for r in results)


if __name__ == "__main__":
    main()
