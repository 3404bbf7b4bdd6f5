"""Whether the reference image shows the performer in a moment of the very clip."""

import numpy as np

from motioncast.engines.puppet.anchor import head_unlikeness
from motioncast.engines.puppet.character import Character
from motioncast.engines.puppet.face.performance import FacePerformance
from motioncast.engines.puppet.face.transfer import expression_distance
from motioncast.perception.landmarks import PerformanceTrack

_NOISE = 0.04  #: of the measures of likeness, from one frame of the very same picture to another
_SAME_MOMENT = 0.02  #: face widths; other people and other expressions are farther


def recognise(
    character: Character, track: PerformanceTrack, performance: FacePerformance | None
) -> FacePerformance | None:
    """The performance relative to the moment that the picture shows, if it shows one; else as it was."""
    own = character.trunk.face
    if own is None or performance is None:
        return performance
    distance = expression_distance(own, performance) / _SAME_MOMENT
    same = (distance <= 1.0) & performance.valid
    if not same.any():
        return performance
    # many moments look alike; the one at the same place is meant
    unlike = distance + np.minimum(head_unlikeness(character, track, performance), 3.0)
    unlike[~same] = np.inf
    # of frames that differ by tracker noise alone, the middle one: the tracker needs a while to settle
    alike = np.flatnonzero(unlike <= unlike.min() + _NOISE)
    return performance.rested_at(np.array([alike[len(alike) // 2]], np.int32))
