"""Driving clips of a given length and size, made from short ones by playing them to and fro."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av

from bench.frames import fit, read_frames
from motioncast.arrays import Image

#: At most this many frames are held while a clip is played to and fro.
_HELD_FRAMES = 240


def to_and_fro(frames: list[Image]) -> Iterator[Image]:
    """Endless: forwards, backwards, forwards; no jump at the turns, which a plain loop would have."""
    last = len(frames) - 1
    position, step = 0, 1
    while True:
        yield frames[position]
        if last and not 0 <= position + step <= last:
            step = -step
        position += step if last else 0


def looped(source: Path, target: Path, seconds: float, area_px: int) -> Path:
    """Write `seconds` of `source` at 30 frames/s, scaled to `area_px`, its aspect kept, to `target`; returns it."""
    height, width = next(read_frames(source)).shape[:2]
    scale = (area_px / (width * height)) ** 0.5
    size = (2 * round(width * scale / 2), 2 * round(height * scale / 2))
    frames = [fit(frame, size) for frame in islice(read_frames(source), _HELD_FRAMES)]
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(30))
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.options = {"preset": "veryfast", "crf": "18"}
        for image in islice(to_and_fro(frames), round(30 * seconds)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return target
