"""Look at a job without doing it: are the inputs usable, is there a person, do picture and clip fit together?"""

from dataclasses import replace
from pathlib import Path

from motioncast.engines.engine import Job
from motioncast.engines.registry import choose_engine
from motioncast.media.image import load_image
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.models import ensure_models
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.perception.tracker import track_video
from motioncast.pipeline import TRACKING_SIDE_PX, length_warnings
from motioncast.progress import ignore_progress
from motioncast.request import AnimateRequest
from motioncast.settings import Settings

_FRAMES = 24  #: of the clip that are looked at


def check(request: AnimateRequest, settings: Settings) -> list[str]:
    """The warnings that a job of these files would come with, from the first second of the clip.

    Raises `InputError` where the job would fail: an unreadable file, nobody to follow, nothing to animate.
    """
    whole = probe_video(Path(request.video))
    driving = replace(whole, timeline=whole.timeline.first(_FRAMES))
    job = Job(
        reference=load_image(Path(request.image)),
        driving=driving,
        mode=request.mode,
        area_px=request.resolution.area_px,
        prompt=request.prompt,
        seed=request.drawn_seed(),
        models=ensure_models(settings),
        threads=settings.threads,
        rehearsal=True,
    )
    prepared = choose_engine(request.engine).prepare(job)

    def follow(masks: bool) -> PerformanceTrack:
        frames = VideoReader(driving, max_side=TRACKING_SIDE_PX)
        size, rate, total = (driving.width, driving.height), float(driving.rate), len(driving.timeline)
        return track_video(frames, *size, rate, total, job.models, ignore_progress, masks)

    return [*length_warnings(whole), *prepared.perform(follow).warnings]
