"""Plane vectors: length, angle, rotation. Angles are in radians from +x towards +y (clockwise on screen)."""

import numpy as np

from motioncast.arrays import Float64, Floats


def length(vectors: Floats) -> Float64:
    """Norms (...,) of vectors (..., D)."""
    return np.asarray(np.linalg.norm(vectors, axis=-1), np.float64)


def distance(a: Floats, b: Floats) -> float:
    """Distance of two points (D,)."""
    return float(np.linalg.norm(np.asarray(b, np.float64) - a))


def angle(vectors: Floats) -> Float64:
    """Angles (...,) of vectors (..., 2)."""
    return np.asarray(np.arctan2(vectors[..., 1], vectors[..., 0]), np.float64)


def turn(before: Floats, after: Floats) -> float:
    """The angle from one vector (2,) to another, within -pi..pi."""
    return wrap(float(angle(after) - angle(before)))


def wrap(radians: float) -> float:
    """The same angle within -pi..pi."""
    return (radians + np.pi) % (2 * np.pi) - np.pi


def wrap_all(radians: Float64) -> Float64:
    """The same angles (...,) within -pi..pi."""
    return np.asarray((radians + np.pi) % (2 * np.pi) - np.pi, np.float64)


def rotate(vectors: Floats, radians: Float64) -> Float64:
    """Vectors (N, 2) turned by angles (N,)."""
    c, s = np.cos(radians), np.sin(radians)
    return np.stack([c * vectors[:, 0] - s * vectors[:, 1], s * vectors[:, 0] + c * vectors[:, 1]], axis=1)


def unit(vectors: Floats) -> Float64:
    """Vectors (..., 2) scaled to length 1; zero stays zero."""
    return np.asarray(vectors / np.maximum(length(vectors), 1e-6)[..., None], np.float64)
