"""A picture bent by a triangle mesh: piecewise affine, sampled bilinearly. What the simple baselines are drawn with."""

import cv2
import numpy as np

from motioncast.arrays import Float64, Image, Int32
from motioncast.engines.puppet.raster import EMPTY, SOLID, rasterise


def warp(picture: Image, source_px: Float64, target_px: Float64, triangles: Int32, ground: Image) -> Image:
    """`ground` (H, W, 3) with the parts of `picture` that the mesh covers drawn over it.

    source_px, target_px (V, 2): the vertices in `picture` and in the result. triangles (T, 3): of several that cover a
    pixel the last one shows, so that what is given later lies in front.
    """
    height, width = ground.shape[:2]
    vertices = np.column_stack([target_px, np.zeros(len(target_px))]).astype(np.float32)
    uv = np.full((height, width, 2), EMPTY, np.float32)
    depth = np.empty((height, width), np.float32)
    rasterise(vertices, source_px.astype(np.float32), np.ascontiguousarray(triangles, np.int32), SOLID, uv, depth)
    drawn = cv2.remap(picture, uv[..., 0], uv[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # the rasteriser clears what its triangles span, the rest is still empty
    covered = uv[..., 0] > 0.5 * EMPTY
    return np.where(covered[..., None], drawn, ground).astype(np.uint8)
