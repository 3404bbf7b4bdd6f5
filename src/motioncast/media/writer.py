"""Encoded segments and the driving video's sound joined into one MP4."""

import errno
import itertools
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from av import Packet
from av import open as av_open
from av.container import Flags, OutputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from motioncast.errors import InputError, ProcessingError
from motioncast.media.audio import Timed, audio_track
from motioncast.media.probe import VideoInfo
from motioncast.media.segment import REORDER_FRAMES, EncodedSegment, configure, encode_segment
from motioncast.media.timeline import Timeline

__all__ = ["EncodedSegment", "encode_segment", "write_mp4"]

_BAD_PATH = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG)


def write_mp4(path: Path, segments: Iterable[EncodedSegment], info: VideoInfo, keep_audio: bool) -> None:
    """Write the whole clip: `segments` in order of their frames (a generator may make them as it goes).

    The file appears under `path` when it is complete; if anything fails, or is interrupted, nothing is left.
    Raises InputError if `path` cannot be created, ProcessingError if writing fails (a full disk), ValueError if the
    segments are not frames 0 .. N-1 of `info`.
    """
    with _unfinished(path) as partial:
        # the file is created before the first segment is asked for: a bad path must not cost the rendering
        with _mp4(partial) as output:
            _mux(output, segments, info, keep_audio)
        partial.replace(path)


@contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        if path.is_dir():
            raise InputError(f"The output {path} is a directory; give a file name.")
        _create(partial, path)
        yield partial
    except (OSError, FFmpegError) as error:
        reason = error.strerror or error
        raise ProcessingError(f"The output {path} could not be written: {reason}.") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _create(partial: Path, path: Path) -> None:
    try:
        partial.touch()
    except OSError as error:
        if error.errno in _BAD_PATH:
            raise InputError(f"The output {path} cannot be created: {error.strerror}.") from error
        raise


@contextmanager
def _mp4(partial: Path) -> Iterator[OutputContainer]:
    output = av_open(str(partial), "w", format="mp4", options={"movflags": "faststart"})
    output.flags |= int(Flags.bitexact.value)  # type: ignore[call-overload]  # no time of creation, no library version
    try:
        yield output
    except BaseException:
        with suppress(Exception):  # the trailer of a file that is thrown away
            output.close()
        raise
    output.close()


def _mux(output: OutputContainer, segments: Iterable[EncodedSegment], info: VideoInfo, keep_audio: bool) -> None:
    pending = iter(segments)
    first = next(pending, None)
    if first is None:
        raise ValueError("a video needs at least one segment")
    stream = _video_stream(output, first)
    with _sound(output, info, keep_audio) as audio:
        output.start_encoding()
        if bytes(stream.codec_context.extradata or b"") != first.extradata:
            raise ProcessingError("The segments come from another encoder version; render them again.")
        waiting = next(audio, None)
        for packet in _video_packets(stream, itertools.chain([first], pending), first, info.timeline):
            assert packet.dts is not None
            while waiting is not None and waiting[0] <= packet.dts * packet.time_base:
                output.mux(waiting[1])
                waiting = next(audio, None)
            output.mux(packet)
        while waiting is not None:
            output.mux(waiting[1])
            waiting = next(audio, None)


@contextmanager
def _sound(output: OutputContainer, info: VideoInfo, keep_audio: bool) -> Iterator[Iterator[Timed]]:
    if not keep_audio:
        yield iter(())
        return
    with audio_track(info, output) as packets:
        yield packets


def _video_stream(output: OutputContainer, first: EncodedSegment) -> VideoStream:
    """A stream set up as the segments' encoders were; its own encoder only writes the header."""
    stream = output.add_stream("libx264", rate=first.rate)
    configure(stream.codec_context, first.size, first.rate)
    return stream


def _video_packets(
    stream: VideoStream, segments: Iterable[EncodedSegment], first: EncodedSegment, timeline: Timeline
) -> Iterator["Packet[VideoStream]"]:
    step = max(1, round(1 / (first.rate * timeline.time_base)))
    shown = [*timeline.pts.tolist(), timeline.end]
    # decoding order k gets the time of presentation slot k - REORDER_FRAMES, so B-frames never come too late
    decoded = [shown[0] - step * n for n in range(REORDER_FRAMES, 0, -1)] + shown
    position = 0
    for segment in segments:
        if segment.first_index != position or segment.extradata != first.extradata:
            raise ValueError(f"segment of frame {segment.first_index} where frame {position} was due")
        for coded in segment.packets:
            packet: Packet[VideoStream] = Packet(coded.data)  # type: ignore[assignment]
            packet.stream, packet.time_base = stream, timeline.time_base
            packet.pts, packet.dts = shown[coded.frame], decoded[position]
            packet.duration = shown[coded.frame + 1] - shown[coded.frame]
            packet.is_keyframe = coded.is_key
            position += 1
            yield packet
    if position != len(timeline):
        raise ValueError(f"{position} frames for a clip of {len(timeline)}")
