"""The reference as its own performer who does nothing: the output must be the picture."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from bench.frames import read_frame
from bench.in_process import Studio
from motioncast.arrays import Image

FRAMES = 12
_RATE = Fraction(25)


def still_clip(picture: Image, target: Path) -> Path:
    """Write a clip of `FRAMES` lossless copies of `picture` (sides cut to even numbers) to `target`; returns it."""
    height, width = (side // 2 * 2 for side in picture.shape[:2])
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264rgb", rate=_RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "rgb24"
        stream.options = {"preset": "veryfast", "qp": "0"}
        for _ in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return target


def measure_still(reference: Path, studio: Studio, folder: Path) -> dict[str, Any]:
    """How far the output, before it is encoded, is from the reference at working size: the worst of three frames."""
    clip = still_clip(read_frame(reference, 0), folder / f"{reference.stem}-still.mp4")
    planned = studio.plan(reference, clip)
    wanted = np.asarray(planned.subject.image, np.uint8)
    found = {index: difference(made, wanted) for index, _, made in planned.frames([0, FRAMES // 2, FRAMES - 1])}
    worst = max(found, key=lambda index: found[index]["largest"])
    return {"frame": worst} | found[worst]


def difference(made: Image, wanted: Image) -> dict[str, float]:
    """Share of the pixels more than one level off, and the largest difference in levels."""
    apart = np.abs(made.astype(int) - wanted).max(axis=2)
    return {"share_off": float((apart > 1).mean()), "largest": float(apart.max())}
