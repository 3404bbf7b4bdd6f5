"""Whether the arms of a picture are folded. They cover each other then, and what they hide no cut can bring back."""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from motioncast.arrays import Float64
from motioncast.engines.puppet.body.geometry import segment_distance

_ELBOW, _WRIST = 1, 2  #: rows of an arm


def are_folded(arms: Mapping[Literal["left", "right"], Float64], neck_x: float, radius: float) -> bool:
    """Whether each hand touches the other forearm or hand in front of the body.

    arms: (4, 2) px shoulder, elbow, wrist and knuckles of both. radius: of a limb, px.
    """
    both = list(arms.values())
    return all(_touches(mine, other, neck_x, radius) for mine, other in (both, both[::-1]))


def _touches(mine: Float64, other: Float64, neck_x: float, radius: float) -> bool:
    if abs(mine[_WRIST, 0] - neck_x) >= abs(mine[_ELBOW, 0] - neck_x):
        return False
    gaps = [
        segment_distance(np.array(point[0]), np.array(point[1]), other[row], other[row + 1])[0]
        for point in mine[_WRIST:]
        for row in (_ELBOW, _WRIST)
    ]
    return float(np.min(gaps)) < radius
