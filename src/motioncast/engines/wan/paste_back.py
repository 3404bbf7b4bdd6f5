"""Replace: the source's own pixels wherever the character is not, exactly, with a soft seam inside the mask."""

import cv2
import numpy as np

from motioncast.arrays import Image
from motioncast.engines.wan.conditions.condition import Condition
from motioncast.engines.wan.conditions.person_mask import MaskShape

_OFFICIAL = MaskShape()
#: Depth at which the seam ends: where the silhouette begins, so that nothing of the performer shows through.
_SEAM_PX = _OFFICIAL.iterations * (_OFFICIAL.kernel // 2) + 1


def paste_back(rendered: Image, condition: Condition) -> Image:
    """`rendered` (H, W, 3) where the mask is, fading in from its edge; the driving frame's very pixels elsewhere.

    Conditions read from files know the frame only outside the mask: there the seam is hard.
    """
    mask, frame = condition.mask, condition.frame
    if mask is None or condition.background is None:
        return rendered
    if frame is None:
        return np.where(mask[..., None] > 0, rendered, condition.background)
    result = frame.copy()
    box = _around(mask)
    depth = cv2.distanceTransform(mask[box], cv2.DIST_L2, 5)
    mixed = cv2.copyTo(rendered[box], mask[box], frame[box].copy())
    seam = (depth > 0) & (depth < _SEAM_PX)
    source = frame[box][seam].astype(np.float32)
    mixed[seam] = source + (mixed[seam] - source) * (depth[seam] / _SEAM_PX)[:, None] + 0.5
    result[box] = mixed
    return result


def _around(mask: Image) -> tuple[slice, slice]:
    """Rows and columns of all that is not 0, with one pixel more on each side where there is one."""
    left, top, width, height = cv2.boundingRect(mask)
    return slice(max(0, top - 1), top + height + 1), slice(max(0, left - 1), left + width + 1)
