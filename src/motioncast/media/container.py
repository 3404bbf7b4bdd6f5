"""Opening video files with FFmpeg, safely: one file, no playlists, no network."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from av import Packet
from av import open as av_open
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream

from motioncast.errors import InputError

MAX_FRAME_PIXELS = 8192 * 4320
#: Frames may grow in the middle of a stream: decoders refuse such packets before they allocate (a little more, for the
#: padding of coded sizes).
_DECODER_OPTIONS = {"max_pixels": str(MAX_FRAME_PIXELS * 11 // 10)}
_NOT_VIDEO = frozenset({"tty"})  #: FFmpeg renders any text file as a film of a terminal
_FLAG_VP8_HIDDEN = 0x10


@contextmanager
def open_video(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its main video stream (cover art does not count). Raises InputError if there is none.

    The file is handed over as an open file and every protocol is refused, so a playlist cannot make FFmpeg read
    other files or addresses.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"The video {path} cannot be read: {error.strerror}.") from error
    with file:
        if path.stat().st_size == 0:
            raise InputError(f"The video {path.name} is empty (0 bytes); check how it was made.")
        try:
            container = av_open(file, "r", options=_DECODER_OPTIONS, container_options={"protocol_whitelist": "none"})
        except MemoryError as error:  # also what FFmpeg raises
            raise InputError(f"The video {path.name} needs more memory than there is; give another copy.") from error
        except (FFmpegError, UnicodeDecodeError) as error:
            raise InputError(
                f"The file {path.name} is not a readable video (damaged, or not a video); give a video."
            ) from error
        with container:
            if container.format.name in _NOT_VIDEO:
                raise InputError(f"The file {path.name} is not a video; give a video such as MP4, MOV, MKV or WebM.")
            yield container, _main_stream(container, path)


def _main_stream(container: InputContainer, path: Path) -> VideoStream:
    films = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not films:
        raise InputError(f"The file {path.name} has no video stream; give a file with a picture that moves.")
    stream = container.streams.best("video")
    if not isinstance(stream, VideoStream) or stream not in films:
        stream = films[0]
    if stream.codec_context is None:
        raise InputError(
            f"The video in {path.name} uses a codec that cannot be decoded; give it as H.264, for example."
        )
    stream.codec_context.options = _DECODER_OPTIONS  # those of `av_open` reach only what it decodes to learn the format
    return stream


def video_packets(container: InputContainer, stream: VideoStream) -> Iterator["Packet[VideoStream]"]:
    """The stream's packets up to the end of the file or the first damage that stops the demuxer."""
    try:
        for packet in container.demux(stream):
            if packet.size:
                yield packet
    except FFmpegError:
        return


def is_shown(packet: "Packet[VideoStream]") -> bool:
    """Whether the packet gives a frame to show: not cut by an edit list, no hidden VP8 frame (RFC 6386, 9.1)."""
    if packet.is_discard:
        return False
    return packet.stream.codec_context.name != "vp8" or bool(bytes(packet)[0] & _FLAG_VP8_HIDDEN)
