"""Whether the output still shows the person of the reference: distances of face embeddings."""

import numpy as np

from motioncast.arrays import Float64

FRAMES = 12  #: embedded of each clip


def cosine_distance(a: Float64, b: Float64) -> Float64:
    """1 - cosine of the angle between `a` (D,) and every row of `b` (K, D)."""
    distance: Float64 = 1.0 - (b @ a) / (np.linalg.norm(a) * np.linalg.norm(b, axis=1))
    return distance


def distance_to_reference(reference: Float64, output: Float64) -> float:
    """Median cosine distance of the embeddings `output` (K, D) to the reference's (1, D); NaN where one is missing."""
    if not len(reference) or not len(output):
        return float("nan")
    return float(np.median(cosine_distance(reference[0], output)))


def own_distance(frames: Float64) -> float:
    """How far apart one person's frames (K, D) are: mean over frames of the median distance to the others."""
    if len(frames) < 2:
        return float("nan")
    rows = [np.median(cosine_distance(row, np.delete(frames, i, axis=0))) for i, row in enumerate(frames)]
    return float(np.mean(rows))
