"""Look at a job without doing it: are the inputs usable, is there a person, do picture and clip fit together?"""

from dataclasses import replace
from pathlib import Path

from motioncast.engines.registry import choose_engine
from motioncast.following import follow_performer
from motioncast.pipeline import length_warnings, open_job
from motioncast.request import AnimateRequest
from motioncast.settings import Settings

_FRAMES = 24  #: of the clip that are looked at


def check(request: AnimateRequest, settings: Settings) -> list[str]:
    """The warnings that a job of these files would come with, from the first second of the clip.

    Raises `InputError` where the job would fail: an unreadable file, nobody to follow, nothing to animate.
    """
    job = open_job(request, request.drawn_seed(), settings, Path())  # nothing is fetched: the inputs are files
    whole = job.driving
    job = replace(job, driving=replace(whole, timeline=whole.timeline.first(_FRAMES)), rehearsal=True)
    prepared = choose_engine(request.engine).prepare(job)
    rendering = prepared.perform(lambda masks, see: follow_performer(job.driving, job.models, masks, see=see))
    return [*length_warnings(whole), *rendering.warnings]
