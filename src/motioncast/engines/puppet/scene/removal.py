"""Take the performer out of a frame: where they are, and how the clean plate is blended in there."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numba import njit

from motioncast.arrays import Float32, Image
from motioncast.engines.puppet.scene.clean_plate import PlateView
from motioncast.engines.puppet.scene.performer import PerformerRegion

MEMBRANE_CELL = 16  #: px of the output per cell of the colour correction, at 832 px
MEMBRANE_LIMIT = 24.0  #: levels; more than this is no drift of exposure but another thing in the picture
KEY_LEVELS = 30  #: a colour this far from the plate next to the performer belongs to the performer
GRAIN_SIDE = 256
_RAMP = np.clip((np.arange(256) - 50) * 255.0 / 80, 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Removal:
    """One frame without its performer."""

    rgb: Image  #: (H, W, 3)
    mask: Image  #: (h, w) uint8 at the region's work size, 255 where the plate shows


class PerformerRemover:
    """Removes the performer from the frames of one clip. Every call is a pure function of its arguments."""

    def __init__(self, region: PerformerRegion) -> None:
        self._region = region
        self._grain = _grain_tile()

    def remove(self, frame: Image, index: int, plate: PlateView) -> Removal:
        """`frame` (H, W, 3) uint8 of clip index `index`, and the plate as seen in that frame, at the same size."""
        height, width = frame.shape[:2]
        work = self._region.work_size
        soft = self._region.soft(index)
        difference = _shrunk(frame, work).astype(np.int16) - _shrunk(plate.rgb, work)
        membrane = _membrane(difference, soft, round(width / max(width, height) * 832 / MEMBRANE_CELL))
        correction = cv2.resize(membrane, work, interpolation=cv2.INTER_LINEAR)
        keyed = _key(difference - correction, soft, cv2.resize(plate.known, work, interpolation=cv2.INTER_NEAREST))
        mask = _RAMP[cv2.blur(np.maximum(soft, keyed), (3, 3))]
        out = frame.copy()
        if mask.any():
            offset_x, offset_y = (index * 89) % GRAIN_SIDE, (index * 157) % GRAIN_SIDE
            _blend(
                out,
                plate.rgb,
                cv2.resize((membrane * 16).astype(np.int16), (width, height), interpolation=cv2.INTER_LINEAR),
                cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR),
                np.roll(self._grain, (offset_y, offset_x), (0, 1)),
                round(plate.grain * 8),
            )
        return Removal(out, mask)


def _shrunk(image: Image, size: tuple[int, int]) -> Any:
    """`image` at `size` (W, H); halving first is several times quicker than averaging at an odd ratio."""
    height, width = image.shape[:2]
    if width > 2 * size[0]:
        image = np.asarray(cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
        return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _membrane(difference: Any, soft: Image, columns: int) -> Float32:
    """Smooth continuation into the mask of (frame - plate) around it, (rows, columns, 3) float32 levels.

    Normalised convolution: near the border the narrow kernel decides, deep inside the wide one.
    """
    rows = max(2, round(columns * soft.shape[0] / soft.shape[1]))
    trusted = ((soft < 8) & (_largest(difference) < MEMBRANE_LIMIT)).astype(np.float32)
    weight = cv2.resize(trusted, (columns, rows), interpolation=cv2.INTER_AREA)
    values = cv2.resize(difference * trusted[..., None], (columns, rows), interpolation=cv2.INTER_AREA)
    total = np.zeros_like(values)
    norm = np.full((rows, columns), 2e-3, np.float32)  # far from everything known the correction fades out
    for sigma, share in ((1.2, 1.0), (4.0, 0.05), (12.0, 0.002)):
        norm += share * cv2.GaussianBlur(weight, (0, 0), sigma)
        total += share * cv2.GaussianBlur(values, (0, 0), sigma)
    return np.asarray(np.clip(total / norm[..., None], -MEMBRANE_LIMIT, MEMBRANE_LIMIT), np.float32)


def _largest(difference: Any) -> Any:
    """Per pixel, the largest absolute difference of the three channels (quicker than max over the last axis)."""
    red, green, blue = cv2.split(np.abs(difference))
    return np.maximum(np.maximum(red, green), blue)


def _key(difference: Any, soft: Image, known: Any) -> Image:
    """(h, w) uint8: fingers, hair and hems that the mask network missed, told by their colour beside the mask."""
    reach = max(3, soft.shape[1] // 24) | 1
    near = cv2.dilate(soft, np.ones((reach, reach), np.uint8)) > 130
    other = (_largest(difference) > KEY_LEVELS) & near & (known > 0)
    solid = cv2.medianBlur((other * 255).astype(np.uint8), 5)
    grown = cv2.dilate(solid, np.ones((7, 7), np.uint8))
    return cv2.blur(grown, (5, 5)).astype(np.uint8, copy=False)


def _grain_tile() -> Any:
    """(256, 256) int8 noise of standard deviation 16, slightly soft as film and codecs leave it."""
    noise = np.random.default_rng(7).standard_normal((GRAIN_SIDE, GRAIN_SIDE)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 0.6, borderType=cv2.BORDER_REFLECT)
    return np.clip(np.rint(soft / soft.std() * 16), -127, 127).astype(np.int8)


@njit(nogil=True, cache=True)
def _blend(out: Any, plate: Any, correction16: Any, mask: Any, grain: Any, sigma8: int) -> None:
    """out += (plate + correction + grain - out) * mask, in place, in integers."""
    height, width = mask.shape
    side = grain.shape[0]
    for y in range(height):
        for x in range(width):
            m = np.int32(mask[y, x])
            if m == 0:
                continue
            noise = (np.int32(grain[y % side, x % side]) * sigma8) >> 3
            for c in range(3):
                f = np.int32(out[y, x, c])
                wanted = (np.int32(plate[y, x, c]) << 4) + np.int32(correction16[y, x, c]) + noise
                value = f + ((wanted - (f << 4)) * m + 2040) // 4080
                out[y, x, c] = min(max(value, np.int32(0)), np.int32(255))
