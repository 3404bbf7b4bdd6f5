"""The driving video's sound for the output: its packets as they are where MP4 can hold them, else encoded to AAC."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from av import AudioFrame, AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet

from motioncast.arrays import Float32
from motioncast.media.container import open_video
from motioncast.media.probe import VideoInfo

MP4_CODECS = frozenset({"aac", "mp2", "mp3", "ac3", "eac3", "alac", "opus", "flac", "dts"})
PREROLL_S = Fraction(1, 10)  #: kept ahead of the first frame so that decoders are warm; an edit list hides it
_AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
_AAC_LAYOUTS = frozenset({"mono", "stereo", "3.0", "4.0", "5.0", "5.1", "7.1"})
_AAC_BITS_PER_CHANNEL = 80_000
_GAP_S = Fraction(1, 20)  #: a hole this long in the sound is filled with silence

Timed: TypeAlias = "tuple[Fraction, Packet[AudioStream]]"  #: seconds after the first video frame, packet ready to mux


@contextmanager
def audio_track(info: VideoInfo, output: OutputContainer) -> Iterator[Iterator[Timed]]:
    """Add an audio stream to `output` and give its packets in order; nothing where the video has no sound.

    Sound keeps its offset to the first video frame and ends with the last.
    """
    if not info.has_audio:
        yield iter(())
        return
    with open_video(info.path) as (source, _):
        stream = _main_stream(source)
        if stream.codec_context.codec.canonical_name in MP4_CODECS:
            yield _copied(source, stream, output, info)
        else:
            yield _encoded(source, stream, output, info)


def _main_stream(source: InputContainer) -> AudioStream:
    best = source.streams.best("audio")
    usable = [s for s in source.streams.audio if s.codec_context is not None]
    return best if isinstance(best, AudioStream) and best in usable else usable[0]


def _copied(source: InputContainer, stream: AudioStream, output: OutputContainer, info: VideoInfo) -> Iterator[Timed]:
    packets = _kept_packets(source, stream, info)
    first = next(packets, None)
    if first is None:  # a stream without a packet would leave MP4 with an empty track
        return iter(())
    target = output.add_stream_from_template(stream)

    def timed() -> Iterator[Timed]:
        for time_s, packet in _chain(first, packets):
            packet.stream = target
            yield time_s, packet

    return timed()


def _chain(first: Timed, rest: Iterator[Timed]) -> Iterator[Timed]:
    yield first
    yield from rest


def _kept_packets(source: InputContainer, stream: AudioStream, info: VideoInfo) -> Iterator[Timed]:
    """Packets that sound while the kept frames show, their stamps counted from the first frame."""
    unit = stream.time_base or Fraction(1, stream.codec_context.sample_rate)
    origin = round(info.timeline.origin_s / unit)
    end_s = info.timeline.end * info.timeline.time_base
    due, latest = 0, None
    for packet in _demuxed(source, stream):
        pts = packet.pts if packet.pts is not None else packet.dts
        start = due if pts is None else pts - origin
        due = start + (packet.duration or 0)
        if start * unit >= end_s:
            return
        if due * unit <= -PREROLL_S or (latest is not None and start <= latest):
            continue
        packet.pts = packet.dts = latest = start
        yield start * unit, packet


def _demuxed(source: InputContainer, stream: AudioStream) -> Iterator["Packet[AudioStream]"]:
    try:
        for packet in source.demux(stream):
            if packet.size:
                yield packet
    except FFmpegError:  # the file breaks off here
        return


def _encoded(source: InputContainer, stream: AudioStream, output: OutputContainer, info: VideoInfo) -> Iterator[Timed]:
    rate = next((r for r in _AAC_RATES if r == stream.codec_context.sample_rate), 48000)
    name = stream.codec_context.layout.name
    layout = name if name in _AAC_LAYOUTS else ("mono" if stream.codec_context.channels == 1 else "stereo")
    resampler = AudioResampler(format="fltp", layout=layout, rate=rate)
    blocks = _sample_blocks(source, stream, resampler, info)
    first = next(blocks, None)
    if first is None:
        return iter(())
    target = output.add_stream("aac", rate=rate, layout=layout)
    target.codec_context.bit_rate = _AAC_BITS_PER_CHANNEL * target.codec_context.channels

    def timed() -> Iterator[Timed]:
        position = 0
        for block in _joined(first, blocks):
            frame = AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, position, Fraction(1, rate)
            position += block.shape[1]
            yield from (_timed(p) for p in target.encode(frame))
        yield from (_timed(p) for p in target.encode(None))

    return timed()


def _joined(first: Float32, rest: Iterator[Float32]) -> Iterator[Float32]:
    yield first
    yield from rest


def _timed(packet: "Packet[AudioStream]") -> Timed:
    return (packet.dts or 0) * packet.time_base, packet


def _sample_blocks(
    source: InputContainer, stream: AudioStream, resampler: AudioResampler, info: VideoInfo
) -> Iterator[Float32]:
    """(channels, n) float samples without a gap from the first video frame to the end of the last."""
    rate = resampler.rate
    total = round(info.timeline.end * info.timeline.time_base * rate)
    position = 0
    for start_s, frame in _decoded(source, stream):
        due = position if start_s is None else round((start_s - info.timeline.origin_s) * rate)
        for part in resampler.resample(frame):
            samples = np.asarray(part.to_ndarray(), np.float32)
            lead = due - position
            if lead > _GAP_S * rate or (position == 0 and lead > 0):
                samples = np.pad(samples, ((0, 0), (min(lead, total), 0)))
            elif position == 0 and lead < 0:
                samples = samples[:, -lead:]
            due += part.samples
            samples = np.ascontiguousarray(samples[:, : total - position])
            if samples.shape[1]:
                position += samples.shape[1]
                yield samples
        if position >= total:
            return


def _decoded(source: InputContainer, stream: AudioStream) -> Iterator[tuple[Fraction | None, AudioFrame]]:
    for packet in _demuxed(source, stream):
        try:
            frames = packet.decode()
        except FFmpegError:
            continue
        for frame in frames:
            start = None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base
            yield start, frame
