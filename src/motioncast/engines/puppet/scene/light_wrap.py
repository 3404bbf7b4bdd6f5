"""Light of the background that creeps around the character's edge, as in a camera's lens."""

from typing import Any

import cv2
import numpy as np
from numba import njit

from motioncast.arrays import Image

DETAIL = 4  #: the glow is computed at a quarter of the size
SIGMA = 0.006  #: of the long side: 5 px at 832
SHARE = 0.3


def wrap_light(image: Image, background: Image, alpha: Image, *, share: float = SHARE) -> None:
    """Mix the blurred background into the character's rim, in place; only within the box around the character.

    image: (H, W, 3) with the character drawn; background: (H, W, 3) without; alpha: (H, W) uint8 of the character.
    """
    height, width = alpha.shape
    sparse = alpha[::DETAIL, ::DETAIL]
    rows, columns = np.flatnonzero(sparse.max(axis=1) > 5), np.flatnonzero(sparse.max(axis=0) > 5)
    if len(rows) == 0 or share <= 0:
        return
    margin = 3
    top, bottom = max(0, (rows[0] - margin) * DETAIL), min(height, (rows[-1] + margin + 1) * DETAIL)
    left, right = max(0, (columns[0] - margin) * DETAIL), min(width, (columns[-1] + margin + 1) * DETAIL)
    box = (slice(top, bottom), slice(left, right))
    glow, reach = _glow(background[box], alpha[box], SIGMA * max(height, width) / DETAIL)
    _mix(image[box], glow, reach, alpha[box], round(share * 1.6 * 256))


def _glow(background: Image, alpha: Image, sigma: float) -> tuple[Image, Image]:
    """Colour (h, w, 3) and strength (h, w) uint8 of the light that the surroundings throw, at full size of the box."""
    height, width = alpha.shape
    small = (max(1, width // DETAIL), max(1, height // DETAIL))
    open_sky = 1 - cv2.resize(alpha, small, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    colour = cv2.resize(background, small, interpolation=cv2.INTER_AREA) * open_sky[..., None]
    weight = cv2.GaussianBlur(open_sky, (0, 0), sigma)
    blurred = cv2.GaussianBlur(colour, (0, 0), sigma) / (weight[..., None] + 1e-3)
    glow = cv2.resize(np.clip(blurred, 0, 255).astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
    reach = cv2.resize((weight * 255).astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
    return glow.astype(np.uint8, copy=False), reach.astype(np.uint8, copy=False)


@njit(nogil=True, cache=True)
def _mix(image: Any, glow: Any, reach: Any, alpha: Any, share256: int) -> None:
    height, width = alpha.shape
    for y in range(height):
        for x in range(width):
            a: Any = np.int32(alpha[y, x])
            r: Any = np.int32(reach[y, x])
            if a == 0 or r < 4:
                continue
            w: Any = min((a * r * share256) // 65025, 128)
            for c in range(3):
                v = np.int32(image[y, x, c])
                image[y, x, c] = v + (((np.int32(glow[y, x, c]) - v) * w + 128) >> 8)
