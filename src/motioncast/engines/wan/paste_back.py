"""Replace: the source's own pixels wherever the character is not, exactly, with a soft seam inside the mask."""

import cv2
import numpy as np

from motioncast.arrays import Image
from motioncast.engines.wan.conditions.condition import Condition

_FEATHER = 0.012  #: width of the seam, of the longer side


def paste_back(rendered: Image, condition: Condition) -> Image:
    """`rendered` (H, W, 3) where the mask is, fading in from its edge; the driving frame's very pixels elsewhere.

    Conditions read from files know the frame only outside the mask: there the seam is hard.
    """
    mask, frame = condition.mask, condition.frame
    if mask is None or condition.background is None:
        return rendered
    if frame is None:
        return np.where(mask[..., None] > 0, rendered, condition.background)
    width = max(2.0, _FEATHER * max(mask.shape))
    depth = cv2.distanceTransform((mask > 0).astype(np.uint8), cv2.DIST_L2, 5)
    weight = np.minimum(depth / width, 1.0)[..., None]
    mixed = frame + (rendered.astype(np.float32) - frame) * weight
    return np.asarray(mixed + 0.5).astype(np.uint8)
