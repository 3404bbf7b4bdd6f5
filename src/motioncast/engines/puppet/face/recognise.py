"""Whether the reference image shows the performer in a moment of the very clip."""

import numpy as np

from motioncast.engines.puppet.face.character_face import CharacterFace
from motioncast.engines.puppet.face.performance import FacePerformance
from motioncast.engines.puppet.face.transfer import expression_distance

_SAME_MOMENT = 0.02  #: face widths; other people and other expressions are farther


def recognise(character: CharacterFace | None, performance: FacePerformance | None) -> FacePerformance | None:
    """The performance relative to the moment that the picture shows, if it shows one; else as it was."""
    if character is None or performance is None:
        return performance
    distance = np.where(performance.valid, expression_distance(character, performance), np.inf)
    closest = int(np.argmin(distance))
    if distance[closest] > _SAME_MOMENT:
        return performance
    return performance.rested_at(np.array([closest], np.int32))
