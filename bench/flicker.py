"""How much a face flickers: second differences of its skin's luma, in a map that stands still while the face moves.

Each clip's skin is held still as well as can be: the output's by the mesh that it is drawn with, the driver's by the
judge's landmarks. Landmarks tremble, and on a face of more contrast the same tremble reads as more flicker; so in both
clips every patch of skin is registered to its neighbours in time before they are compared.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from bench.frames import fit, read_frames
from bench.in_process import Planned, drawn_vertices
from bench.judge import JudgeTrack
from motioncast.arrays import Bools, Float64, Floats, Image
from motioncast.engines.puppet.face.atlas import INSIDE, SIDE, TEXEL, luma_atlas
from motioncast.engines.puppet.face.topology import FACE

#: landmarks on plain skin: both cheeks, and the forehead
SKIN_POINTS = (50, 280, 205, 425, 117, 346, 9, 151, 108, 337)
PATCH = 0.05  #: radius of the skin around each of them, shares of the map's side
FEWEST_FRAMES = 8
_STIFFNESS = 1.0  #: of a patch against being shifted: noise of one level over shifts of one texel, squared


def skin_patches() -> list[Bools]:
    """Which texels (SIDE, SIDE) of the map each patch of skin has."""
    patches = []
    for point in SKIN_POINTS:
        mask = np.zeros((SIDE, SIDE), np.uint8)
        cv2.circle(mask, np.round(TEXEL[point]).astype(int).tolist(), round(PATCH * SIDE), 1, -1)
        patches.append((mask > 0) & INSIDE)
    return patches


def luma_maps(
    clip: Path, faces_px: Iterable[Floats | None], size_px: tuple[int, int], long_side: int
) -> Iterator[Float64 | None]:
    """Luma (SIDE, SIDE) of the face in every frame of `clip`; None where there is none.

    faces_px: of every frame, landmarks (468 or more, 2 or more) in pixels of size_px (W, H). The frames are scaled to
    `long_side` pixels first, so that clips of different sizes have noise of the same grain.
    """
    scale = long_side / max(size_px)
    size = (round(size_px[0] * scale), round(size_px[1] * scale))
    for frame, face in zip(read_frames(clip), faces_px, strict=False):
        if face is None or not np.isfinite(face).all():
            yield None
            continue
        small: Image = fit(frame, size)
        yield luma_atlas(small, (face + 0.5) * scale - 0.5).astype(np.float64)


def flicker(maps: list[Float64 | None]) -> float:
    """Median over frames of the median |x(t-1) - 2 x(t) + x(t+1)| over skin, in levels; NaN of too few frames."""
    patches, found = skin_patches(), []
    for before, now, after in zip(maps, maps[1:], maps[2:], strict=False):
        if before is not None and now is not None and after is not None:
            slopes = np.stack([np.gradient(now, axis=axis) for axis in (0, 1)], axis=-1)
            bends = [_change(before, now, slopes, patch) + _change(after, now, slopes, patch) for patch in patches]
            found.append(float(np.median(np.abs(np.concatenate(bends)))))
    return float(np.median(found)) if len(found) >= FEWEST_FRAMES else float("nan")


def _change(other: Float64, now: Float64, slopes: Float64, patch: Bools) -> Float64:
    """other - now (K,) in a patch, less what a shift of the patch explains (Lucas and Kanade 1981, one step)."""
    change, slope = (other - now)[patch], slopes[patch]
    shift = np.linalg.solve(slope.T @ slope + _STIFFNESS * np.eye(2), slope.T @ change)
    left: Float64 = change - slope @ shift
    return left


def compare_flicker(driving: Path, driver: JudgeTrack, output: Path, planned: Planned) -> dict[str, float]:
    """Flicker of both clips in levels, and the ratio of the output's, which was drawn with a face, to the driver's."""
    long_side = max(planned.rendering.size)
    drawn = (vertices[:FACE] for _, vertices in drawn_vertices(planned, range(len(planned.track))))
    theirs = flicker(list(luma_maps(driving, driver.face_px, driver.size_px, long_side)))
    ours = flicker(list(luma_maps(output, drawn, planned.rendering.size, long_side)))
    return {"driver": theirs, "output": ours, "ratio": ours / theirs if theirs > 0 else float("nan")}
