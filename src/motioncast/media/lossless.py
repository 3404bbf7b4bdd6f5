"""RGB frames to an H.264 file that gives back every pixel as it was."""

from fractions import Fraction
from pathlib import Path

import numpy as np
from av import open as av_open
from av.container import Flags
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from motioncast.arrays import Image
from motioncast.errors import ProcessingError

_THREADS = 2
#: qp 0 is lossless in x264; RGB goes in as it is (4:4:4 in GBR order), so no colour conversion rounds anything
_OPTIONS = {"qp": "0", "preset": "ultrafast"}


class LosslessVideo:
    """An MP4 of `size` (W, H) at a constant `rate`, written frame by frame; `close` it, or the file is unfinished.

    Every method raises ProcessingError when the file cannot be written (a full disk).
    """

    def __init__(self, path: Path, size: tuple[int, int], rate: Fraction) -> None:
        self._path, self._size, self._rate = path, size, rate
        self._count = 0
        try:
            self._output = av_open(str(path), "w", format="mp4")
            self._output.flags |= int(Flags.bitexact.value)  # type: ignore[call-overload]  # no time of creation
            self._stream: VideoStream = self._output.add_stream("libx264rgb", rate=rate, options=dict(_OPTIONS))
        except (OSError, FFmpegError) as error:
            raise self._failure(error) from error
        context = self._stream.codec_context
        context.width, context.height = size
        context.pix_fmt = "rgb24"
        context.time_base = 1 / rate
        context.thread_count = _THREADS

    def add(self, image: Image) -> None:
        """Write the next frame, (H, W, 3) RGB. Raises ValueError if it has another shape."""
        if image.shape != (self._size[1], self._size[0], 3):
            raise ValueError(f"a frame of shape {image.shape} in a video of size {self._size}")
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        frame.pts, frame.time_base = self._count, 1 / self._rate
        self._count += 1
        try:
            self._output.mux(self._stream.encode(frame))
        except (OSError, FFmpegError) as error:
            raise self._failure(error) from error

    def close(self) -> None:
        """Finish the file."""
        try:
            if self._count:
                self._output.mux(self._stream.encode(None))
            self._output.close()
        except (OSError, FFmpegError) as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError | FFmpegError) -> ProcessingError:
        return ProcessingError(f"The video {self._path.name} could not be written: {error.strerror or error}.")
