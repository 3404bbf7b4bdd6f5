"""Fill a hole with patches from elsewhere in the picture, then heal the seams between them.

ShiftMap (Pritch, Kav-Venaki, Peleg, ICCV 2009; OpenCV's xphoto) decides at a small size what to copy from where. The
copies meet in visible steps; Poisson blending (Perez, Gangnet, Blake, SIGGRAPH 2003) with no gradient across those
steps makes them vanish. Fine detail then comes from the same places of the full-size picture.
"""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt

from motioncast.arrays import Bools, Float64, Floats, Image
from motioncast.engines.puppet.mirror_fill import mirror_fill

LONG_SIDE = 400
HOLE_PIXELS = 7_000  #: ShiftMap's time grows faster than the hole: 10 000 pixels take half a second, 25 000 three
_SEED = 20_221


def patch_fill(image: Image, hole: Bools) -> Image:
    """Fill the (H, W) bool `hole` of an (H, W, 3) RGB picture; it must not cover everything. Known pixels stay."""
    height, width = hole.shape
    scale = min(1.0, LONG_SIDE / max(height, width), float(np.sqrt(HOLE_PIXELS / max(1, int(hole.sum())))))
    size = max(8, round(width * scale)), max(8, round(height * scale))
    holes = np.asarray(cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA)) > 0
    if holes.all():
        return mirror_fill(image, hole, ~hole, fade_px=0.1 * max(height, width))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.uint8)
    copied = _copy_patches(lab, holes)
    small[holes] = np.asarray(cv2.cvtColor(_heal_seams(copied, holes), cv2.COLOR_LAB2RGB))[holes]
    grown = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    fine = _shifted_detail(image - grown, copied, holes)
    result = image.copy()
    result[hole] = np.clip(grown + fine + 0.5, 0, 255).astype(np.uint8)[hole]
    return result


def _copy_patches(lab: Image, hole: Bools) -> Image:
    filled = np.zeros_like(lab)
    cv2.setRNGSeed(_SEED)
    cv2.xphoto.inpaint(lab, (~hole).astype(np.uint8) * 255, filled, cv2.xphoto.INPAINT_SHIFTMAP)
    filled[~hole] = lab[~hole]  # it paints over some known pixels at the border, and leaves some of the hole at 0
    unfilled = hole & (filled == 0).all(axis=2)
    return mirror_fill(filled, unfilled, ~unfilled, fade_px=12)


def _shifted_detail(detail: Floats, copied: Image, hole: Bools) -> Floats:
    """The full-size detail of the place that each pixel of the hole was copied from, (H, W, 3)."""
    dx, dy = _shifts(copied, hole)
    height, width = detail.shape[:2]
    factor = width / hole.shape[1], height / hole.shape[0]
    yy, xx = np.mgrid[0:height, 0:width]
    row = np.minimum((yy / factor[1]).astype(int), hole.shape[0] - 1)
    column = np.minimum((xx / factor[0]).astype(int), hole.shape[1] - 1)
    from_x = np.clip(xx + np.round(dx[row, column] * factor[0]).astype(int), 0, width - 1)
    from_y = np.clip(yy + np.round(dy[row, column] * factor[1]).astype(int), 0, height - 1)
    source_known = ~hole[
        np.minimum((from_y / factor[1]).astype(int), hole.shape[0] - 1),
        np.minimum((from_x / factor[0]).astype(int), hole.shape[1] - 1),
    ]
    fine: Floats = np.where(source_known[..., None], detail[from_y, from_x], 0)
    return fine


def _shifts(copied: Image, hole: Bools) -> tuple[Floats, Floats]:
    """How far away each hole pixel was copied from, found by its 3x3 neighbourhood, or as its neighbour."""
    code = copied.astype(np.uint64) @ np.array([1, 256, 65536], np.uint64)
    mixed = np.zeros_like(code)
    for k in range(9):
        rolled = np.roll(code, (1 - k // 3, 1 - k % 3), axis=(0, 1))
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + rolled
    inner = np.zeros_like(hole)
    inner[1:-1, 1:-1] = True
    known = inner & ~(np.asarray(cv2.dilate(hole.astype(np.uint8), np.ones((3, 3), np.uint8))) > 0)
    if not known.any():
        return np.zeros(hole.shape), np.zeros(hole.shape)
    keys, first = np.unique(mixed[known], return_index=True)
    rows, columns = np.nonzero(known)
    place = np.minimum(np.searchsorted(keys, mixed), len(keys) - 1)
    found = hole & inner & (keys[place] == mixed)
    yy, xx = np.mgrid[0 : hole.shape[0], 0 : hole.shape[1]]
    dx, dy = columns[first][place] - xx, rows[first][place] - yy
    if not found.any():
        return np.zeros(hole.shape), np.zeros(hole.shape)
    near_y, near_x = distance_transform_edt(~found, return_indices=True)[1]
    return dx[near_y, near_x].astype(np.float64), dy[near_y, near_x].astype(np.float64)


_Index: TypeAlias = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]  # rows, columns


@dataclass(frozen=True)
class _Steps:
    """Pairs of neighbouring pixels of which at least one is in the hole."""

    first: _Index
    second: _Index
    natural: Bools  #: the known part of the picture has the same two colours side by side


def _heal_seams(filled: Image, hole: Bools) -> Image:
    """Re-integrate the colours of the hole from their own gradients, taking unnatural steps for no step at all."""
    count = int(hole.sum())
    number = np.full(hole.shape, -1)
    number[hole] = np.arange(count)
    values = filled.astype(np.float64)
    diagonal, known_side = np.zeros(count), np.zeros((count, 3))
    rows, columns = [], []
    for steps in _steps(filled, hole):
        change = (values[steps.second] - values[steps.first]) * steps.natural[:, None]
        for here, there, sign in ((steps.first, steps.second, -1.0), (steps.second, steps.first, 1.0)):
            mine, other = number[here], number[there]
            use = mine >= 0
            np.add.at(diagonal, mine[use], 1)
            np.add.at(known_side, mine[use], sign * change[use])
            fixed = use & (other < 0)
            np.add.at(known_side, mine[fixed], values[there][fixed])
            rows.append(mine[use & (other >= 0)])
            columns.append(other[use & (other >= 0)])
    solution = _solve(diagonal, np.concatenate(rows), np.concatenate(columns), known_side)
    result = filled.copy()
    result[hole] = np.clip(solution + 0.5, 0, 255).astype(np.uint8)
    return result


def _steps(filled: Image, hole: Bools) -> list[_Steps]:
    code = filled.astype(np.int64) @ np.array([1, 256, 65536])
    found = []
    for down, right in ((1, 0), (0, 1)):
        height, width = hole.shape[0] - down, hole.shape[1] - right
        pair = code[:height, :width] * (1 << 24) + code[down:, right:]
        involved = hole[:height, :width] | hole[down:, right:]
        yy, xx = np.nonzero(involved)
        natural = np.isin(pair[involved], np.unique(pair[~involved]))
        found.append(_Steps((yy, xx), (yy + down, xx + right), natural))
    return found


def _solve(diagonal: Float64, rows: Floats, columns: Floats, known_side: Float64) -> Float64:
    count = len(diagonal)
    entries = np.concatenate([diagonal, np.full(len(rows), -1.0)])
    index = np.concatenate([np.arange(count), rows]), np.concatenate([np.arange(count), columns])
    # a tenth of a second to load, for the few pictures that need it
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import splu

    matrix = coo_array((entries, index), shape=(count, count)).tocsc()
    solution: Float64 = splu(matrix).solve(known_side)
    return solution
