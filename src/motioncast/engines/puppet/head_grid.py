"""Points and triangles of the torso-and-head layer around the face."""

import cv2
import numpy as np
from scipy.spatial import Delaunay

from motioncast.arrays import Bools, Float32, Float64, Image, Int32

RINGS = (1.07, 1.16)  #: exact copies of the face oval around it, for a smooth transition


def grid_points(alpha: Image, step: float) -> Float64:
    """Regular points (K, 2) over the layer, a cell beyond its edge."""
    height, width = alpha.shape
    columns, rows = max(2, int(np.ceil(width / step)) + 1), max(2, int(np.ceil(height / step)) + 1)
    x, y = np.meshgrid(np.linspace(0, width - 1, columns), np.linspace(0, height - 1, rows))
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    return points[near_layer(points, alpha, 1.6 * step)]


def near_layer(points: Float64, alpha: Image, reach: float) -> Bools:
    """Which points lie within `reach` pixels of the layer."""
    away = cv2.distanceTransform((alpha < 3).astype(np.uint8), cv2.DIST_L2, 3)
    x = np.clip(np.round(points[:, 0]).astype(int), 0, alpha.shape[1] - 1)
    y = np.clip(np.round(points[:, 1]).astype(int), 0, alpha.shape[0] - 1)
    near: Bools = away[y, x] <= reach
    return near


def points_around(grid: Float64, oval: Float64, hull: Float32, clearance: float, alpha: Image) -> Float64:
    """Grid points clear of the face (its convex `hull`), and rings around it."""
    centre = oval.mean(axis=0)
    rings = np.vstack([centre + (oval - centre) * factor for factor in RINGS])
    height, width = alpha.shape
    margin = (rings > 2).all(axis=1) & (rings < [width - 3, height - 3]).all(axis=1)

    def outwards(points: Float64) -> Float64:
        return np.array([-cv2.pointPolygonTest(hull, (float(x), float(y)), True) for x, y in points])

    rings = rings[margin]
    return np.vstack([rings[outwards(rings) > 1], grid[outwards(grid) > clearance]])


def triangulate(points: Float64, alpha: Image, step: float, oval: Float64 | None = None) -> Int32:
    """Delaunay triangles that touch the layer, without those inside the face oval (the first 36 points)."""
    triangles = Delaunay(points).simplices.astype(np.int32)
    centres = points[triangles].mean(axis=1)
    keep = near_layer(centres, alpha, step)
    if oval is not None:
        outline = oval.astype(np.float32)
        inside = np.array([cv2.pointPolygonTest(outline, (float(x), float(y)), False) > 0 for x, y in centres])
        keep &= ~((triangles < len(oval)).all(axis=1) & inside)
    return triangles[keep]
