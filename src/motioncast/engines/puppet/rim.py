"""A soft rim of the picture around a body that only sways.

Below the chin of a figure without moving limbs, the picture beside the silhouette may bend along a little: nobody sees
that, while every error of the matte there would show against a filled background. The head moves too much for it.
"""

import cv2
import numpy as np

from motioncast.arrays import Float32, Float64, Image
from motioncast.perception.matting import Matte
from motioncast.perception.smoothing import smoothstep

_REACH = 0.09  #: width of the rim, share of the picture's longer side


def carry_rim(matte: Matte, image: Image, neck_px: Float64, head_height_px: float) -> Matte:
    """The matte with a rim of the picture (H, W, 3) that fades outwards, and in from the neck down.

    neck_px (2,): where head and body meet. head_height_px: over which the rim grows from nothing to all.
    """
    height, width = matte.alpha.shape
    away = cv2.distanceTransform((matte.alpha < 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    near = 1.0 - smoothstep(0.0, _REACH * max(height, width), np.asarray(away, np.float32))
    rows = np.arange(height, dtype=np.float64)[:, None]
    below = smoothstep(neck_px[1] - 0.2 * head_height_px, neck_px[1] + 0.6 * head_height_px, rows)
    rim: Float32 = (near * below).astype(np.float32)
    share = np.clip((matte.alpha - rim) / np.maximum(1.0 - rim, 1e-3), 0.0, 1.0)[..., None]
    colours = image * (1.0 - share) + matte.foreground * share
    # where the rim carries all of the picture, its own colours are the right ones
    return Matte(np.maximum(matte.alpha, rim), np.clip(colours + 0.5, 0, 255).astype(np.uint8))
