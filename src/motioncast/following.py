"""The performer of a driving video, followed from end to end."""

from pathlib import Path

from motioncast.engines.engine import FOLLOWED_SIDE_PX, See, ignore_frames
from motioncast.finished_work import FinishedWork, load_pieces, piece_name
from motioncast.media.probe import VideoInfo
from motioncast.media.reader import VideoReader
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.perception.tracker import CHUNK_FRAMES, track_video
from motioncast.progress import OnProgress, ignore_progress


def follow_performer(
    driving: VideoInfo,
    models: Path,
    masks: bool,
    on_progress: OnProgress = ignore_progress,
    finished: FinishedWork | None = None,
    see: See = ignore_frames,
) -> PerformanceTrack:
    """The track of all frames of `driving`, in its own pixels; with person masks only if they are wanted.

    With `finished`, chunks are kept there as they come, and those already there are not tracked again. Frames that are
    tracked are shown to `see`, whose exceptions end the tracking. Raises `InputError` where there is nobody to follow.
    """
    chunks = list(load_pieces(finished, "track"))

    def keep(chunk: bytes) -> None:
        assert finished is not None
        finished.save(piece_name("track", len(chunks)), chunk)
        chunks.append(b"")  # counted, not held

    return track_video(
        VideoReader(driving, max_side=FOLLOWED_SIDE_PX, start=CHUNK_FRAMES * len(chunks)),
        driving.width,
        driving.height,
        float(driving.rate),
        len(driving.timeline),
        models,
        on_progress,
        masks,
        see=see,
        finished=chunks[:],
        on_chunk=None if finished is None else keep,
    )
