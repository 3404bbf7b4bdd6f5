"""What a driving video is: its upright size, its frame times, and whether it can be used at all."""

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from motioncast.errors import InputError
from motioncast.media.container import MAX_FRAME_PIXELS, is_shown, open_video, video_packets
from motioncast.media.frames import decoded_frames, upright_size
from motioncast.media.image import is_still_image
from motioncast.media.timeline import (
    RESAMPLED_RATE,
    Int64,
    Timeline,
    is_too_fast,
    measured_rate,
    resampled,
    source_timeline,
)

MAX_SECONDS = 120
MAX_SIDE = 8192
MAX_PACKETS = 250_000  #: 120 s of 1000 frames/s in two fields each
_REORDER_S = 2  #: packets come in decoding order; read on for so long past the limit
_CHECKED_FRAMES = 16  #: decoded to see that packets and frames correspond
_DEFAULT_RATE = Fraction(25)


@dataclass(frozen=True)
class VideoInfo:
    """A usable driving video."""

    path: Path
    width: int  #: upright and with square pixels
    height: int
    rate: Fraction  #: frames per second of the kept frames, on average
    timeline: Timeline
    has_audio: bool
    truncated: bool  #: it runs longer than 120 s and the rest is left out

    @property
    def duration_s(self) -> float:
        return self.timeline.duration_s


@dataclass(frozen=True)
class _Stamps:
    """Presentation times of all source frames within the limit, sorted."""

    pts: Int64
    keys: Int64
    time_base: Fraction
    truncated: bool
    stamped: bool = True


def probe_video(path: Path) -> VideoInfo:
    """Read the container's packets and decode the first frames.

    Raises InputError for an image, a file without (readable) video, fewer than 2 frames or frames larger than 8K.
    """
    if is_still_image(path):
        raise InputError(f"The file {path.name} is a still image; the driving video must be a video.")
    with open_video(path) as (container, stream):
        _check_frame_size(stream.codec_context.width, stream.codec_context.height, path)
        packets = _stamps_of_packets(container, stream)
        has_audio = any(s.codec_context is not None for s in container.streams.audio)
        declared = [stream.average_rate, stream.guessed_rate]
    first = _first_frames(path)
    _check_frame_size(first[0].width, first[0].height, path)
    stamps = packets if packets and _agree(packets.pts, first) else _stamps_of_frames(path, declared)
    if len(stamps.pts) < 2:
        raise InputError(f"The video {path.name} has fewer than 2 frames; give a longer one.")
    rate, timeline = _schedule(stamps, declared)
    with open_video(path) as (_, stream):
        width, height = upright_size(first[0], stream.sample_aspect_ratio)
    return VideoInfo(path, width, height, rate, timeline, has_audio, stamps.truncated)


def _check_frame_size(width: int, height: int, path: Path) -> None:
    if max(width, height) > MAX_SIDE or width * height > MAX_FRAME_PIXELS:
        raise InputError(f"The video {path.name} is {width}x{height}; scale it down to 8K or less.")


def _stamps_of_packets(container: InputContainer, stream: VideoStream) -> _Stamps | None:
    """Frame times without decoding; None where packets lack time stamps or share them."""
    time_base = stream.time_base or Fraction(1, 90000)
    pts: list[int] = []
    keys: list[int] = []
    reorder = math.ceil(_REORDER_S / time_base)
    limit = math.ceil(MAX_SECONDS / time_base)
    for number, packet in enumerate(video_packets(container, stream)):
        if number == MAX_PACKETS:
            raise InputError("The video has too many frames a second; export it with 60 or fewer.")
        if not is_shown(packet):
            continue
        if packet.pts is None:
            return None
        pts.append(packet.pts)
        if packet.is_keyframe:
            keys.append(packet.pts)
        if packet.pts - pts[0] > limit + reorder:
            break
    if not pts or len(set(pts)) != len(pts):
        return None
    return _limited(sorted(pts), sorted(keys), time_base)


def _stamps_of_frames(path: Path, declared: list[Fraction | None]) -> _Stamps:
    """Frame times by decoding everything: for files whose packets do not tell (fields, hidden or broken frames)."""
    pts: list[int] = []
    frames = 0
    with open_video(path) as (container, stream):
        time_base = stream.time_base or Fraction(1, 90000)
        rate = next((r for r in declared if r), _DEFAULT_RATE)
        for frame in decoded_frames(container, stream):
            frames += 1
            if frame.pts is not None and (not pts or frame.pts > pts[-1]):
                pts.append(frame.pts)
                if (frame.pts - pts[0]) * time_base > MAX_SECONDS:
                    break
            if frames / rate > 2 * MAX_SECONDS or frames == MAX_PACKETS:
                break
    if len(pts) == frames:
        return _limited(pts, [], time_base)
    numbered = _limited(list(range(frames)), [], 1 / rate)
    return _Stamps(numbered.pts, numbered.keys, numbered.time_base, numbered.truncated, stamped=False)


def _limited(pts: list[int], keys: list[int], time_base: Fraction) -> _Stamps:
    limit = math.ceil(MAX_SECONDS / time_base)
    kept = [stamp for stamp in pts if stamp - pts[0] < limit]  # hostile stamps may be 2**64 apart: no numpy here
    return _Stamps(np.array(kept, np.int64), np.array(keys, np.int64), time_base, len(kept) < len(pts))


def _first_frames(path: Path) -> list[VideoFrame]:
    with open_video(path) as (container, stream):
        try:
            frames = list(itertools.islice(decoded_frames(container, stream), _CHECKED_FRAMES))
        except FFmpegError:
            frames = []
    if not frames:
        raise InputError(f"The video {path.name} cannot be decoded; it may be damaged, give another copy.")
    return frames


def _agree(pts: Int64, frames: list[VideoFrame]) -> bool:
    expected: list[int | None] = pts[:_CHECKED_FRAMES].tolist()
    return expected == [frame.pts for frame in frames][: len(expected)]


def _schedule(stamps: _Stamps, declared: list[Fraction | None]) -> tuple[Fraction, Timeline]:
    rate = measured_rate(stamps.pts, stamps.time_base, declared)
    timeline = source_timeline(stamps.pts, stamps.time_base, 1 / rate, stamps.keys, stamped=stamps.stamped)
    return (RESAMPLED_RATE, resampled(timeline)) if is_too_fast(rate) else (rate, timeline)
