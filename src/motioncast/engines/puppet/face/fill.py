"""Small image helpers of the face layers: hole filling and anti-aliased outlines."""

import math

import cv2
import numpy as np

from motioncast.arrays import Bools, Float32, Floats, Image


def push_pull(image: Float32, known: Bools) -> Float32:
    """Fill the unknown pixels of (H, W, 3) smoothly from the known ones, coarse to fine.

    Gortler et al., "The Lumigraph", SIGGRAPH 1996: average known pixels down a pyramid, then let every level fill the
    holes of the finer one.
    """
    weight = known.astype(np.float32)
    levels = [(image * weight[..., None], weight)]
    while max(levels[-1][1].shape) > 2:
        colour, weight = levels[-1]
        levels.append((cv2.pyrDown(colour).astype(np.float32), cv2.pyrDown(weight).astype(np.float32)))
    colour, weight = levels[-1]
    mean = colour.sum(axis=(0, 1)) / max(float(weight.sum()), 1e-9)
    filled = np.broadcast_to(mean, colour.shape).astype(np.float32)
    for colour, weight in reversed(levels[:-1]):
        coarse = cv2.pyrUp(filled, dstsize=(colour.shape[1], colour.shape[0]))
        own = colour / np.maximum(weight, 1e-4)[..., None]
        share = np.clip(weight, 0.0, 1.0)[..., None]
        filled = np.where(share > 1e-3, own * share + coarse * (1 - share), coarse).astype(np.float32)
    return filled


def outline_mask(outline_px: Floats, size: tuple[int, int], blur: float = 0.0) -> Image:
    """Anti-aliased filled outline (K, 2) as (H, W) uint8 on a canvas of `size` (W, H), softened by `blur` pixels."""
    mask = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(mask, [np.round(np.asarray(outline_px) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    if blur > 0:
        mask = cv2.GaussianBlur(mask, (0, 0), blur).astype(np.uint8, copy=False)
    return mask


def clipped_box(points_px: Floats, margin: float, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Box (x0, y0, x1, y1) around points (K, 2) inside a canvas of `size` (W, H); None if less than 3 pixels remain."""
    low, high = points_px.min(axis=0).tolist(), points_px.max(axis=0).tolist()  # plain numbers: arrays of two are slow
    if not all(map(math.isfinite, low + high)):
        return None
    x0, y0 = (max(math.floor(low[k] - margin), 0) for k in (0, 1))
    x1, y1 = (min(math.ceil(high[k] + margin) + 1, size[k]) for k in (0, 1))
    return (x0, y0, x1, y1) if min(x1 - x0, y1 - y0) >= 3 else None
