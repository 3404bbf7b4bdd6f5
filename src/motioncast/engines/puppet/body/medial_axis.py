"""Points on the medial axis of a silhouette."""

import numpy as np

from motioncast.arrays import Float64, Floats


def depth_at(depth: Floats, point: Float64) -> float:
    """The value of a distance map (H, W) at (x, y) px; outside, that of the nearest pixel."""
    x, y = np.round(point).astype(int).clip(0, np.subtract(depth.shape[::-1], 1))
    return float(depth[y, x])


def snapped(point: Float64, depth: Floats, radius: float, enough: float = np.inf) -> Float64:
    """The best point within 1.3 `radius` of (x, y) px: max of min(depth, .8 radius, `enough`) - .55 distance.

    depth (H, W): distance to the outside, px.
    """
    height, width = depth.shape
    reach = 1.3 * radius
    if not (0 <= point[0] < width and 0 <= point[1] < height):
        return point
    x0, y0 = np.maximum(np.floor(point - reach), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(point + reach), [width - 1, height - 1]).astype(int)
    yy, xx = np.mgrid[y0 : y1 + 1, x0 : x1 + 1]
    distance = np.hypot(xx - point[0], yy - point[1])
    score = np.minimum(depth[y0 : y1 + 1, x0 : x1 + 1], min(0.8 * radius, enough)) - 0.55 * distance
    score[distance > reach] = -np.inf
    row, column = np.unravel_index(int(np.argmax(score)), score.shape)
    return np.array([x0 + column, y0 + row], np.float64)
