"""The mesh of the torso-and-head layer: a face of landmarks set into a grid, moved by the torso and the head.

A vertex is posed as (1 - w) * torso + w * head. The head part is a rigid turn in depth about the pivot of the head,
carried by the torso's own motion of that pivot; w is 1 above the chin and fades down the neck, which is the whole neck
and shoulder model.
"""

from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np

from motioncast.arrays import Float32, Float64, Image, Int32
from motioncast.engines.puppet.face.character_face import CharacterFace
from motioncast.engines.puppet.face.far_side import FarSide
from motioncast.engines.puppet.face.geometry import euler_deg
from motioncast.engines.puppet.face.head_motion import HeadFrame, HeadMotion, locate_head
from motioncast.engines.puppet.face.topology import FACE, FILLED_TRIANGLES, OVAL
from motioncast.engines.puppet.head_far_side import Steps, far_side_steps
from motioncast.engines.puppet.head_grid import grid_points, points_around, triangulate
from motioncast.perception.landmarks import StillLandmarks
from motioncast.perception.smoothing import smoothstep

BACK = 0.10  #: face widths that the hair lies behind the ears


class TorsoMap(Protocol):
    """Where the body moves the layer in one frame."""

    @property
    def head(self) -> Float64:
        """(2, 3) affine, reference px to canvas px, that carries the pivot of the head. Its rotation is not used."""

    def __call__(self, rest_px: Float64) -> Float64:
        """Canvas px (K, 2) of points (K, 2) in reference px; always called with `HeadMesh.outer_px`."""


@dataclass(frozen=True)
class StillTorso:
    """A torso that does not move: the picture placed on the canvas."""

    head: Float64  #: (2, 3) affine, reference px to canvas px

    def __call__(self, rest_px: Float64) -> Float64:
        placed: Float64 = rest_px @ self.head[:, :2].T + self.head[:, 2]
        return placed


@dataclass(frozen=True)
class HeadMesh:
    """Mesh of the torso-and-head layer at rest. With a face, its first 468 vertices are the landmarks."""

    rest_px: Float64  #: (V, 2) reference px
    depth: Float64  #: (V,) same unit, smaller is nearer
    texture_px: Float32  #: (V, 2) where each vertex takes its colour from, reference px
    triangles: Int32  #: (T, 3)
    weight: Float64  #: (V,) 0..1 how much a vertex belongs to the head
    frame: HeadFrame | None  #: None: nothing moves as a head
    faces: int  #: 468 with a face, else 0
    _oval: Float64  #: (V - 468, 36) how the outer vertices follow the expression of the oval
    _far_side: Steps | None  #: of a half turned face; its vertices are the last ones

    @property
    def pictured(self) -> int:
        """The first vertices are the picture's own; those from here on complete the far side of the face."""
        return len(self.rest_px) - (0 if self._far_side is None else len(self._far_side.copied))

    @property
    def outer_px(self) -> Float64:
        """The vertices (V - 468, 2) outside the face; all of them without one."""
        return self.rest_px[self.faces :]

    def pose(self, landmarks_px: Float64 | None, motion: HeadMotion, torso: TorsoMap) -> Float32:
        """Vertices (V, 3) float32 on the canvas: x, y and depth.

        landmarks_px (468, 3): the expression from `FaceTransfer.landmarks`; None keeps the face of the picture.
        """
        rest = np.column_stack([self.rest_px, self.depth])
        zoom = _zoom(torso.head)
        outer = np.column_stack([torso(self.outer_px), zoom * self.depth[self.faces :]])
        if self.faces and landmarks_px is not None:
            drift = self._oval @ (landmarks_px[OVAL] - rest[OVAL])
            rest[:FACE] = landmarks_px
            rest[FACE:] += drift
            outer += zoom * drift
        if self.frame is None:
            return outer.astype(np.float32)
        centre = self.frame.centre_px
        pivot = torso.head[:, :2] @ (centre[:2] + motion.shift_px) + torso.head[:, 2]
        head = (rest - centre) @ (zoom * motion.scale * motion.rotation).T + [*pivot, zoom * centre[2]]
        share = self.weight[self.faces :, None]
        head[self.faces :] = outer + share * (head[self.faces :] - outer)
        if self._far_side is not None:
            self._far_side.show(head, float(euler_deg(motion.rotation @ self.frame.rotation)[0]))
        posed: Float32 = head.astype(np.float32)
        return posed

    def affine(self, motion: HeadMotion, torso: TorsoMap) -> Float64:
        """(2, 2) how the head turns and scales reference px onto the canvas."""
        turned: Float64 = _zoom(torso.head) * motion.scale * motion.rotation[:2, :2]
        return turned


def build_head_mesh(
    alpha: Image, character: CharacterFace | None, still: StillLandmarks, sockets_px: Float64 | None = None
) -> HeadMesh:
    """Mesh over the pixels of a layer. alpha (H, W) uint8 in reference px; it may extend below the picture.

    sockets_px (2, 2): the shoulders, if arms of their own hang there; the head does not move them.
    """
    frame = locate_head(character, still)
    width = frame.width_px if frame else max(alpha.shape) / 8
    step = float(np.clip(width / 7, 6.0, max(max(alpha.shape) / 24, 6.0)))
    grid = grid_points(alpha, step)
    if character is None:
        return _faceless_mesh(alpha, grid, step, frame, sockets_px)
    assert frame is not None
    landmarks = character.landmarks_px[:FACE]
    oval = landmarks[OVAL, :2]
    hull = np.asarray(cv2.convexHull(landmarks[:, :2].astype(np.float32)), np.float32)
    outer = points_around(grid, oval, hull, 0.15 * width, alpha)
    seam = np.vstack([oval, outer])
    triangles = triangulate(seam, alpha, step, oval)
    ids = np.r_[OVAL, FACE + np.arange(len(outer))].astype(np.int32)
    distance, nearest = _oval_falloff(outer, oval, width)
    depth = _outer_depth(outer, landmarks[OVAL], distance, width)
    rest = np.vstack([landmarks[:, :2], outer])
    mesh = HeadMesh(
        rest_px=rest,
        depth=np.r_[landmarks[:, 2], depth],
        texture_px=np.vstack([character.texture_px, outer]).astype(np.float32),
        triangles=np.ascontiguousarray(np.vstack([ids[triangles], FILLED_TRIANGLES]), np.int32),
        weight=np.r_[np.ones(FACE), _outer_weight(outer, alpha, frame, sockets_px)],
        frame=frame,
        faces=FACE,
        _oval=nearest,
        _far_side=None,
    )
    return mesh if character.far_side is None else _with_far_side(mesh, character.far_side, frame.yaw_deg)


def _with_far_side(mesh: HeadMesh, far: FarSide, yaw_deg: float) -> HeadMesh:
    """The same mesh, which shows the completed far side of its face as it turns towards the camera."""
    steps = far_side_steps(mesh.triangles, mesh.texture_px.astype(np.float64), far, yaw_deg)
    copied = steps.copied
    outside = np.maximum(copied - FACE, 0)
    return replace(
        mesh,
        rest_px=np.vstack([mesh.rest_px, mesh.rest_px[copied]]),
        depth=np.r_[mesh.depth, mesh.depth[copied]],
        texture_px=np.vstack([mesh.texture_px, steps.texture_px]).astype(np.float32),
        triangles=steps.triangles,
        # what hangs loosely hangs so in all steps
        weight=np.r_[mesh.weight, np.where(copied < FACE, 0.0, mesh.weight[copied])],
        _oval=np.vstack([mesh._oval, mesh._oval[outside]]),
        _far_side=steps,
    )


def head_weight(points_px: Float64, frame: HeadFrame) -> Float64:
    """How much points (K, 2) in reference px belong to the head: 1 above the chin, fading downwards and sideways."""
    down = frame.rotation[:2, 1] / max(float(np.linalg.norm(frame.rotation[:2, 1])), 1e-6)
    across = np.array([down[1], -down[0]])
    below = (points_px - frame.chin_px) @ down / frame.height_px
    aside = np.abs((points_px - frame.centre_px[:2]) @ across) / frame.width_px
    # hair and hats may be wide, shoulders must stay
    room = 0.6 * smoothstep(0.0, 0.5, -below)
    sideways = smoothstep(1.0, 1.9, aside + 0.5 * np.clip(below, 0.0, 1.0) - room)
    weight: Float64 = (1.0 - smoothstep(-0.02, 0.80, below)) * (1.0 - sideways)
    return weight


def _outer_weight(points_px: Float64, alpha: Image, frame: HeadFrame, sockets_px: Float64 | None) -> Float64:
    weight = head_weight(points_px, frame) * _anchored(points_px, alpha, frame)
    if sockets_px is None:
        return weight
    neck, across = sockets_px.mean(axis=0), sockets_px[0] - sockets_px[1]
    aside = np.abs((points_px - neck) @ across) / max(float(across @ across), 1e-6) * 2
    down = neck - frame.chin_px
    below = (points_px - frame.chin_px) @ down / max(float(down @ down), 1e-6)
    return np.asarray(weight * (1.0 - smoothstep(0.25, 0.85, aside) * smoothstep(0.1, 0.8, below)))


def _anchored(points_px: Float64, alpha: Image, frame: HeadFrame) -> Float64:
    """0 on the lower border of a layer that the picture cuts off, so that the cut never rises into view."""
    if not (alpha[-1] > 127).any():
        return np.ones(len(points_px))
    bottom = alpha.shape[0] - 1.0
    reach = float(np.clip(bottom - frame.chin_px[1], 0.1 * frame.height_px, 0.6 * frame.height_px))
    return smoothstep(0.0, reach, bottom - points_px[:, 1])


def _zoom(affine: Float64) -> float:
    return float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))


def _oval_falloff(outer: Float64, oval: Float64, width: float) -> tuple[Float64, Float64]:
    """Distance (K,) to the oval, and weights (K, 36) with which its expression fades into the outer vertices."""
    distance = np.linalg.norm(outer[:, None] - oval[None], axis=2)
    nearest = distance.min(axis=1)
    bump = np.exp(-0.5 * ((distance - nearest[:, None]) * (distance + nearest[:, None])) / (0.16 * width) ** 2)
    return nearest, bump / bump.sum(axis=1, keepdims=True) * np.exp(-((nearest / (0.30 * width)) ** 2))[:, None]


def _outer_depth(outer: Float64, oval: Float64, distance: Float64, width: float) -> Float64:
    """Depth continues from the oval (36, 3) and runs out to a plane a little behind the ears."""
    apart = np.linalg.norm(outer[:, None] - oval[None, :, :2], axis=2)
    near = 1.0 / (apart + 0.02 * width) ** 2
    start = near @ oval[:, 2] / near.sum(axis=1)
    back = float(np.percentile(oval[:, 2], 75)) + BACK * width
    depth: Float64 = start + (back - start) * smoothstep(0.0, 0.35 * width, distance)
    return depth


def _faceless_mesh(
    alpha: Image, grid: Float64, step: float, frame: HeadFrame | None, sockets_px: Float64 | None
) -> HeadMesh:
    """A plain grid; the head is an ellipsoid in depth."""
    depth, weight = np.zeros(len(grid)), np.zeros(len(grid))
    if frame is not None:
        local = (grid - frame.centre_px[:2]) @ frame.rotation[:2, :2] / [0.62 * frame.width_px, 0.75 * frame.height_px]
        depth = -0.45 * frame.width_px * np.sqrt(np.maximum(1.0 - (local**2).sum(axis=1), 0.0))
        weight = _outer_weight(grid, alpha, frame, sockets_px)
    return HeadMesh(
        rest_px=grid,
        depth=depth,
        texture_px=grid.astype(np.float32),
        triangles=triangulate(grid, alpha, step),
        weight=weight,
        frame=frame,
        faces=0,
        _oval=np.zeros((len(grid), len(OVAL))),
        _far_side=None,
    )
