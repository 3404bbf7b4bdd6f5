"""Distances to bones on the pixel grid."""

import numpy as np

from motioncast.arrays import Float64, Floats


def segment_distance(xx: Floats, yy: Floats, start: Floats, end: Floats) -> tuple[Float64, Float64]:
    """Distance of every grid point to the segment start-end, and its unclipped position 0..1 along it.

    `xx`, `yy` have any common shape; `start`, `end` are (2,) in the same pixels.
    """
    along = np.asarray(end - start, np.float64)
    t = ((xx - start[0]) * along[0] + (yy - start[1]) * along[1]) / max(float(along @ along), 1e-9)
    clipped = np.clip(t, 0, 1)
    distance = np.hypot(xx - start[0] - clipped * along[0], yy - start[1] - clipped * along[1])
    return distance, t
