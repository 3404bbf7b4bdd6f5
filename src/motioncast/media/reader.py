"""Frames of a driving video, upright and in order, decoded ahead of whoever consumes them."""

from collections.abc import Collection, Iterator

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from motioncast.arrays import Image
from motioncast.errors import InputError
from motioncast.media.container import open_video
from motioncast.media.frames import RgbConverter, decoded_frames
from motioncast.media.geometry import cover, crop, within
from motioncast.media.probe import VideoInfo
from motioncast.parallel import ahead

AHEAD = 8  #: frames decoded before they are asked for

Item = tuple[int, Image]


class VideoReader:
    """Iterable of (index, (H, W, 3) uint8 RGB) for the kept frames `start` <= index < `stop` of a probed video.

    With `only`, no other frames come out; they cost their decoding, but no conversion.

    `size` (W, H) maps the source as `geometry.fit` does (`fit_affine` tells where to); else `max_side` limits the
    longer side; else frames have the video's own size. Iterate as often as needed: each iteration opens the file anew
    and decodes in a thread of its own, which ends with the iteration. A frame that does not decode repeats the one
    before it. The pixels do not depend on `start`. Iterating raises InputError if the file no longer decodes.
    """

    def __init__(
        self,
        info: VideoInfo,
        *,
        max_side: int | None = None,
        size: tuple[int, int] | None = None,
        start: int = 0,
        stop: int | None = None,
        only: Collection[int] | None = None,
    ) -> None:
        self.info = info
        self.start = start
        self.stop = len(info.timeline) if stop is None else min(stop, len(info.timeline))
        self.only = only
        self.fitted = size is not None
        upright_px = (info.width, info.height)
        self.size = size or (within(upright_px, max_side) if max_side else upright_px)  #: (W, H) of what comes out

    def __len__(self) -> int:
        frames = range(self.start, self.stop)
        return len(frames) if self.only is None else sum(index in frames for index in self.only)

    def __iter__(self) -> Iterator[Item]:
        return ahead(self._read(), AHEAD, "video-reader")

    def _read(self) -> Iterator[Item]:
        """Convert each chosen frame once, however often it is shown."""
        convert = RgbConverter()
        whole = cover((self.info.width, self.info.height), self.size) if self.fitted else self.size
        shown: VideoFrame | None = None
        image: Image | None = None
        for index, frame in self._chosen():
            if self.only is not None and index not in self.only:
                continue
            if frame is not shown or image is None:
                shown, image = frame, np.ascontiguousarray(crop(convert(frame, whole), self.size))
            yield index, image

    def _chosen(self) -> Iterator[tuple[int, VideoFrame]]:
        """(index, source frame): the frame due at each kept index, or the last one decoded before it."""
        if self.start >= self.stop:
            return
        wanted = self.info.timeline.source_pts
        index, held = self.start, None
        for stamp, frame in self._decoded(int(wanted[self.start])):
            while held is not None and index < self.stop and wanted[index] < stamp:
                yield index, held
                index += 1
            held = frame
            if index >= self.stop:
                return
        if held is None:
            raise InputError(
                f"The video {self.info.path.name} cannot be decoded; it may be damaged, give another copy."
            )
        for rest in range(index, self.stop):
            yield rest, held

    def _decoded(self, first: int) -> Iterator[tuple[int, VideoFrame]]:
        """Source frames with their stamps, from one at or before `first` on that decodes as in a straight read."""
        timeline = self.info.timeline
        keys = timeline.key_pts[timeline.key_pts <= first][::-1].tolist() if timeline.stamped else []
        for key in keys[:-1]:  # the first key frame is where a straight read starts anyway
            with open_video(self.info.path) as (container, stream):
                container.seek(key, stream=stream)
                frames = _stamped(container, stream, by_number=False)
                opening = next(frames, None)
                # some containers seek past the mark, some key frames need what went before: then one key earlier
                if opening is not None and opening[0] <= first:
                    yield opening
                    yield from frames
                    return
        with open_video(self.info.path) as (container, stream):
            yield from _stamped(container, stream, by_number=not timeline.stamped)


def _stamped(container: InputContainer, stream: VideoStream, *, by_number: bool) -> Iterator[tuple[int, VideoFrame]]:
    for number, frame in enumerate(decoded_frames(container, stream)):
        if by_number:
            yield number, frame
        elif frame.pts is not None:
            yield frame.pts, frame
