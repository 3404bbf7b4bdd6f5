"""How much a face flickers: second differences of its skin's luma, in a map that stands still while the face moves."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from bench.frames import fit, read_frames
from bench.judge import JudgeTrack
from motioncast.arrays import Bools, Float64, Image
from motioncast.engines.puppet.face.atlas import INSIDE, SIDE, TEXEL, luma_atlas

#: landmarks on plain skin: both cheeks, and the forehead
SKIN_POINTS = (50, 280, 205, 425, 117, 346, 9, 151, 108, 337)
PATCH = 0.05  #: radius of the skin around each of them, shares of the map's side
FEWEST_FRAMES = 8


def skin_patches() -> Bools:
    """(SIDE, SIDE) which texels of the map count."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    for point in SKIN_POINTS:
        centre = np.round(TEXEL[point]).astype(int).tolist()
        cv2.circle(mask, centre, round(PATCH * SIDE), 1, -1)
    patches: Bools = (mask > 0) & INSIDE
    return patches


def skin_lumas(clip: Path, track: JudgeTrack, long_side: int) -> Iterator[Float64 | None]:
    """Luma (K,) of the skin texels in every frame, None where the judge found no face.

    The frames are scaled to `long_side` pixels first, so that clips of different sizes have noise of the same grain.
    """
    patches = skin_patches()
    scale = long_side / max(track.size_px)
    size = (round(track.size_px[0] * scale), round(track.size_px[1] * scale))
    for frame, face in islice(zip(read_frames(clip), track.face_px, strict=False), len(track)):
        if not np.isfinite(face).all():
            yield None
            continue
        small: Image = fit(frame, size)
        yield luma_atlas(small, (face + 0.5) * scale - 0.5)[patches].astype(np.float64)


def flicker(lumas: list[Float64 | None]) -> float:
    """Median over frames of the median |x(t-1) - 2 x(t) + x(t+1)| over texels, in levels; NaN of too few frames."""
    found = []
    for before, now, after in zip(lumas, lumas[1:], lumas[2:], strict=False):
        if before is not None and now is not None and after is not None:
            found.append(float(np.median(np.abs(before - 2 * now + after))))
    return float(np.median(found)) if len(found) >= FEWEST_FRAMES else float("nan")


def compare_flicker(driving: Path, driver: JudgeTrack, output: Path, made: JudgeTrack) -> dict[str, float]:
    """Flicker of both clips in levels, and the ratio of the output's to the driver's."""
    long_side = max(made.size_px)
    theirs = flicker(list(skin_lumas(driving, driver, long_side)))
    ours = flicker(list(skin_lumas(output, made, long_side)))
    return {"driver": theirs, "output": ours, "ratio": ours / theirs if theirs > 0 else float("nan")}
