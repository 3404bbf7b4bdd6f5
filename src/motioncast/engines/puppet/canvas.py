"""The picture of one frame while it is drawn, with the scratch buffers of the thread that draws it."""

import threading

import numpy as np

from motioncast.arrays import Float32, Image, Int32
from motioncast.engines.puppet.raster import rasterise, shade
from motioncast.engines.puppet.texture import Texture

_scratch = threading.local()


class Canvas:
    """Draws textured meshes over a picture, nearest last."""

    def __init__(self, rgb: Image) -> None:
        """rgb (H, W, 3) is drawn on in place."""
        self.rgb = rgb
        self.coverage: Image = np.zeros(rgb.shape[:2], np.uint8)  #: (H, W) alpha of what was drawn
        self._uv, self._depth = _buffers(rgb.shape[0], rgb.shape[1])

    def draw(self, vertices_px: Float32, uv_px: Float32, triangles: Int32, texture: Texture, scale: float) -> None:
        """Draw a mesh: vertices (V, 3) canvas px and depth, uv (V, 2) px of the full texture.

        scale: canvas px that one texture px covers, to choose a fitting copy of the texture.
        """
        level = texture.level(scale)
        uv = texture.coordinates(uv_px, level)
        box = rasterise(vertices_px, uv, triangles, texture.levels[level], self._uv, self._depth)
        shade(self._uv, texture.levels[level], self.rgb, self.coverage, box)


def _buffers(height: int, width: int) -> tuple[Float32, Float32]:
    """Scratch of this thread: texture coordinates (H, W, 2) and depth (H, W)."""
    held: tuple[Float32, Float32] | None = getattr(_scratch, "buffers", None)
    if held is None or held[1].shape != (height, width):
        held = np.empty((height, width, 2), np.float32), np.empty((height, width), np.float32)
        _scratch.buffers = held
    return held
