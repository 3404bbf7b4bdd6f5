"""How much of the drawn face mesh is turned inside out.

A triangle is flipped when it is drawn the other way round than it lies in the picture. Of a turned head some are: its
far side turns away, behind what is nearer, and the depth test hides it. So each triangle is compared with the face of
the picture turned and moved as one rigid body to where the head is drawn; `against_picture` is the same without that
turn, an upper bound.
"""

from typing import Any

import numpy as np

from bench.in_process import Planned, drawn_vertices, spread
from motioncast.arrays import Float64, Floats
from motioncast.engines.puppet.face.geometry import signed_areas, umeyama
from motioncast.engines.puppet.face.topology import FACE, FILLED_TRIANGLES, STABLE

FRAMES = 24
#: triangles of less than this share of the mean area have no side: those between closed lips and lids, and edge-on ones
LEAST_AREA = 0.05


def flipped_share(points_px: Floats, model_px: Floats) -> float:
    """Area of the triangles that lie the other way round than in `model_px` over the area of all.

    Both (468 or more, 2 or more).
    """
    areas, model = (signed_areas(points, FILLED_TRIANGLES) for points in (points_px, model_px))
    flipped = (areas * model < 0) & (np.abs(model) > LEAST_AREA * np.abs(model).mean())
    return float(np.abs(areas[flipped]).sum() / np.abs(areas).sum())


def rigidly_moved(points: Float64, there: Float64) -> Float64:
    """Points (468, 3) turned, scaled and moved as one body to where their stable ones lie in `there` (468, 3)."""
    pose = umeyama(there[None, STABLE], points[STABLE])
    moved: Float64 = pose.scale[0] * points @ pose.rotation[0].T + pose.translation[0]
    return moved


def measure_flips(planned: Planned) -> dict[str, Any]:
    """Flipped shares of the face that is drawn in frames at equal distances; empty where no face mesh is drawn."""
    mesh = planned.rendering.figure.character.trunk.mesh
    if mesh.faces != FACE:
        return {}
    picture = np.column_stack([mesh.rest_px, mesh.depth])[:FACE]
    shares: dict[int, float] = {}
    plain: list[float] = []
    for index, vertices in drawn_vertices(planned, spread(len(planned.track), FRAMES)):
        drawn = vertices[:FACE].astype(np.float64)
        shares[index] = flipped_share(drawn, rigidly_moved(picture, drawn))
        plain.append(flipped_share(drawn, picture))
    worst = max(shares, key=lambda i: shares[i])
    return {
        "mean": float(np.mean(list(shares.values()))),
        "worst": shares[worst],
        "worst_frame": worst,
        "against_picture": float(np.mean(plain)),
    }
