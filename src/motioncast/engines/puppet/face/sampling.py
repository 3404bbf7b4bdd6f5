"""Reading a picture between its pixels, inside compiled loops."""

from typing import Any

import numba as nb

from motioncast.arrays import Float32, Image


@nb.njit(nogil=True, cache=True, inline="always")
def bilinear(image: Float32 | Image, x: float, y: float, channel: int) -> Any:
    """One channel of an (H, W, C) picture at (x, y) px; the edge goes on outside."""
    rows, columns = image.shape[0], image.shape[1]
    x = min(max(x, 0.0), columns - 1.001)
    y = min(max(y, 0.0), rows - 1.001)
    i, j = int(x), int(y)
    fx, fy = x - i, y - j
    top = image[j, i, channel] * (1 - fx) + image[j, i + 1, channel] * fx
    bottom = image[j + 1, i, channel] * (1 - fx) + image[j + 1, i + 1, channel] * fx
    return top * (1 - fy) + bottom * fy
