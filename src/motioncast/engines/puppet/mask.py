"""Masks of pixels."""

import cv2
import numpy as np

from motioncast.arrays import Bools


def grown(mask: Bools, pixels: int) -> Bools:
    """(H, W) all that lies within `pixels` of what `mask` (H, W) has."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    result: Bools = cv2.dilate(mask.astype(np.uint8), kernel) > 0
    return result
