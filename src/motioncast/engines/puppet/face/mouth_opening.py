"""The gap between the posed lips."""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Float64, Floats
from motioncast.engines.puppet.face.geometry import ramp
from motioncast.engines.puppet.face.topology import INNER_LOWER, INNER_UPPER

_LARGE_PX = (50.0, 62.0)  #: mouth width on the canvas


@dataclass(frozen=True)
class MouthOpening:
    """The gap between the posed lips, on the canvas."""

    upper: Float64  #: (11, 2)
    lower: Float64  #: (11, 2)
    width: float  #: outer mouth width, canvas px
    gap: float  #: mean lip distance over `width`

    @property
    def large(self) -> float:
        """0 for a mouth so small that it must be read from afar, by its contrast; 1 for one that is seen anyway."""
        return ramp(*_LARGE_PX, self.width)


def measure_opening(vertices_px: Floats) -> MouthOpening:
    """The gap of a posed face (468, 2 or more), canvas px."""
    points = np.asarray(vertices_px, np.float64)[:, :2]
    upper, lower = points[INNER_UPPER], points[INNER_LOWER]
    width = float(np.linalg.norm(points[61] - points[291]))
    gap = float(np.linalg.norm(upper[3:8] - lower[3:8], axis=1).mean())
    return MouthOpening(upper, lower, width, gap / max(width, 1e-3))
