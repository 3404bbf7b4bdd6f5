"""Smooth colours for a hole of any size: the pull-push pyramid (Gortler et al., The Lumigraph, SIGGRAPH 1996)."""

import cv2
import numpy as np

from motioncast.arrays import Bools, Float32, Image

_SQUEEZE = 8  #: rows reach this much farther than columns: horizons, walls and floors run level
_WORK_SIDE = 480  #: smooth colours need no more


def smooth_fill(image: Image, known: Bools) -> Float32:
    """(H, W, 3) float32 colours: those of an (H, W, 3) picture where `known`, elsewhere ever smoother farther in.

    The surroundings to the left and right count for more than those above and below, and known places farther into the
    hole than in `face.fill.push_pull`, which keeps small holes sharp. `known` must not be empty. Fine detail of known
    places is lost.
    """
    height, width = known.shape
    scale = min(1.0, _WORK_SIDE / max(height, width))
    size = max(2, round(width * scale / _SQUEEZE)), max(2, round(height * scale))
    weight = known.astype(np.float32)
    packed = np.dstack([image.astype(np.float32) * weight[..., None], weight])
    small = np.asarray(cv2.resize(packed, size, interpolation=cv2.INTER_AREA), np.float32)
    filled = _filled(small[..., :3], small[..., 3])
    return np.asarray(cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def _filled(weighted: Float32, weight: Float32) -> Float32:
    """Colours from colours times weight: where the weight lacks, the same at half the size fills in."""
    height, width = weight.shape
    straight = weighted / np.maximum(weight, 1e-6)[..., None]
    if max(height, width) < 2 or weight.min() > 0.999:
        missing = weight < 1e-6
        if missing.any():
            straight[missing] = weighted.sum(axis=(0, 1)) / max(float(weight.sum()), 1e-6)
        return straight.astype(np.float32)
    half = cv2.pyrDown(np.dstack([weighted, weight]))
    gain = 1 / np.maximum(half[..., 3], 1e-6)
    share = np.minimum(1.0, 2 * half[..., 3]).astype(np.float32)
    coarse = _filled((half[..., :3] * (gain * share)[..., None]).astype(np.float32), share)
    below = cv2.pyrUp(coarse, dstsize=(width, height))
    result: Float32 = weight[..., None] * straight + (1 - weight[..., None]) * below
    return result
