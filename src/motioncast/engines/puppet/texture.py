"""Textures with smaller copies of themselves, so that a figure drawn small does not sparkle."""

from dataclasses import dataclass

import cv2
import numpy as np

from motioncast.arrays import Float32, Floats, Image

_SMALLEST_PX = 48
_LEVELS = 5


@dataclass(frozen=True)
class Texture:
    """A premultiplied RGBA picture and its halved copies."""

    levels: tuple[Image, ...]  #: (h, w, 4) uint8, each half the size of the one before

    @classmethod
    def of(cls, rgba: Image) -> "Texture":
        """Build the copies of a premultiplied (h, w, 4) picture."""
        levels = [rgba]
        while len(levels) < _LEVELS and min(levels[-1].shape[:2]) >= 2 * _SMALLEST_PX:
            height, width = levels[-1].shape[:2]
            half = cv2.resize(levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
            levels.append(half.astype(np.uint8, copy=False))
        return cls(tuple(levels))

    def level(self, scale: float) -> int:
        """The copy to use when one texture px covers `scale` canvas px; slightly sharp rather than blurred."""
        return int(np.clip(np.floor(np.log2(1.0 / max(scale, 1e-3)) + 0.35), 0, len(self.levels) - 1))

    def coordinates(self, uv_px: Floats, level: int) -> Float32:
        """Texture px (V, 2) of level 0 in px of `level`; pixel centres are whole numbers in both."""
        if level == 0:
            return np.ascontiguousarray(uv_px, np.float32)
        full, small = self.levels[0].shape, self.levels[level].shape
        ratio = np.array([small[1] / full[1], small[0] / full[0]])
        return np.asarray(np.maximum((uv_px + 0.5) * ratio - 0.5, 0.0), np.float32)
