"""One look at every driving frame before rendering: the performer's face, and in replace mode camera and scene."""

from dataclasses import dataclass

from motioncast.arrays import Image
from motioncast.engines.engine import Job
from motioncast.engines.puppet.face.driver_look import study_frames
from motioncast.engines.puppet.face.performance import FacePerformance
from motioncast.engines.puppet.scene.scene import SceneObserver
from motioncast.media.reader import VideoReader
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.request import Mode


@dataclass(frozen=True)
class Rehearsal:
    """What was kept of the driving frames."""

    studied: dict[int, Image]  #: the few frames that show the performer's face at its most telling
    observer: SceneObserver | None  #: has seen every frame; only in replace mode


def rehearse(
    job: Job, track: PerformanceTrack, face: FacePerformance | None, driving_size: tuple[int, int]
) -> Rehearsal:
    """Read the driving video once more, at `driving_size`, as far as anything is wanted of it."""
    wanted = set() if face is None else {int(index) for index in study_frames(face)}
    if job.mode is not Mode.REPLACE:
        stop = max(wanted, default=-1) + 1
        return Rehearsal(dict(VideoReader(job.driving, size=driving_size, stop=stop, only=wanted)), None)
    observer, studied = SceneObserver(track), {}
    for index, frame in VideoReader(job.driving, size=driving_size, stop=len(track)):
        if index in wanted:
            studied[index] = frame
        observer.add(index, frame)
    return Rehearsal(studied, observer)
