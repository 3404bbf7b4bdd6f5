"""One run of frames as finished H.264: a closed GOP from its own encoder instance, the same bits every time."""

import json
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av import CodecContext
from av.codec.context import Flags
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import (
    ColorPrimaries,
    ColorRange,
    Colorspace,
    ColorTrc,
    Interpolation,
    VideoReformatter,
)
from av.video.stream import VideoStream

from motioncast.arrays import Image

REORDER_FRAMES = 2  #: how far B-frames with a pyramid put a packet ahead of its turn
_THREADS = 1  #: fixed, for x264's output depends on it; a second one gains 15 % at 480p
_MAGIC = b"MCSEG\x01\n"
_HEADER = struct.Struct(">II")  #: length of the description, CRC-32 of description and packets


@dataclass(frozen=True)
class EncodedPacket:
    """One coded frame, Annex B."""

    data: bytes
    frame: int  #: frame number in the clip
    is_key: bool


@dataclass(frozen=True)
class EncodedSegment:
    """Frames `first_index` .. `first_index + count - 1` of the output, in decoding order."""

    first_index: int
    size: tuple[int, int]  #: (W, H)
    rate: Fraction
    extradata: bytes  #: SPS and PPS
    packets: tuple[EncodedPacket, ...]

    @property
    def count(self) -> int:
        return len(self.packets)

    def to_bytes(self) -> bytes:
        """For storage; `from_bytes` gives an equal segment back."""
        description = {
            "first_index": self.first_index,
            "size": self.size,
            "rate": str(self.rate),
            "extradata": self.extradata.hex(),
            "packets": [[len(p.data), p.frame, p.is_key] for p in self.packets],
        }
        body = json.dumps(description).encode()
        blob = b"".join(p.data for p in self.packets)
        return _MAGIC + _HEADER.pack(len(body), zlib.crc32(body + blob)) + body + blob

    @classmethod
    def from_bytes(cls, stored: bytes) -> "EncodedSegment":
        """Raises ValueError if the bytes are not a whole segment."""
        start = len(_MAGIC) + _HEADER.size
        if not stored.startswith(_MAGIC) or len(stored) < start:
            raise ValueError("not an encoded segment")
        length, checksum = _HEADER.unpack_from(stored, len(_MAGIC))
        if zlib.crc32(stored[start:]) != checksum:
            raise ValueError("the encoded segment is damaged")
        about = json.loads(stored[start : start + length])
        packets, at = [], start + length
        for size, frame, is_key in about["packets"]:
            packets.append(EncodedPacket(stored[at : at + size], frame, is_key))
            at += size
        rate, extradata = Fraction(about["rate"]), bytes.fromhex(about["extradata"])
        return cls(about["first_index"], tuple(about["size"]), rate, extradata, tuple(packets))


def configure(encoder: VideoCodecContext, size: tuple[int, int], rate: Fraction) -> None:
    """Everything that decides the bits: H.264, BT.709 video range, one closed GOP, a fixed number of threads."""
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.framerate, encoder.time_base = rate, 1 / rate
    encoder.color_primaries, encoder.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    encoder.colorspace, encoder.color_range = Colorspace.ITU709, ColorRange.MPEG
    encoder.flags |= Flags.global_header | Flags.bitexact
    encoder.thread_count = _THREADS
    # mbtree off: on AVX-512 machines x264 (core 165) gives other bits from run to run with it, even on one thread
    encoder.options = {
        "preset": "veryfast",
        "crf": "18",
        "x264-params": "keyint=infinite:scenecut=0:open-gop=0:bframes=3:b-pyramid=normal:sliced-threads=0:mbtree=0",
    }


def encode_segment(frames: Iterable[Image], first_index: int, size: tuple[int, int], rate: Fraction) -> EncodedSegment:
    """Encode RGB frames (H, W, 3) of `size` (W, H) numbered from `first_index`. Raises ValueError if there are none.

    Frames are taken one at a time; the work runs outside the GIL.
    """
    encoder = CodecContext.create("libx264", "w")
    configure(encoder, size, rate)
    scaler = VideoReformatter()
    packets: list[EncodedPacket] = []
    count = 0
    for count, image in enumerate(frames, start=1):
        if image.shape != (size[1], size[0], 3):
            raise ValueError(f"a frame of shape {image.shape} in a segment of size {size}")
        frame = _yuv(image, scaler)
        frame.pts, frame.time_base = count - 1, 1 / rate
        packets += (_packet(p, first_index) for p in encoder.encode(frame))
    if count == 0:
        raise ValueError("a segment needs at least one frame")
    packets += (_packet(p, first_index) for p in encoder.encode(None))
    return EncodedSegment(first_index, size, rate, bytes(encoder.extradata or b""), tuple(packets))


def _yuv(image: Image, scaler: VideoReformatter) -> VideoFrame:
    return scaler.reformat(
        VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24"),
        format="yuv420p",
        src_color_range=ColorRange.JPEG,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.BILINEAR | Interpolation.ACCURATE_RND,
        threads=1,
    )


def _packet(packet: "Packet[VideoStream]", first_index: int) -> EncodedPacket:
    assert packet.pts is not None
    return EncodedPacket(bytes(packet), first_index + packet.pts, packet.is_keyframe)
