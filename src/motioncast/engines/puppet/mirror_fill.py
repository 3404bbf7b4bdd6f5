"""Fill a hole with its own surroundings, reflected across the border of the hole."""

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt

from motioncast.arrays import Bools, Image


def mirror_fill(image: Image, hole: Bools, valid: Bools, fade_px: float, smooth_px: float = 0.0) -> Image:
    """Colours for the `hole` of an (H, W, 3) picture, taken from `valid` pixels only.

    A hole pixel p with nearest valid pixel b shows the picture at 2b - p, so texture continues across the border. Where
    that point is not valid, and more and more towards `fade_px` pixels inside, a blurred copy of the nearest colours
    takes over.
    `smooth_px` > 0 smooths the field of reflected positions, which avoids seams along the hole's own medial axis.
    Pixels outside the hole are returned unchanged; so is the whole picture when nothing is valid.
    """
    source = valid & ~hole
    if not hole.any() or not source.any():
        return image
    box = _box(hole, margin=int(2 * fade_px) + 8)
    patch, need, usable = image[box], hole[box], source[box]
    if not usable.any():
        box = (slice(None), slice(None))
        patch, need, usable = image, hole, source
    depth, (rows, columns) = distance_transform_edt(~usable, return_indices=True)
    yy, xx = np.mgrid[0 : patch.shape[0], 0 : patch.shape[1]].astype(np.float32)
    nearest = patch[rows, columns]
    to_x, to_y = (2 * columns - xx).astype(np.float32), (2 * rows - yy).astype(np.float32)
    if smooth_px > 0:
        to_x = xx + cv2.GaussianBlur(to_x - xx, (0, 0), smooth_px)
        to_y = yy + cv2.GaussianBlur(to_y - yy, (0, 0), smooth_px)
    reflected = cv2.remap(nearest, to_x, to_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    blurred = cv2.GaussianBlur(nearest, (0, 0), max(2.0, 0.2 * fade_px)).astype(np.float32)
    share = np.exp(-((depth / fade_px) ** 2))[..., None]
    mixed = reflected * share + blurred * (1 - share)
    result = image.copy()
    result[box] = np.where(need[..., None], np.clip(mixed + 0.5, 0, 255).astype(np.uint8), patch)
    return result


def _box(hole: Bools, margin: int) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    return (
        slice(max(0, rows[0] - margin), rows[-1] + 1 + margin),
        slice(max(0, columns[0] - margin), columns[-1] + 1 + margin),
    )
