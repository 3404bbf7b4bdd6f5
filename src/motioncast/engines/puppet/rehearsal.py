"""One look at driving frames before rendering: the performer's face, and in replace mode camera and scene."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from motioncast.arrays import Image
from motioncast.engines.engine import Job
from motioncast.engines.puppet.face.driver_look import study_frames
from motioncast.engines.puppet.face.performance import FacePerformance
from motioncast.engines.puppet.keepsakes import offered_frames
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
    job: Job,
    track: PerformanceTrack,
    face: FacePerformance | None,
    driving_size: tuple[int, int],
    kept: Mapping[int, Image],
) -> Rehearsal:
    """Look at the driving video at `driving_size`: in animate mode at few frames, which mostly are among those `kept`.

    Replace mode sees all of them once more.
    """
    if job.mode is not Mode.REPLACE:
        return Rehearsal(_study(job, face, driving_size, kept), None)
    wanted = set() if face is None else set(study_frames(face, range(len(track))).tolist())
    observer, studied = SceneObserver(track), {}
    for index, frame in VideoReader(job.driving, size=driving_size, stop=len(track)):
        if index in wanted:
            studied[index] = frame
        observer.add(index, frame)
    return Rehearsal(studied, observer)


def _study(
    job: Job, face: FacePerformance | None, driving_size: tuple[int, int], kept: Mapping[int, Image]
) -> dict[int, Image]:
    if face is None:
        return {}
    return frames_at(job, study_frames(face, offered_frames(len(face))).tolist(), driving_size, kept)


def frames_at(
    job: Job, wanted: Collection[int], driving_size: tuple[int, int], kept: Mapping[int, Image]
) -> dict[int, Image]:
    """The wanted driving frames at `driving_size` (W, H): those that were `kept`, the others read again."""
    missing = sorted(index for index in wanted if index not in kept)
    start, stop = (missing[0], missing[-1] + 1) if missing else (0, 0)
    read = dict(VideoReader(job.driving, size=driving_size, start=start, stop=stop, only=missing))
    return {index: kept[index] if index in kept else read[index] for index in wanted}
