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


def cover(source_size: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """(W, H) to scale all of the source to, so that a centred crop of at most 1 % gives `size`.

    `size` itself where that would not do: the aspect changes instead.
    """
    width, height = source_size
    whole_w = max(size[0], round(size[1] * width / height))
    whole_h = max(size[1], round(size[0] * height / width))
    if whole_w - size[0] > MAX_CROP * whole_w or whole_h - size[1] > MAX_CROP * whole_h:
        return size
    return whole_w, whole_h


def crop(image: Image, size: tuple[int, int]) -> Image:
    """The centred part of `image` (H, W, ...) of `size` (W, H): a view."""
    x, y = _corner((image.shape[1], image.shape[0]), size)
    return image[y : y + size[1], x : x + size[0]]


def _corner(whole: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    return (whole[0] - size[0]) // 2, (whole[1] - size[1]) // 2


def fit(image: Image, size: tuple[int, int]) -> Image:
    """`image` (H, W) or (H, W, C) resized and cropped by at most 1 % to `size` (W, H). No bars, ever."""
    height, width = image.shape[:2]
    if (width, height) == size:
        return image
    whole = cover((width, height), size)
    shrinks = whole[0] <= width and whole[1] <= height
    resized = cv2.resize(image, whole, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.ascontiguousarray(crop(resized.astype(np.uint8, copy=False), size))


def fit_affine(source_size: tuple[int, int], size: tuple[int, int]) -> Float64:
    """(2, 3) affine that takes source pixels (W, H of the source) to the output pixels of `fit`."""
    whole = cover(source_size, size)
    scale_x, scale_y = whole[0] / source_size[0], whole[1] / source_size[1]
    x, y = _corner(whole, size)
    return np.array([[scale_x, 0.0, 0.5 * scale_x - 0.5 - x], [0.0, scale_y, 0.5 * scale_y - 0.5 - y]], np.float64)


def within(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    """`size` (W, H) scaled down, never up, so that its longer side is at most `max_side`."""
    scale = min(1.0, max_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
