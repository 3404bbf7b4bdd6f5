"""Film grain on the moving character, so that a warped still does not look frozen beside living noise."""

from typing import Any

import cv2
import numba as nb
import numpy as np

from motioncast.arrays import Image
from motioncast.engines.puppet.canvas import Canvas

_TILE = 256
_SHARE, _MOST = 0.5, 2.0  #: of the picture's own noise; levels


def noise_level(image: Image) -> float:
    """Standard deviation of the fine noise of an (H, W, 3) picture, levels: median of its local residual."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    residual = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.2))
    return float(1.4826 * np.median(residual))


class FilmGrain:
    """Noise that changes with every frame and with the seed of the job."""

    def __init__(self, level: float, seed: int) -> None:
        """level: standard deviation of the noise to live up to, in levels of 0..255."""
        sigma = min(_SHARE * level, _MOST)
        self._rng_seed = seed
        self._tile = np.round(np.random.default_rng(seed).normal(0, sigma, (_TILE, _TILE))).astype(np.int8)
        self._visible = bool(self._tile.any())

    def apply(self, canvas: Canvas, index: int) -> None:
        """Grain on what was drawn in frame `index`, in place."""
        if not self._visible:
            return
        x, y = np.random.default_rng((self._rng_seed, index)).integers(0, _TILE, 2)
        _add(canvas.rgb, canvas.coverage, self._tile, int(x), int(y))


@nb.njit(nogil=True, cache=True)
def _add(rgb: Any, coverage: Any, tile: Any, x0: int, y0: int) -> None:
    height, width = coverage.shape
    for y in range(height):
        for x in range(width):
            alpha = np.int32(coverage[y, x])
            if alpha == 0:
                continue
            noise = np.int32(tile[(y + y0) & 255, (x + x0) & 255]) * alpha // 255
            for c in range(3):
                rgb[y, x, c] = min(255, max(0, np.int32(rgb[y, x, c]) + noise))
