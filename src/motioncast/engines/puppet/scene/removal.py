"""Take the performer out of a frame: where they are, and how the clean plate is blended in there."""

from typing import Any

import cv2
import numpy as np
from numba import njit

from motioncast.arrays import Float32, Image
from motioncast.engines.puppet.scene.clean_plate import ScenePlates
from motioncast.engines.puppet.scene.performer import PerformerRegion, Waist
from motioncast.engines.puppet.scene.window import Window, window_around

MEMBRANE_CELL = 16  #: px of the output per cell of the colour correction, at 832 px
MEMBRANE_LIMIT = 24.0  #: levels; more than this is no drift of exposure but another thing in the picture
KEY_LEVELS = 30  #: a colour this far from the plate next to the performer belongs to the performer
_MISALIGNED = 11  #: side of the neighbourhood in which the plate may show what the frame does, grid px
SURROUNDINGS = 0.12  #: of the long side: as far around the performer the colour correction looks
GRAIN_SIDE = 256
_RAMP = np.clip((np.arange(256) - 50) * 255.0 / 80, 0, 255).astype(np.uint8)


class PerformerRemover:
    """Removes the performer from the frames of one clip. Every call is a pure function of its arguments."""

    def __init__(self, region: PerformerRegion, plates: ScenePlates) -> None:
        """`plates` must be of the same clip and size."""
        self._region, self._plates = region, plates
        self._grain = _grain_tile()

    def remove(self, frame: Image, index: int, waist: Waist | None = None) -> Image:
        """A copy of `frame` (H, W, 3) uint8 of clip index `index` without its performer, who stays below a `waist`."""
        out = frame.copy()
        soft = self._region.soft(index)
        long_side = max(soft.shape)
        window = window_around(soft, round(SURROUNDINGS * long_side), (frame.shape[1], frame.shape[0]))
        if window is None:
            return out
        plate = self._plates.at(index, window)
        soft = soft[window.work]
        shown, behind = _shrunk(frame[window.px], window).astype(np.int16), _shrunk(plate.rgb, window)
        difference = shown - behind
        cell = MEMBRANE_CELL * long_side / 832
        cells = tuple(max(2, round(side / cell)) for side in window.work_size)
        membrane = _membrane(difference, soft, cells)
        correction = cv2.resize(membrane, window.work_size, interpolation=cv2.INTER_LINEAR)
        reach = max(3, round(long_side / 24)) | 1
        keyed = _key(shown - correction, behind, soft, plate.known, reach)
        mask = _RAMP[cv2.blur(np.maximum(soft, keyed), (3, 3))]
        if waist is not None:
            stays = self._region.below(index, waist)[window.work]
            mask = cv2.multiply(mask, 255 - stays, scale=1 / 255).astype(np.uint8, copy=False)
        offset = (index * 157) % GRAIN_SIDE, (index * 89) % GRAIN_SIDE
        scaled = (membrane * 16).astype(np.int16)
        _blend(out[window.px], plate.rgb, scaled, mask, self._grain, offset, round(plate.grain * 8))
        return out


def _shrunk(image: Image, window: Window) -> Any:
    """`image` of the window at its grid size; halving first is several times quicker than averaging at an odd ratio."""
    (width, height), size = window.size, window.work_size
    if width > 2 * size[0]:
        image = np.asarray(cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
        return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _membrane(difference: Any, soft: Image, cells: tuple[int, ...]) -> Float32:
    """Smooth continuation into the mask of (frame - plate) around it, (rows, columns, 3) float32 levels.

    Normalised convolution: near the border the narrow kernel decides, deep inside the wide one. cells: (columns, rows).
    """
    trusted = ((soft < 8) & (_largest(difference) < MEMBRANE_LIMIT)).astype(np.float32)
    weight = cv2.resize(trusted, cells, interpolation=cv2.INTER_AREA)
    values = cv2.resize(difference * trusted[..., None], cells, interpolation=cv2.INTER_AREA)
    total = np.zeros_like(values)
    norm = np.full(weight.shape, 2e-3, np.float32)  # far from everything known the correction fades out
    for sigma, share in ((1.2, 1.0), (4.0, 0.05), (12.0, 0.002)):
        norm += share * cv2.GaussianBlur(weight, (0, 0), sigma)
        total += share * cv2.GaussianBlur(values, (0, 0), sigma)
    return np.asarray(np.clip(total / norm[..., None], -MEMBRANE_LIMIT, MEMBRANE_LIMIT), np.float32)


def _key(shown: Any, behind: Any, soft: Image, known: Any, reach: int) -> Image:
    """(h, w) uint8: fingers, hair and hems that the mask network missed, told by their colour beside the mask.

    shown, behind: frame without the drift of its exposure, and plate, (h, w, 3). An edge of the plate may lie a few px
    off; what has the colour of some plate that near is scene. reach: side of the neighbourhood that counts as beside
    the mask, grid px.
    """
    near = cv2.dilate(soft, np.ones((reach, reach), np.uint8)) > 130
    around = np.ones((_MISALIGNED, _MISALIGNED), np.uint8)
    darker = cv2.erode(behind, around).astype(np.float32) - shown
    lighter = shown - cv2.dilate(behind, around).astype(np.float32)
    other = (np.maximum(darker, lighter).max(axis=2) > KEY_LEVELS) & near & (known > 0)
    solid = cv2.medianBlur((other * 255).astype(np.uint8), 5)
    grown = cv2.dilate(solid, np.ones((7, 7), np.uint8))
    return cv2.blur(grown, (5, 5)).astype(np.uint8, copy=False)


@njit(nogil=True, cache=True)
def _largest(difference: Any) -> Any:
    """Per pixel, the largest absolute difference of the three channels, (h, w)."""
    height, width = difference.shape[:2]
    out = np.empty((height, width), difference.dtype)
    for y in range(height):
        for x in range(width):
            most = abs(difference[y, x, 0])
            for c in range(1, 3):
                most = max(most, abs(difference[y, x, c]))
            out[y, x] = most
    return out


def _grain_tile() -> Any:
    """(256, 256) int8 noise of standard deviation 16, slightly soft as film and codecs leave it."""
    noise = np.random.default_rng(7).standard_normal((GRAIN_SIDE, GRAIN_SIDE)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 0.6, borderType=cv2.BORDER_REFLECT)
    return np.clip(np.rint(soft / soft.std() * 16), -127, 127).astype(np.int8)


@njit(nogil=True, cache=True)
def _places(length: int, cells: int) -> tuple[Any, Any]:
    """For bilinear sampling of `cells` samples at `length` places: lower sample, and 7-bit weight of the upper."""
    low, share = np.empty(length, np.int32), np.empty(length, np.int32)
    for i in range(length):
        u = min(max((i + 0.5) * cells / length - 0.5, 0.0), cells - 1.0)
        low[i] = min(int(u), max(cells - 2, 0))
        share[i] = np.int32((u - low[i]) * 128 + 0.5)
    return low, share


@njit(nogil=True, cache=True)
def _blend(out: Any, plate: Any, correction16: Any, mask: Any, grain: Any, offset: Any, sigma8: int) -> None:
    """out += (plate + correction + grain - out) * mask, in place, in integers.

    out and plate (H, W, 3) uint8; correction16 (rows, columns, 3) sixteenths of a level and mask (h, w) uint8 are
    stretched over them bilinearly; sigma8: eighths of a level.
    """
    height, width = out.shape[:2]
    mask_y, mask_fy = _places(height, mask.shape[0])
    mask_x, mask_fx = _places(width, mask.shape[1])
    cell_y, cell_fy = _places(height, correction16.shape[0])
    cell_x, cell_fx = _places(width, correction16.shape[1])
    line = np.empty(mask.shape[1], np.int32)
    cells = np.empty((correction16.shape[1], 3), np.int32)
    for y in range(height):
        upper, fy = mask_y[y], mask_fy[y]
        some = np.int32(0)
        for i in range(mask.shape[1]):
            line[i] = np.int32(mask[upper, i]) * (128 - fy) + np.int32(mask[min(upper + 1, len(mask) - 1), i]) * fy
            some |= line[i]
        if some == 0:
            continue
        cy, gy = cell_y[y], cell_fy[y]
        for i in range(correction16.shape[1]):
            for c in range(3):
                cells[i, c] = np.int32(correction16[cy, i, c]) * (128 - gy) + np.int32(correction16[cy + 1, i, c]) * gy
        for x in range(width):
            i, fx = mask_x[x], mask_fx[x]
            m = (line[i] * (128 - fx) + line[min(i + 1, len(line) - 1)] * fx + 8192) >> 14
            if m == 0:
                continue
            j, gx = cell_x[x], cell_fx[x]
            noise = (np.int32(grain[(y + offset[0]) & 255, (x + offset[1]) & 255]) * sigma8) >> 3
            for c in range(3):
                f = np.int32(out[y, x, c])
                shift = (cells[j, c] * (128 - gx) + cells[j + 1, c] * gx) >> 14
                value = f + (((np.int32(plate[y, x, c]) << 4) + shift + noise - (f << 4)) * m + 2040) // 4080
                out[y, x, c] = min(max(value, np.int32(0)), np.int32(255))
