"""Clothes continued where something covered them: no detail, for detail that was never seen betrays itself."""

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt

from motioncast.arrays import Bools, Image
from motioncast.engines.puppet.mirror_fill import mirror_fill


def continue_cloth(image: Image, hole: Bools, source: Bools, radius: float) -> Image:
    """Colours for the `hole` of an (H, W, 3) picture from the `source` pixels around it.

    Large shapes such as hems and belts go on across the border of the hole, as in `mirror_fill`; cords, seams and
    stripes thinner than a quarter of the limb radius `radius` (px) do not. Other pixels are returned as they are.
    """
    if not hole.any() or not source.any():
        return image
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    margin = int(2 * radius) + 4
    box = (
        slice(max(0, rows[0] - margin), rows[-1] + margin),
        slice(max(0, columns[0] - margin), columns[-1] + margin),
    )
    patch, need, usable = image[box], hole[box], source[box]
    if not usable.any():
        return mirror_fill(image, hole, source, radius)
    _, (near_y, near_x) = distance_transform_edt(~usable, return_indices=True)
    plain = cv2.medianBlur(np.ascontiguousarray(patch[near_y, near_x]), 2 * max(1, round(0.25 * radius)) + 1)
    filled = mirror_fill(np.asarray(plain, np.uint8), need, usable, 2.5 * radius, smooth_px=0.3 * radius)
    result = image.copy()
    result[box] = np.where(need[..., None], filled, patch)
    return result
