"""Where to point a segmenter: points that surely lie on the performer, in a few key frames of a stretch of video."""

from collections.abc import Sequence

import numpy as np

from motioncast.arrays import Float32
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.perception.skeleton import Body

KEY_FRAMES = 4  #: a stretch, as the official preprocessing has
_SEEN = 0.5
_LEAST_POINTS = 2
_SHOULDERS = (Body.LEFT_SHOULDER, Body.RIGHT_SHOULDER)
#: With the middle of the shoulders eight points; hands and feet are left out, they are thin and move fastest
_POINTS = (Body.NOSE, *_SHOULDERS, Body.LEFT_HIP, Body.RIGHT_HIP, Body.LEFT_KNEE, Body.RIGHT_KNEE)


def body_prompts(track: PerformanceTrack, index: int) -> Float32:
    """(P, 2) px, P <= 8, visible landmarks of the performer on the canvas; P = 0 where there are too few to trust."""
    none = np.zeros((0, 2), np.float32)
    if not track.body_valid[index]:
        return none
    body, seen = track.body_px[index, :, :2], track.body_visibility[index] > _SEEN
    points = [body[point] for point in _POINTS if seen[point]]
    if seen[list(_SHOULDERS)].all():
        points.append(body[list(_SHOULDERS)].mean(axis=0))
    edge = np.array([track.width - 1, track.height - 1])
    inside = [point for point in points if (point >= 0).all() and (point <= edge).all()]
    return np.array(inside, np.float32) if len(inside) >= _LEAST_POINTS else none


def key_frames(track: PerformanceTrack, indices: Sequence[int]) -> dict[int, Float32]:
    """At most `KEY_FRAMES` of the frames `indices`, evenly spread over those with prompts, and their `body_prompts`."""
    usable = {index: points for index in indices if len(points := body_prompts(track, index))}
    order = list(usable)
    places = np.unique(np.linspace(0, len(order) - 1, KEY_FRAMES).round().astype(int)) if order else ()
    return {order[place]: usable[order[place]] for place in places}
