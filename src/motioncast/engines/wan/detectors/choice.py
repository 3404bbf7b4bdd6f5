"""Which detectors look at the performer: our own perception, and whatever the operator has put in its place."""

from dataclasses import replace
from pathlib import Path

from motioncast.engines.wan.conditions.wholebody import WholeBody
from motioncast.engines.wan.detectors.detector import detect_clip, masks_of_clip
from motioncast.engines.wan.settings import WanSettings
from motioncast.media.reader import VideoReader
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.request import Mode


def refine_track(
    track: PerformanceTrack, frames: VideoReader, mode: Mode, settings: WanSettings
) -> tuple[PerformanceTrack, WholeBody | None]:
    """The track with SAM 2's masks, and the points of a whole-body network; unchanged and None without either.

    `track` lies on the canvas of `frames`. Raises `InputError` where a detector cannot be used.
    """
    if settings.wan_sam2 and mode is Mode.REPLACE:
        from motioncast.engines.wan.installed import require_extra

        require_extra()
        from motioncast.engines.wan.detectors.sam2_mask import Sam2Masks
        from motioncast.engines.wan.model.group import local_rank
        from motioncast.engines.wan.model.memory import find_device

        segmenter = Sam2Masks(settings.wan_sam2, str(find_device(local_rank()).torch))
        track = replace(track, masks=masks_of_clip(frames, track, segmenter))
    if not settings.wan_pose:
        return track, None
    from motioncast.engines.wan.detectors.rtmlib_pose import RtmlibWholeBody

    detector = Path(settings.wan_pose_detector).expanduser() if settings.wan_pose_detector else None
    network = RtmlibWholeBody(Path(settings.wan_pose).expanduser(), detector, _onnx_device())
    return track, detect_clip(frames, track, network)


def _onnx_device() -> str:
    from onnxruntime import get_available_providers

    return "cuda" if "CUDAExecutionProvider" in get_available_providers() else "cpu"
