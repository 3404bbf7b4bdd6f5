"""Pivot angle-blend skinning: how the vertices of a limb follow its bones.

A limb is a chain parent -> bone 1 -> bone 2 -> bone 3 with joints P0..P3 in the reference image and Q0..Q3 in a frame.
Every vertex has a chain coordinate c: c = i means it is rigid with bone i (0 = the parent), a fraction that it lies
in the joint between two bones. Blending the ANGLE about the shared joint, instead of positions, keeps the joint from
collapsing even when an elbow is folded, and the joint is exact under both bones, so that no seam opens.
"""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Float64, Floats, Int32
from motioncast.engines.puppet.body.geometry import segment_distance
from motioncast.engines.puppet.body.planar import angle, distance, unit, wrap
from motioncast.perception.smoothing import smoothstep

_MAX_STRETCH = 1.9  #: a bone is drawn at most this much longer than in the reference image


@dataclass(frozen=True)
class Frame2D:
    """A rotation (radians) of a parent part and its 2 x 2 stretch, which acts before the rotation."""

    angle: float
    stretch: Float64


@dataclass(frozen=True)
class LimbSkin:
    """A limb's vertices bound to its chain."""

    rest_px: Float64  #: (V, 2)
    joints_px: Float64  #: (4, 2)
    bone_axes: Float64  #: (3, 2) unit vectors
    bone: Int32  #: (V,) index i of the joint the vertex hangs on
    blend: Float64  #: (V,) share of bone i + 1 against bone i
    order: Float64  #: (V,) chain coordinate, for drawing from the root outwards

    def pose(self, joints_px: Float64, angles: Float64, parent: Frame2D, thickness: float) -> Float64:
        """Vertices (V, 2) for target joints (4, 2) and bone rotations (3,) relative to the reference image.

        x = Q_i + Rot(lerp(th_i, th_i+1, f)) lerp(A_i, A_i+1, f) (p - P_i), with A = kI + (l / L - k) u u^T: a bone
        stretches along its own axis only, `thickness` k scales it across.
        """
        rotation = np.concatenate([[parent.angle], angles])
        stretch = np.empty((4, 2, 2))
        stretch[0] = parent.stretch
        for i, axis in enumerate(self.bone_axes):
            rest = max(distance(self.joints_px[i], self.joints_px[i + 1]), 1e-6)
            along = min(distance(joints_px[i], joints_px[i + 1]) / rest, _MAX_STRETCH * thickness)
            stretch[i + 1] = thickness * np.eye(2) + (along - thickness) * np.outer(axis, axis)
        b, f = self.bone, self.blend
        turn = rotation[b] + f * (rotation[b + 1] - rotation[b])
        matrix = stretch[b] + f[:, None, None] * (stretch[b + 1] - stretch[b])
        offset = np.einsum("vij,vj->vi", matrix, self.rest_px - self.joints_px[b])
        c, s = np.cos(turn), np.sin(turn)
        x = c * offset[:, 0] - s * offset[:, 1] + joints_px[b, 0]
        y = s * offset[:, 0] + c * offset[:, 1] + joints_px[b, 1]
        return np.stack([x, y], axis=1)


def bind_limb(
    rest_px: Float64, joints_px: Float64, parent_axis: Float64, radius: float, zones: tuple[float, float, float]
) -> LimbSkin:
    """Bind vertices (V, 2) to a chain of joints (4, 2).

    The weight of joint i ramps over `zones[i]` limb radii of the difference between the distances to the bones before
    and after it; unlike half planes this stays right when the limb is folded in the reference image.
    """
    bones = [_distance(rest_px, joints_px[i], joints_px[i + 1], beyond=2.5 if i == 2 else 0.0) for i in range(3)]
    parent = _distance(rest_px, joints_px[0] - 3 * radius * parent_axis, joints_px[0])
    before = [parent, bones[0], bones[1]]
    coordinate, weight = np.zeros(len(rest_px)), np.ones(len(rest_px))
    for i, zone in enumerate(zones):
        difference = before[i] - np.min(bones[i:], axis=0)
        weight = np.minimum(weight, smoothstep(-zone * radius, zone * radius, difference))
        coordinate += weight
    bone = np.minimum(np.floor(coordinate).astype(np.int32), 2)
    return LimbSkin(rest_px, joints_px, unit(np.diff(joints_px, axis=0)), bone, coordinate - bone, coordinate)


def bone_rotations(joints_px: Float64, axes: Float64, parent_angle: float) -> Float64:
    """Rotations (3,) of target joints (4, 2) against the axes (3, 2) at rest, each within half a turn of its parent."""
    vectors = np.diff(joints_px, axis=0)
    angles = angle(vectors) - angle(axes)
    for i in range(3):
        parent = angles[i - 1] if i else parent_angle
        angles[i] = parent + wrap(angles[i] - parent)
    return angles


def _distance(points: Float64, start: Floats, end: Floats, beyond: float = 0.0) -> Float64:
    """Distance to a segment that goes on for `beyond` of its length past the end."""
    far = start + (end - start) * (1.0 + beyond)
    return segment_distance(points[:, 0], points[:, 1], start, far)[0]
