"""Trunk and head of a character as one layer: texture, mesh and face, in a frame that holds the whole texture.

The layer may reach beyond the picture's left and top edge, where it was continued so that a moving character shows no
hard edge. Its own frame, the sheet, is the reference image shifted by `offset_px` so that no coordinate is negative.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from motioncast.arrays import Float64, Image
from motioncast.engines.puppet.body.layers import Layer
from motioncast.engines.puppet.face.character_face import CharacterFace, prepare_face
from motioncast.engines.puppet.face.far_side import complete_far_side
from motioncast.engines.puppet.head import HeadMesh, TorsoMap, build_head_mesh
from motioncast.engines.puppet.texture import Texture
from motioncast.perception.landmarks import StillLandmarks


@dataclass(frozen=True)
class Trunk:
    """The torso-and-head layer, ready to be posed. All px are sheet px."""

    offset_px: Float64  #: (2,) sheet px = reference px + offset
    texture: Texture
    mesh: HeadMesh
    face: CharacterFace | None

    def place(self, torso: TorsoMap) -> "SheetTorso":
        """A torso map of reference px as one of sheet px."""
        return SheetTorso(torso, self.offset_px)


@dataclass(frozen=True)
class SheetTorso:
    """A torso map seen from the sheet."""

    torso: TorsoMap
    offset_px: Float64

    @property
    def head(self) -> Float64:
        """(2, 3) affine, sheet px to canvas px."""
        affine = self.torso.head.copy()
        affine[:, 2] -= affine[:, :2] @ self.offset_px
        return affine

    def __call__(self, rest_px: Float64) -> Float64:
        """Canvas px (K, 2) of points (K, 2) in sheet px."""
        return self.torso(rest_px - self.offset_px)


def build_trunk(layer: Layer, image: Image, landmarks: StillLandmarks, sockets_px: Float64 | None = None) -> Trunk:
    """Make the trunk from its layer, the reference image (H, W, 3) with its final colours, and its landmarks.

    sockets_px (2, 2): the shoulders in reference px, if arms hang there as layers of their own.
    """
    left, top = max(-layer.origin_px[0], 0), max(-layer.origin_px[1], 0)
    height, width = image.shape[:2]
    x, y = layer.origin_px[0] + left, layer.origin_px[1] + top
    right = max(x + layer.rgba.shape[1], left + width) - left - width
    below = max(y + layer.rgba.shape[0], top + height) - top - height
    rgba = np.zeros((top + height + below, left + width + right, 4), np.uint8)
    rgba[y : y + layer.rgba.shape[0], x : x + layer.rgba.shape[1]] = layer.rgba
    sheet = cv2.copyMakeBorder(image, top, below, left, right, cv2.BORDER_REPLICATE).astype(np.uint8, copy=False)
    shift = np.array([[1.0, 0.0, left], [0.0, 1.0, top]])
    still = landmarks.on_canvas(shift, (rgba.shape[1], rgba.shape[0]))
    face = prepare_face(sheet, still)
    if face is not None:
        yaw = float(face.angles_deg[0])
        face = replace(face, far_side=complete_far_side(rgba, face.landmarks_px, face.texture_px, yaw))
    offset = np.array([left, top], np.float64)
    mesh = build_head_mesh(rgba[..., 3], face, still, None if sockets_px is None else sockets_px + offset)
    if face is not None and face.far_side is not None:
        rgba = face.far_side.beside(rgba)
    return Trunk(offset, Texture.of(rgba), mesh, face)
