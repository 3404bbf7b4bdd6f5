"""The plain baseline for a body: one mesh over the reference, linear blend skinning, told the true pose of every frame.

A regular grid over the whole person, no layers; every vertex follows the bones by the inverse square of its distance
(Magnenat-Thalmann et al., "Joint-dependent local deformations", 1988, with the simplest weights there are). A bone
moves as the similarity that takes its two landmarks in the reference to those in the frame. The background is the
reference as it is, its person included.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from bench.warp import warp
from motioncast.arrays import Bools, Float64, Image, Int32

#: from, to: BlazePose landmarks, two of them mean their middle
BONES = (
    ((23, 24), (11, 12)), ((11, 12), (7, 8)), ((11,), (13,)), ((12,), (14,)), ((13,), (15,)), ((14,), (16,)),
    ((15,), (19,)), ((16,), (20,)), ((23,), (25,)), ((24,), (26,)), ((25,), (27,)), ((26,), (28,)),
)  # fmt: skip
CELLS = 48  #: along the long side of the picture
GROWN = 0.01  #: of the long side: the mesh reaches this far beyond the mask
SHORTEST = 1e-3


@dataclass(frozen=True)
class SkinningBaseline:
    """One reference picture with its person, ready to be posed."""

    picture: Image  #: (H, W, 3)
    vertices_px: Float64  #: (V, 2)
    triangles: Int32  #: (T, 3)
    weights: Float64  #: (V, B) rows sum to 1
    bones_px: Float64  #: (B, 2, 2) ends of every bone in the picture
    used: Bools  #: (len(BONES),) the bones that the picture shows

    @classmethod
    def of(cls, picture: Image, body_px: Float64, visibility: Float64, person: Image) -> "SkinningBaseline":
        """body_px (33, 2 or more), visibility (33,) and the soft mask `person` (H, W) of who is in `picture`."""
        seen = np.array([visibility[[*start, *end]].min() >= 0.5 for start, end in BONES])
        bones = bone_ends(body_px)[seen]
        vertices, triangles = _grid(person)
        inverse = 1.0 / np.maximum(_distances(vertices, bones), 1.0) ** 2
        return cls(picture, vertices, triangles, inverse / inverse.sum(axis=1, keepdims=True), bones, seen)

    def at(self, body_px: Float64) -> Image:
        """The picture with its person moved to the pose `body_px` (33, 2 or more)."""
        posed = np.zeros_like(self.vertices_px)
        for bone, (own, there) in enumerate(zip(self.bones_px, bone_ends(body_px)[self.used], strict=True)):
            posed += self.weights[:, bone, None] * _carried(self.vertices_px, own, there)
        return warp(self.picture, self.vertices_px, posed, self.triangles, self.picture)


def bone_ends(body_px: Float64) -> Float64:
    """(B, 2, 2) start and end of all `BONES` of a body (33, 2 or more)."""
    return np.array([[body_px[list(points), :2].mean(axis=0) for points in bone] for bone in BONES])


def _carried(points: Float64, own: Float64, there: Float64) -> Float64:
    """Points (K, 2) moved by the similarity that takes the segment `own` (2, 2) to `there`."""
    a, b = (complex(*(ends[1] - ends[0])) for ends in (own, there))
    turn = b / a if abs(a) > SHORTEST else 1.0 + 0.0j
    local = (points - own[0]) @ np.array([1.0, 1.0j]) * turn
    moved: Float64 = np.column_stack([local.real, local.imag]) + there[0]
    return moved


def _distances(points: Float64, segments: Float64) -> Float64:
    """(K, B) from points (K, 2) to segments (B, 2, 2)."""
    start, along = segments[:, 0], segments[:, 1] - segments[:, 0]
    offset = points[:, None] - start
    share = np.clip((offset * along).sum(2) / np.maximum((along**2).sum(1), SHORTEST), 0.0, 1.0)
    apart: Float64 = np.linalg.norm(offset - share[..., None] * along, axis=2).astype(np.float64)
    return apart


def _grid(person: Image) -> tuple[Float64, Int32]:
    """Vertices (V, 2) and triangles (T, 3) of a grid over the person and a little around."""
    height, width = person.shape
    step = max(height, width) / CELLS
    reach = 2 * round(GROWN * max(height, width)) + 1
    mask = cv2.dilate((person >= 128).astype(np.uint8), np.ones((reach, reach), np.uint8))
    x, y = np.arange(0, width - 1 + step, step), np.arange(0, height - 1 + step, step)
    vertices = np.stack(np.meshgrid(np.minimum(x, width - 1), np.minimum(y, height - 1)), axis=-1).reshape(-1, 2)
    corner = (np.arange(len(y) - 1)[:, None] * len(x) + np.arange(len(x) - 1)).ravel()
    cells = np.stack([corner, corner + 1, corner + len(x), corner + len(x) + 1], axis=1)
    low, high = np.floor(vertices[cells[:, 0]]).astype(int), np.ceil(vertices[cells[:, 3]]).astype(int) + 1
    holds = [bool(mask[y0:y1, x0:x1].any()) for (x0, y0), (x1, y1) in zip(low, high, strict=True)]
    cells = cells[np.array(holds, bool)]
    triangles = np.vstack([cells[:, [0, 1, 2]], cells[:, [1, 3, 2]]]).astype(np.int32)
    return vertices.astype(np.float64), triangles
