"""One job from request to result. Everything else that runs jobs (the command line, a service) calls `animate`."""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from motioncast.engines.engine import Job, Rendering, See
from motioncast.engines.registry import choose_engine
from motioncast.errors import InputError, ProcessingError
from motioncast.finished_work import FinishedWork
from motioncast.following import follow_performer
from motioncast.heap import map_large_blocks, release_freed_memory
from motioncast.media.image import load_image
from motioncast.media.probe import VideoInfo, probe_video
from motioncast.media.segment import EncodedSegment
from motioncast.media.source import local_file
from motioncast.media.writer import write_mp4
from motioncast.models import ensure_models
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.progress import OnProgress, Progress, Stage, ignore_progress
from motioncast.rendering import render_segments
from motioncast.request import MAX_DURATION_S, AnimateRequest
from motioncast.settings import Settings, load_settings


@dataclass(frozen=True, slots=True)
class AnimateResult:
    """A finished job."""

    output: Path
    engine: str
    seed: int  #: the seed used
    frames: int
    fps: float
    width: int
    height: int
    duration_s: float
    timings: dict[Stage, int]  #: milliseconds a stage
    warnings: list[str]

    def as_json(self) -> dict[str, Any]:
        """The result as plain JSON values."""
        return {name: getattr(self, name) for name in self.__slots__} | {"output": str(self.output)}


@dataclass
class _Clock:
    """Time spent in each stage: one ends where the next begins."""

    timings: dict[Stage, int] = field(default_factory=dict)
    _stage: Stage | None = None
    _since: float = 0.0

    def begin(self, stage: Stage | None) -> None:
        """End the stage that runs, if any, and begin another, if any."""
        now = time.perf_counter()
        if self._stage is not None:
            self.timings[self._stage] = self.timings.get(self._stage, 0) + round((now - self._since) * 1000)
        self._stage, self._since = stage, now


def animate(
    request: AnimateRequest,
    output: str | Path = "output.mp4",
    on_progress: OnProgress = ignore_progress,
    settings: Settings | None = None,
    finished: FinishedWork | None = None,
) -> AnimateResult:
    """Run one job and write an MP4 to `output`.

    With `finished`, tracked chunks and encoded segments are kept there as they come, and those already there are used
    again: the request must then be the same, with its seed drawn. The packets are those of an undisturbed run.

    `on_progress` is called from this thread; an exception it raises stops the job. Whatever stops the job, no partial
    file is left at `output`. Raises `InputError` when the request is at fault, `ProcessingError` when the machine is.
    """
    settings = settings or load_settings()
    output = Path(output)
    _check_output(output, request)
    map_large_blocks()
    clock = _Clock()
    seed = request.drawn_seed()
    with tempfile.TemporaryDirectory(prefix="motioncast-") as workdir:
        clock.begin("fetch")
        on_progress(Progress("fetch", 0, 1))
        job = open_job(request, seed, settings, Path(workdir))
        on_progress(Progress("fetch", 1, 1))
        engine, rendering = _plan(request.engine, job, clock, on_progress, finished)
        segments = _segments(rendering, job.driving, clock, on_progress, finished)
        _write(output, segments, job.driving, request.keep_audio)
        on_progress(Progress("finish", 1, 1))
        clock.begin(None)
    return _result(output, engine, job, rendering, clock.timings)


def _check_output(output: Path, request: AnimateRequest) -> None:
    """Find out now, not after the rendering, that the output cannot be written."""
    try:
        output.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:  # a name too long, a NUL in it, a folder that may not be entered
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"The output {str(output)[:200]} cannot be used ({reason}): choose another name.") from error
    if output.is_dir():
        raise InputError(f"{output} is a folder: give the name of the MP4 file to write.")
    if not output.parent.is_dir():
        raise InputError(f"The folder {output.parent} does not exist: make it first or choose another output.")
    if not os.access(output.parent, os.W_OK):
        raise InputError(f"The folder {output.parent} cannot be written to: choose another output.")
    if output.exists() and not output.is_file():
        raise InputError(f"{output} is not a regular file: give the name of the MP4 file to write.")
    for what, source in (("reference image", request.image), ("driving video", request.video)):
        if output.exists() and os.path.exists(source) and output.samefile(source):
            raise InputError(f"The output {output} is the {what} itself: choose another output.")


def open_job(request: AnimateRequest, seed: int, settings: Settings, workdir: Path) -> Job:
    """Open the inputs of a request; what is a URL is fetched into `workdir`. Raises `InputError`, `ProcessingError`."""
    reference = load_image(local_file(request.image, workdir, "image"))
    driving = probe_video(local_file(request.video, workdir, "video"))
    return Job(
        reference=reference,
        driving=driving,
        mode=request.mode,
        area_px=request.resolution.area_px,
        prompt=request.prompt,
        seed=seed,
        models=ensure_models(settings),
        threads=settings.threads,
        profile=request.profile,
        conditions=request.conditions,
        home=settings.home,
    )


def _plan(
    engine_name: str, job: Job, clock: _Clock, on_progress: OnProgress, finished: FinishedWork | None
) -> tuple[str, Rendering]:
    """Everything before the first frame: the character, the performer's track, and the plan made of both."""
    clock.begin("prepare")
    on_progress(Progress("prepare", 0, 2))
    engine = choose_engine(engine_name)
    prepared = engine.prepare(job)
    on_progress(Progress("prepare", 1, 2))
    # the track is not kept here: the engine moves it to its own pixels, and two of a long clip are one too many
    rendering = prepared.perform(lambda masks, see: _track(job, masks, see, clock, on_progress, finished))
    release_freed_memory()
    on_progress(Progress("prepare", 2, 2))
    return engine.name, rendering


def _track(
    job: Job, masks: bool, see: See, clock: _Clock, on_progress: OnProgress, finished: FinishedWork | None
) -> PerformanceTrack:
    clock.begin("track")
    track = follow_performer(job.driving, job.models, masks, on_progress, finished, see)
    clock.begin("prepare")
    release_freed_memory()
    return track


def _segments(
    rendering: Rendering, info: VideoInfo, clock: _Clock, on_progress: OnProgress, finished: FinishedWork | None
) -> Iterator[EncodedSegment]:
    """The clip's segments. What is left to do after the last one is the stage "finish"."""
    clock.begin("render")
    yield from render_segments(rendering, info, on_progress, finished)
    clock.begin("finish")
    on_progress(Progress("finish", 0, 1))


def _write(output: Path, segments: Iterable[EncodedSegment], info: VideoInfo, keep_audio: bool) -> None:
    try:
        write_mp4(output, segments, info, keep_audio)
    except OSError as error:
        raise ProcessingError(f"The video could not be written to {output}: {error.strerror or error}.") from error


def _result(output: Path, engine: str, job: Job, rendering: Rendering, timings: dict[Stage, int]) -> AnimateResult:
    info = job.driving
    width, height = rendering.size
    return AnimateResult(
        output=output,
        engine=engine,
        seed=job.seed,
        frames=len(info.timeline),
        fps=round(float(info.rate), 3),
        width=width,
        height=height,
        duration_s=round(info.duration_s, 3),
        timings=timings,
        warnings=[*length_warnings(info), *rendering.warnings],
    )


def length_warnings(info: VideoInfo) -> list[str]:
    if not info.truncated:
        return []
    return [f"The driving video is longer than {MAX_DURATION_S} s: only its first {MAX_DURATION_S} s were used."]
