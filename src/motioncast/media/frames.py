"""Decoded FFmpeg frames: decoding with damage tolerated, colours to RGB, and the way up."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from av.codec.context import ThreadType
from av.container import InputContainer
from av.error import FFmpegError
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from motioncast.arrays import Image
from motioncast.media.container import video_packets

_UNSPECIFIED = 2  #: AVCOL_SPC_UNSPECIFIED
_HD_HEIGHT = 720


def decoded_frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """All frames from the container's position on, in presentation order; packets that do not decode give none."""
    stream.thread_type = ThreadType.AUTO
    for packet in video_packets(container, stream):
        try:
            yield from packet.decode()
        except FFmpegError:
            continue
    try:
        yield from stream.codec_context.decode(None)
    except FFmpegError:
        return


def upright_size(frame: VideoFrame, sample_aspect: Fraction | None) -> tuple[int, int]:
    """(W, H) with square pixels, after the rotation that the file asks for."""
    width, height = frame.width, frame.height
    if sample_aspect and sample_aspect > 1:
        width = max(1, round(width * sample_aspect))
    elif sample_aspect and 0 < sample_aspect < 1:
        height = max(1, round(height / sample_aspect))
    return (height, width) if _matrix(frame)[0] == 0 else (width, height)


def _upright(image: Image, frame: VideoFrame) -> Image:
    """Turn and mirror (H, W, 3) as the display matrix of `frame` says: x' = a x + c y, y' = b x + d y."""
    a, b, c, d = _matrix(frame)
    if a == 0:
        image, a, d = image.transpose(1, 0, 2), c, b
    return image[:: d or 1, :: a or 1]


def _matrix(frame: VideoFrame) -> tuple[int, int, int, int]:
    """Signs of a, b, c, d in FFmpeg's display matrix [a b u; c d v; x y w], to the nearest right angle."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(data, SideData):
        return 1, 0, 0, 1
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].tolist()
    if abs(a) >= abs(b):
        return (-1 if a < 0 else 1), 0, 0, (-1 if d < 0 else 1)
    return 0, (-1 if b < 0 else 1), (-1 if c < 0 else 1), 0


class RgbConverter:
    """YUV of any layout, depth, matrix and range to (H, W, 3) RGB at the wanted size. One instance a thread."""

    def __init__(self) -> None:
        self._scaler = VideoReformatter()

    def __call__(self, frame: VideoFrame, size: tuple[int, int]) -> Image:
        """The whole frame scaled to `size` (W, H of the upright picture) and turned upright."""
        width, height = size[::-1] if _matrix(frame)[0] == 0 else size
        # like every player: an untagged video is BT.709 if it is HD, else BT.601
        untagged = frame.colorspace == _UNSPECIFIED and not frame.format.is_rgb
        matrix = Colorspace.ITU709 if frame.height >= _HD_HEIGHT else Colorspace.ITU601
        shrinks = width <= frame.width and height <= frame.height
        rgb = self._scaler.reformat(
            frame,
            width=width,
            height=height,
            format="rgb24",
            src_colorspace=matrix if untagged else None,
            dst_color_range=ColorRange.JPEG,
            interpolation=(Interpolation.AREA if shrinks else Interpolation.BICUBIC) | Interpolation.ACCURATE_RND,
            threads=1,
        )
        return _upright(np.asarray(rgb.to_ndarray(), np.uint8), frame)
