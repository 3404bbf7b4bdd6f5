"""From a job and the performer's track to the conditions of every frame: the same for rendering and for files."""

from motioncast.engines.engine import Follow, Job, ignore_frames
from motioncast.engines.wan.conditions.person_mask import MaskShape
from motioncast.engines.wan.conditions.reference import find_person
from motioncast.engines.wan.conditions.stream import ConditionStream, canvas_sizes, plan_conditions
from motioncast.engines.wan.detectors.choice import refine_track
from motioncast.engines.wan.settings import WanSettings
from motioncast.media.geometry import fit_affine
from motioncast.media.reader import VideoReader
from motioncast.perception.landmarks import StillLandmarks
from motioncast.request import Mode


def find_character(job: Job) -> StillLandmarks | None:
    """The person in the reference image, where the conditions depend on it."""
    return find_person(job.reference, job.models) if job.mode is Mode.ANIMATE else None


def plan_stream(
    job: Job, still: StillLandmarks | None, follow: Follow, settings: WanSettings, shape: MaskShape | None = None
) -> ConditionStream:
    """Follow the performer and plan the conditions; `shape` of the masks is the official one by default.

    Raises `InputError` where there is nobody to follow, or a detector of `settings` cannot be used.
    """
    source = (job.driving.width, job.driving.height)
    height, width = job.reference.rgb.shape[:2]
    size, driving_size = canvas_sizes(job.mode, (width, height), source, job.area_px)
    track = follow(job.mode is Mode.REPLACE, ignore_frames).on_canvas(fit_affine(source, driving_size), driving_size)
    detected = None
    if not job.rehearsal:
        track, detected = refine_track(track, VideoReader(job.driving, size=driving_size), job.mode, settings)
    return plan_conditions(job.mode, track, still, size, shape or MaskShape(), detected)
