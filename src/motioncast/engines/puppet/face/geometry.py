"""Rotations, similarities and soft limits. Axes are x right, y down, z away from the camera throughout."""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Float64, Floats, Int32
from motioncast.perception.smoothing import soft_limit


@dataclass(frozen=True)
class Similarity:
    """X = scale * rotation @ reference + translation, for N sets at once."""

    scale: Float64  #: (N,)
    rotation: Float64  #: (N, 3, 3)
    translation: Float64  #: (N, 3)

    def apply(self, shape: Floats) -> Float64:
        """Place (N, K, 3) or (K, 3) points."""
        turned = np.einsum("nij,...kj->nki" if shape.ndim == 2 else "nij,nkj->nki", self.rotation, shape)
        placed: Float64 = turned * self.scale[:, None, None] + self.translation[:, None]
        return placed

    def undo(self, points: Floats) -> Float64:
        """Bring (N, K, 3) points back to the reference frame."""
        turned: Float64 = np.einsum("nji,nkj->nki", self.rotation, points - self.translation[:, None])
        return turned / self.scale[:, None, None]


def umeyama(points: Floats, reference: Floats) -> Similarity:
    """Least-squares similarity from `reference` (K, 3) to each of `points` (N, K, 3).

    S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 1991.
    """
    points, reference = np.asarray(points, np.float64), np.asarray(reference, np.float64)
    mean_points, mean_reference = points.mean(axis=1), reference.mean(axis=0)
    a, b = points - mean_points[:, None], reference - mean_reference
    u, s, vt = np.linalg.svd(np.einsum("nki,kj->nij", a, b) / len(reference))
    sign = np.ones_like(s)
    sign[:, 2] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * sign[:, None]) @ vt
    scale = np.maximum((s * sign).sum(axis=1) / (b**2).sum(axis=1).mean(), 1e-9)
    translation = mean_points - scale[:, None] * (rotation @ mean_reference)
    return Similarity(scale, rotation, translation)


def nearest_rotation(matrices: Floats) -> Float64:
    """The closest rotations (N, 3, 3) to (N, 3, 3) matrices, by their polar decomposition."""
    u, _, vt = np.linalg.svd(np.asarray(matrices, np.float64))
    sign = np.ones(u.shape[:-1])
    sign[..., 2] = np.sign(np.linalg.det(u @ vt))
    rotations: Float64 = (u * sign[..., None, :]) @ vt
    return rotations


def euler_deg(rotation: Floats) -> Float64:
    """(yaw, pitch, roll) in degrees, (..., 3), of (..., 3, 3) rotations R = Rz(roll) Rx(pitch) Ry(yaw).

    Positive yaw turns the nose to smaller x, positive pitch lowers it, positive roll turns clockwise on the screen.
    """
    r = np.asarray(rotation, np.float64)
    yaw = np.arctan2(-r[..., 2, 0], r[..., 2, 2])
    pitch = np.arcsin(np.clip(r[..., 2, 1], -1.0, 1.0))
    roll = np.arctan2(-r[..., 0, 1], r[..., 1, 1])
    angles: Float64 = np.degrees(np.stack([yaw, pitch, roll], axis=-1))
    return angles


def rotation_from_euler(angles_deg: Floats) -> Float64:
    """The inverse of `euler_deg`: (..., 3) degrees to (..., 3, 3)."""
    yaw, pitch, roll = np.moveaxis(np.radians(np.asarray(angles_deg, np.float64)), -1, 0)
    zero, one = np.zeros_like(yaw), np.ones_like(yaw)

    def matrix(*rows: Float64) -> Float64:
        return np.stack(rows, axis=-1).reshape(*yaw.shape, 3, 3)

    cos, sin = np.cos, np.sin
    ry = matrix(cos(yaw), zero, sin(yaw), zero, one, zero, -sin(yaw), zero, cos(yaw))
    rx = matrix(one, zero, zero, zero, cos(pitch), -sin(pitch), zero, sin(pitch), cos(pitch))
    rz = matrix(cos(roll), -sin(roll), zero, sin(roll), cos(roll), zero, zero, zero, one)
    return rz @ rx @ ry


def limit_length(vectors: Floats, limit: float) -> Float64:
    """Shorten (..., D) vectors so that their length stays softly below `limit`, keeping their direction."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    limited: Float64 = np.asarray(vectors, np.float64) * soft_limit(length, limit) / np.maximum(length, 1e-9)
    return limited


def ramp(low: float, high: float, x: float) -> float:
    """Cubic ramp of one number from 0 at `low` to 1 at `high`, flat outside."""
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


def signed_areas(points: Floats, triangles: Int32) -> Float64:
    """Twice the signed area (T,) of triangles over (K, 2 or more) points, from x and y alone."""
    a, b, c = (np.asarray(points, np.float64)[triangles[:, i], :2] for i in range(3))
    areas: Float64 = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    return areas


def vertex_normals(points: Float64, triangles: Int32) -> Float64:
    """Unit normals (K, 3) of a mesh over (K, 3) points, weighted by area; in the winding of `triangles` (T, 3)."""
    a, b, c = (points[triangles[:, i]] for i in range(3))
    area = np.cross(b - a, c - a)
    normals = np.zeros((len(points), 3))
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], area)
    unit: Float64 = normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9)
    return unit
