"""Small real video and image files for the tests, made with PyAV and Pillow."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from motioncast.arrays import Image

GREY_STEP = 7  #: frame n of `numbered` carries n in the grey levels of its corner blocks


def numbered(count: int, size: tuple[int, int]) -> Iterable[Image]:
    """RGB frames: a slow gradient, with the frame number as eight black or white blocks in the top half."""
    width, height = size
    x = np.linspace(40, 200, width)[None, :, None]
    for number in range(count):
        frame = np.broadcast_to(x, (height, width, 3)).astype(np.uint8)
        frame[..., 1] = (number * GREY_STEP) % 160 + 40
        for bit in range(8):
            left, right = bit * width // 8, (bit + 1) * width // 8
            frame[: height // 2, left:right] = 235 if number >> bit & 1 else 16
        yield frame


def number_of(frame: Image) -> int:
    """The number (below 256) that `numbered` drew into a frame, whatever its size."""
    height, width = frame.shape[:2]
    centres = [(2 * bit + 1) * width // 16 for bit in range(8)]
    return sum(1 << bit for bit, x in enumerate(centres) if frame[height // 4, x].mean() > 128)


@dataclass(frozen=True)
class Clip:
    """What `make_clip` writes. `pts` in units of `time_base`, one for each frame."""

    count: int = 30
    size: tuple[int, int] = (96, 64)
    rate: Fraction = Fraction(25)
    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    pts: Sequence[int] | None = None
    time_base: Fraction | None = None
    audio: str | None = None
    audio_rate: int = 48000
    audio_seconds: float | None = None
    audio_start_s: float = 0.0
    rotation: int | None = None  #: degrees counter-clockwise that a player turns the picture by
    aspect: Fraction | None = None  #: of a pixel
    options: dict[str, str] = field(default_factory=dict)


def make_clip(path: Path, clip: Clip, frames: Iterable[Image] | None = None) -> Path:
    """Encode `numbered` frames (or `frames`) as `clip` says; the container follows from the suffix of `path`."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream(clip.codec, rate=clip.rate, options=clip.options)
        stream.width, stream.height = clip.size
        stream.pix_fmt = clip.pix_fmt
        time_base = clip.time_base or 1 / clip.rate
        stream.codec_context.time_base = time_base
        if clip.aspect:
            stream.codec_context.sample_aspect_ratio = clip.aspect
        if clip.rotation is not None:
            stream.set_display_rotation(clip.rotation)
        allowed = {"strict": "experimental"}  # FFmpeg's own Vorbis encoder asks for it
        sound = output.add_stream(clip.audio, rate=clip.audio_rate, options=allowed) if clip.audio else None
        if sound is not None:
            sound.layout = "stereo"
        output.start_encoding()
        if sound is not None:
            _encode_tone(output, sound, clip)
        for number, image in enumerate(frames if frames is not None else numbered(clip.count, clip.size)):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=clip.pix_fmt)
            frame.pts = clip.pts[number] if clip.pts is not None else number
            frame.time_base = time_base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def _encode_tone(output: av.container.OutputContainer, sound: av.AudioStream, clip: Clip) -> None:
    """A tone that is silent but for 0.1 s from every whole second of the clip's own clock."""
    seconds = clip.audio_seconds if clip.audio_seconds is not None else clip.count / float(clip.rate)
    total, first = round(seconds * clip.audio_rate), round(clip.audio_start_s * clip.audio_rate)
    clock = (np.arange(total) + first) / clip.audio_rate
    tone = np.where(clock % 1.0 < 0.1, np.sin(2 * np.pi * 1000 * clock), 0.0).astype(np.float32) * 0.5
    resampler = av.AudioResampler(format=sound.format, layout="stereo", rate=clip.audio_rate)
    for start in range(0, total, 960):
        block = np.ascontiguousarray(np.stack([tone[start : start + 960]] * 2))
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = clip.audio_rate, first + start, Fraction(1, clip.audio_rate)
        for converted in resampler.resample(frame):
            output.mux(sound.encode(converted))
    output.mux(sound.encode(None))


def audio_packets(path: Path) -> list[bytes]:
    """Every audio packet's bytes, in order."""
    with av.open(str(path)) as source:
        return [bytes(p) for p in source.demux(source.streams.audio[0]) if p.size]


def onsets(path: Path) -> list[float]:
    """Times, on the container's clock relative to the first video frame shown, at which the tone sets in."""
    with av.open(str(path)) as source:
        first = next(source.decode(video=0)).time
    times: list[float] = []
    with av.open(str(path)) as source:
        sound = source.streams.audio[0]
        silent = True
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=sound.rate)
        for decoded in source.decode(sound):
            start = decoded.time
            for frame in resampler.resample(decoded):
                for offset in range(0, frame.samples, 48):
                    loud = bool(np.abs(frame.to_ndarray()[0, offset : offset + 48]).max() > 0.1)
                    if loud and silent and (not times or start + offset / sound.rate - first - times[-1] > 0.5):
                        times.append(start + offset / sound.rate - first)
                    silent = not loud
    return times
