"""The strongest simple baseline for a face: the reference bent to the exact landmarks of the frame it is to become.

A Delaunay triangulation of the reference's 468 face landmarks and of points on the picture's border, each triangle
moved affinely. It is told where every landmark of the true frame lies, which the product must find out and transfer;
it has no idea of depth, of what opens inside a mouth, or of what a turning head uncovers.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import Delaunay

from bench.warp import warp
from motioncast.arrays import Float64, Image, Int32

FACE = 468
BORDER_POINTS = 8  #: on each side of the picture; they stay where they are


@dataclass(frozen=True)
class DelaunayBaseline:
    """One reference picture, ready to be bent."""

    picture: Image  #: (H, W, 3)
    points_px: Float64  #: (468 + border, 2)
    triangles: Int32  #: (T, 3)

    @classmethod
    def of(cls, picture: Image, landmarks_px: Float64) -> "DelaunayBaseline":
        """landmarks_px (468 or more, 2 or more): the face in `picture`."""
        points = np.vstack([landmarks_px[:FACE, :2], border_points(picture.shape[1], picture.shape[0])])
        return cls(picture, points, Delaunay(points).simplices.astype(np.int32))

    def at(self, landmarks_px: Float64) -> Image:
        """The picture with its face landmarks moved to `landmarks_px` (468 or more, 2 or more)."""
        target = np.vstack([landmarks_px[:FACE, :2], self.points_px[FACE:]])
        return warp(self.picture, self.points_px, target, self.triangles, self.picture)


def border_points(width: int, height: int) -> Float64:
    """(4 * BORDER_POINTS, 2) points around a picture, corners included."""
    share = np.linspace(0.0, 1.0, BORDER_POINTS + 1)[:-1]
    right, down = share * (width - 1), share * (height - 1)
    sides = (
        (right, np.zeros_like(right)),
        (np.full_like(down, width - 1), down),
        (width - 1 - right, np.full_like(right, height - 1)),
        (np.zeros_like(down), height - 1 - down),
    )
    points: Float64 = np.vstack([np.column_stack(side) for side in sides]).astype(np.float64)
    return points
