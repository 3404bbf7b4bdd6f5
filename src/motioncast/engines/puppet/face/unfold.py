"""Repair of folds: where a displacement turns triangles over, it is smoothed until they lie flat again."""

import cv2
import numba as nb
import numpy as np

from motioncast.arrays import Bools, Float64, Int32
from motioncast.engines.puppet.face.geometry import signed_areas
from motioncast.engines.puppet.face.topology import (
    CANONICAL,
    EYES,
    FACE,
    NEIGHBOUR_STARTS,
    NEIGHBOURS,
    OUTER_LOWER,
    OUTER_UPPER,
    TRIANGLES,
    contour,
)


def _pinned() -> Bools:
    """Lips and lids keep exactly what was asked of them: smoothing them would halve a mouth opening."""
    outline = (CANONICAL[contour(OUTER_UPPER, OUTER_LOWER), :2] * 1000).astype(np.float32)
    points = CANONICAL[:FACE, :2] * 1000
    pinned = np.array([cv2.pointPolygonTest(outline, (float(x), float(y)), True) > -12 for x, y in points])
    for eye in EYES:
        pinned[np.r_[eye.upper, eye.lower]] = True
    return pinned


PINNED = _pinned()


def unfold(rest: Float64, displacement: Float64, passes: int = 10) -> Float64:
    """Displacements (468, 3) without folds, for vertices that rest at `rest` (468, 3). Lips and lids are not touched.

    Up to `passes` times, every free vertex of a triangle whose signed area fell below 4 % of its own at rest moves
    40 % of the way towards the mean displacement of its neighbours.
    """
    rest_areas = signed_areas(rest, TRIANGLES)
    result = np.ascontiguousarray(displacement, np.float64).copy()
    _relax(
        np.ascontiguousarray(rest, np.float64),
        result,
        rest_areas,
        TRIANGLES,
        PINNED,
        NEIGHBOUR_STARTS,
        NEIGHBOURS,
        passes,
    )
    return result


@nb.njit(nogil=True, cache=True)
def _relax(
    rest: Float64,
    moved: Float64,
    rest_areas: Float64,
    triangles: Int32,
    pinned: Bools,
    starts: Int32,
    neighbours: Int32,
    passes: int,
) -> None:
    marked = np.zeros(len(rest), np.bool_)
    before = np.empty_like(moved)
    tiny = 1e-6 * np.abs(rest_areas).sum()
    for _ in range(passes):
        marked[:] = False
        found = False
        for t in range(len(triangles)):
            area = rest_areas[t]
            if abs(area) < tiny:
                continue
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            ax, ay = rest[a, 0] + moved[a, 0], rest[a, 1] + moved[a, 1]
            bx, by = rest[b, 0] + moved[b, 0] - ax, rest[b, 1] + moved[b, 1] - ay
            cx, cy = rest[c, 0] + moved[c, 0] - ax, rest[c, 1] + moved[c, 1] - ay
            if (bx * cy - by * cx) * np.sign(area) < 0.04 * abs(area):
                marked[a] = marked[b] = marked[c] = True
                found = True
        if not found:
            return
        before[:] = moved
        for v in range(len(rest)):
            if not marked[v] or pinned[v]:
                continue
            count = starts[v + 1] - starts[v]
            for k in range(3):
                total = 0.0
                for j in range(starts[v], starts[v + 1]):
                    total += before[neighbours[j], k]
                moved[v, k] = 0.6 * before[v, k] + 0.4 * total / count
