"""Sizes and the map from source to output pixels.

Coordinates follow `motioncast.perception.landmarks`: the centre of the top-left pixel is (0, 0).
"""

import math

import cv2
import numpy as np

from motioncast.arrays import Float64, Image

STEP = 16  #: both output sides are multiples of this
MIN_SIDE, MAX_SIDE = 64, 4096
MAX_CROP = 0.01  #: of a side; a source that would lose more is resized instead


def output_size(width: int, height: int, area_px: int) -> tuple[int, int]:
    """(W, H) for a source of `width` x `height`: multiples of 16 with W * H <= `area_px`.

    Of all such sizes, the one that best trades aspect error against lost area: an error that a 1 % crop absorbs
    costs little, one that needs stretching costs much.
    """
    aspect = width / height
    sizes = [(w, h) for h in range(STEP, MAX_SIDE + 1, STEP) for w in _widths(h, aspect) if _allowed(w, h, area_px)]
    return min(sizes, key=lambda size: _cost(size, aspect, area_px))


def _widths(height: int, aspect: float) -> tuple[int, int]:
    below = int(height * aspect) // STEP * STEP
    return tuple(min(max(w, MIN_SIDE), MAX_SIDE) for w in (below, below + STEP))  # type: ignore[return-value]


def _allowed(width: int, height: int, area_px: int) -> bool:
    return height >= MIN_SIDE and width * height <= area_px


def _cost(size: tuple[int, int], aspect: float, area_px: int) -> tuple[float, int]:
    error = abs(math.log(size[0] / size[1] / aspect))
    shortfall = math.log(area_px / (size[0] * size[1]))
    return 0.5 * error + 4.0 * max(0.0, error - MAX_CROP) + shortfall, size[0]


def _crop_box(source: tuple[int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """x, y, width, height of the centred part with the output's aspect; of everything if that loses over 1 %."""
    width, height = source
    kept_w = min(width, round(height * size[0] / size[1]))
    kept_h = min(height, round(width * size[1] / size[0]))
    if width - kept_w > MAX_CROP * width or height - kept_h > MAX_CROP * height:
        return 0, 0, width, height
    return (width - kept_w) // 2, (height - kept_h) // 2, kept_w, kept_h


def fit(image: Image, size: tuple[int, int]) -> Image:
    """`image` (H, W) or (H, W, C) cropped by at most 1 % and resized to `size` (W, H). No bars, ever."""
    height, width = image.shape[:2]
    if (width, height) == size:
        return image
    x, y, kept_w, kept_h = _crop_box((width, height), size)
    shrinks = size[0] <= kept_w and size[1] <= kept_h
    kept = image[y : y + kept_h, x : x + kept_w]
    resized = cv2.resize(kept, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return resized.astype(np.uint8, copy=False)


def fit_affine(source_size: tuple[int, int], size: tuple[int, int]) -> Float64:
    """(2, 3) affine that takes source pixels (W, H of the source) to the output pixels of `fit`."""
    x, y, kept_w, kept_h = _crop_box(source_size, size)
    scale_x, scale_y = size[0] / kept_w, size[1] / kept_h
    return np.array([[scale_x, 0.0, (0.5 - x) * scale_x - 0.5], [0.0, scale_y, (0.5 - y) * scale_y - 0.5]], np.float64)


def within(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    """`size` (W, H) scaled down, never up, so that its longer side is at most `max_side`."""
    scale = min(1.0, max_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
