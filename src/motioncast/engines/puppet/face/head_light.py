"""Light on a head that turns: the light stays where it is, so the turned face is shaded anew.

Skin of one colour under any distant light has a luma close to a + b . n, n being its normal: first-order spherical
harmonics (Basri, Jacobs, "Lambertian reflectance and linear subspaces", PAMI 2003). a and b are fitted to the face in
the picture; a turn changes n, and what that changes is multiplied onto the skin.
"""

import cv2
import numpy as np

from motioncast.arrays import Float32, Float64
from motioncast.engines.puppet.face.atlas import INSIDE, OWNER, SIDE, WEIGHTS, luma_atlas
from motioncast.engines.puppet.face.character_face import CharacterFace
from motioncast.engines.puppet.face.geometry import vertex_normals
from motioncast.engines.puppet.face.topology import FACE, TRIANGLES
from motioncast.perception.smoothing import soft_limit

LIMIT = 0.35  #: of the logarithm of the change
_COARSE = 4  #: light on a face is smooth: it is computed at a quarter of the atlas
_ROUNDED = 6.0  #: texels over which normals are averaged, as the mesh knows of no pores and the fit not of wrinkles
_STIFFNESS = 0.02  #: of b, against taking a beard or rouge for light
_DARKEST = 0.3  #: of the mean; what is darker lies in a shadow that others cast
_FITS = 8


class HeadLight:
    """The light on the face of one picture. Immutable once made."""

    def __init__(self, character: CharacterFace, skin: Float32) -> None:
        """skin (S, S) 0..1: the texels of the atlas that are plain skin."""
        landmarks = character.landmarks_px[:FACE]
        normals = _normal_atlas(landmarks)
        luma = luma_atlas(character.image, landmarks)
        plain = skin > 0.5
        self._ambient, self._direction = _fit(normals[plain], luma[plain])
        self._normals = normals[_COARSE // 2 :: _COARSE, _COARSE // 2 :: _COARSE].astype(np.float32)
        self._at_rest = self._lit(np.eye(3))
        rim = cv2.erode(INSIDE.astype(np.uint8), np.ones((9, 9), np.uint8))
        self._fade = np.asarray(cv2.GaussianBlur(rim.astype(np.float32), (0, 0), 4) * INSIDE, np.float32)

    def log_gain(self, rotation: Float64) -> Float32:
        """Log of the change of light (S, S) in the atlas when the head is turned by `rotation` (3, 3), image axes."""
        change = soft_limit(np.log(self._lit(rotation) / self._at_rest), LIMIT).astype(np.float32)
        large = cv2.resize(change, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        return np.asarray(large * self._fade, np.float32)

    def _lit(self, rotation: Float64) -> Float32:
        direction = (rotation.T @ self._direction).astype(np.float32)
        lit: Float32 = np.maximum(np.float32(self._ambient) + self._normals @ direction, np.float32(_DARKEST))
        return lit


def _normal_atlas(landmarks_px: Float64) -> Float64:
    """Unit normals (S, S, 3) of the face, image axes, averaged over their surroundings; 0 outside."""
    normals = vertex_normals(landmarks_px, TRIANGLES)
    texels = (normals[TRIANGLES[OWNER]] * WEIGHTS[..., None]).sum(axis=2) * INSIDE[..., None]
    rounded = cv2.GaussianBlur(texels, (0, 0), _ROUNDED)
    return np.asarray(rounded / np.maximum(np.linalg.norm(rounded, axis=2, keepdims=True), 1e-6), np.float64)


def _fit(normals: Float64, luma: Float32) -> tuple[float, Float64]:
    """a and b (3,), over the median luma, of texels (K, 3) and (K,): robust ridge regression, Cauchy weights."""
    rows = np.column_stack([np.ones(len(normals)), normals])
    wanted = luma / max(float(np.median(luma)), 1.0)
    stiffness = np.diag([0.0, 1.0, 1.0, 1.0]) * _STIFFNESS * len(rows)
    weight = np.ones(len(rows))
    for _ in range(_FITS):
        factors = np.linalg.solve(rows.T @ (rows * weight[:, None]) + stiffness, rows.T @ (wanted * weight))
        residual = wanted - rows @ factors
        spread = 1.48 * float(np.median(np.abs(residual))) + 1e-3
        weight = 1.0 / (1.0 + (residual / (2.0 * spread)) ** 2)
    return float(factors[0]), np.asarray(factors[1:], np.float64)
