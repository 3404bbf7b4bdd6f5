"""Whether the reference image shows the performer in a moment of the very clip."""

from collections.abc import Callable

import numpy as np

from motioncast.arrays import Float32, Image
from motioncast.engines.puppet.anchor import head_unlikeness
from motioncast.engines.puppet.character import Character
from motioncast.engines.puppet.face.atlas import INSIDE, luma_atlas
from motioncast.engines.puppet.face.performance import FacePerformance
from motioncast.engines.puppet.face.transfer import expression_distance
from motioncast.perception.landmarks import PerformanceTrack

_NOISE = 0.04  #: of the measures of likeness, from one frame of the very same picture to another
_SAME_MOMENT = 0.02  #: face widths; other expressions are farther, but small faces of other people need not be
_SAME_PICTURE = 0.8  #: correlation of the faces' luma: of one moment at any size and quality .89 to 1, of others to .7


def recognise(
    character: Character,
    track: PerformanceTrack,
    performance: FacePerformance | None,
    frame_at: Callable[[int], Image],
) -> FacePerformance | None:
    """The performance relative to the moment that the picture shows, if it shows one; else as it was.

    frame_at: the RGB driving frame of an index, in the pixels of `track`; it is asked for one at most.
    """
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
    moment = int(alike[len(alike) // 2])
    seen = luma_atlas(frame_at(moment), performance.landmarks_px(moment))
    if _correlation(luma_atlas(own.image, own.landmarks_px), seen) < _SAME_PICTURE:
        return performance
    return performance.rested_at(np.array([moment], np.int32))


def _correlation(a: Float32, b: Float32) -> float:
    """Of two faces (S, S) in the atlas; 0 if one is of one brightness."""
    a, b = a[INSIDE] - a[INSIDE].mean(), b[INSIDE] - b[INSIDE].mean()
    return float((a * b).sum() / max(float(np.sqrt((a * a).sum() * (b * b).sum())), 1e-6))
