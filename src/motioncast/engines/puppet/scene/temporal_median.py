"""The median over time of what was not hidden."""

from typing import Any

import cv2
import numpy as np
from numba import njit

from motioncast.arrays import Bools, Float64, Image

BAND_ROWS = 96  #: rows that are computed at a time


def masked_median(
    frames: dict[int, Image], trust: dict[int, Image], warps: dict[int, Float64], canvas: tuple[int, int]
) -> tuple[Image, Bools]:
    """Masked median of all frames on the canvas (W, H), a band of rows at a time; and where there was anything."""
    width, height = canvas
    rgb, known = np.zeros((height, width, 3), np.uint8), np.zeros((height, width), bool)
    for top in range(0, height, BAND_ROWS):
        rows = min(BAND_ROWS, height - top)
        lift = np.array([[1.0, 0, 0], [0, 1, -top], [0, 0, 1]])
        stack = np.empty((len(frames), rows, width, 3), np.uint8)
        levels = np.empty((len(frames), rows, width), np.uint8)
        for n, t in enumerate(frames):
            warp = lift @ warps[t]
            stack[n] = cv2.warpPerspective(frames[t], warp, (width, rows), flags=cv2.INTER_LINEAR)
            levels[n] = cv2.warpPerspective(trust[t], warp, (width, rows), flags=cv2.INTER_NEAREST)
        _median_kernel(stack, levels, rgb[top : top + rows], known[top : top + rows])
    return rgb, known


@njit(nogil=True, cache=True)
def _median_kernel(stack: Any, levels: Any, rgb: Any, known: Any) -> None:
    """Per pixel and channel: median over the surest samples if there are three, else over all that are not person."""
    n, height, width = levels.shape
    values = np.empty(n, np.uint8)
    for y in range(height):
        for x in range(width):
            sure, some = 0, 0
            for i in range(n):
                sure += levels[i, y, x] >= 2
                some += levels[i, y, x] >= 1
            # one witness among many is more likely a missed mask than a glimpse of the scene
            if some == 0 or (some == 1 and n >= 8):
                continue
            least = 2 if sure >= 3 else 1
            known[y, x] = True
            for c in range(3):
                count = 0
                for i in range(n):
                    if levels[i, y, x] >= least:
                        v = stack[i, y, x, c]
                        k = count
                        while k > 0 and values[k - 1] > v:
                            values[k] = values[k - 1]
                            k -= 1
                        values[k] = v
                        count += 1
                rgb[y, x, c] = (np.int32(values[(count - 1) // 2]) + np.int32(values[count // 2]) + 1) // 2
