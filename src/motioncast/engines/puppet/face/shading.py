"""Expression shading: the performer's furrows and folds as light on the character's skin, which turns in its own light.

Expression ratio image (Liu, Shan, Zhang, "Expressive expression mapping with ratio images", SIGGRAPH 2001): the luma of
the moving face over that of the resting one, taken in the atlas, where both are frontal, and multiplied onto the
character's texture. Only fine detail passes fully; broad changes are mostly light, not expression.
"""

import cv2
import numba as nb
import numpy as np

from motioncast.arrays import Float32, Float64, Floats, Image, Int32
from motioncast.engines.puppet.face.atlas import INSIDE, OWNER, SIDE, TEXEL, atlas_coordinates, luma_atlas
from motioncast.engines.puppet.face.character_face import CharacterFace
from motioncast.engines.puppet.face.driver_look import DriverLook, to_frame_px
from motioncast.engines.puppet.face.head_light import HeadLight
from motioncast.engines.puppet.face.performance import FacePerformance
from motioncast.engines.puppet.face.topology import (
    BROWS,
    EYES,
    OUTER_LOWER,
    OUTER_UPPER,
    OVAL,
    TRIANGLES,
    contour,
)
from motioncast.perception.smoothing import smoothstep

LIMIT, GAIN, BROAD = 0.35, 0.8, 0.15  #: log-ratio bound, strength, and how much of the low frequencies passes
_NOISE = 0.012  #: log-ratio that the grain of a driving video reaches anyway
_EDGE = (0.045, 0.08)  #: slope of the log luma, a texel, from which and to which skin becomes an edge
_NO_FOLD = (0.17, 0.25)  #: log-ratio of detail from which, and to which, it is no fold of skin
_FRINGE = (0.03, 0.055)  #: restlessness from which, and to which, a forehead counts as covered
_BROW_ROW = float(TEXEL[np.concatenate(BROWS), 1].min())
_COARSE = 4  #: low frequencies are computed at a quarter of the atlas
_NOSE_RIDGE = [168, 6, 197, 195, 5, 4, 1, 45, 275, 220, 440, 188, 412]
_NOSTRILS = [98, 97, 2, 326, 327, 294, 278, 4, 48, 64]


class ExpressionShading:
    """Multiplies one performer's expression shading, and the light of a turned head, onto one character's texture."""

    def __init__(self, character: CharacterFace, performance: FacePerformance, look: DriverLook) -> None:
        self._performance, self._look = performance, look
        height, width = character.image.shape[:2]
        self.box, self._texels = atlas_coordinates(character.landmarks_px, (width, height))
        self._mask = _skin_mask()
        self._light = HeadLight(character, self._mask)
        # on the performer's own picture everything is where it belongs, glasses and hair included
        if not performance.pictured:
            self._mask *= plain_skin(look.rest_luma) * bare_forehead(look.restless)

    def shade(self, texture: Image, index: int, frame: Image, rotation: Float64) -> Image:
        """A copy of `texture` (H, W, 4) premultiplied RGBA in reference px with the shading of driver `frame` (RGB).

        rotation (3, 3): how the character's head is turned from its picture, image axes.
        """
        shaded = texture.copy()
        gain = np.exp(GAIN * self.log_ratio(index, frame) + self._light.log_gain(rotation)).astype(np.float32)
        x0, y0, x1, y1 = self.box
        _multiply(shaded[y0:y1, x0:x1], self._texels, gain)
        return shaded

    def log_ratio(self, index: int, frame: Image) -> Float32:
        """Log of the shading change (S, S) in the atlas, 0 where it must not act."""
        performance = self._performance
        points = to_frame_px(performance.landmarks_px(index), self._look.scale)
        luma = luma_atlas(frame, points)
        ratio = np.log((luma + 12.0) / (self._look.rest_luma + 12.0))
        weight = self._mask * _facing(points)
        ratio = np.asarray(LIMIT * np.tanh(ratio / LIMIT) * weight, np.float32)
        coarse_weight, coarse_ratio = _shrink(weight), _shrink(ratio)
        low: Float32 = _broad(coarse_ratio) / (_broad(coarse_weight) + np.float32(1e-3))
        mean = float((low * coarse_weight**2).sum() / (float((coarse_weight**2).sum()) + 1e-6))
        # ratio - low + BROAD * (low - mean), all within the mask
        broad = cv2.resize((1.0 - BROAD) * low + BROAD * mean, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        legible = np.float32(performance.legible[index])
        log = (ratio - broad * weight) * legible
        log -= np.clip(log, -_NOISE, _NOISE)  # what is no deeper than the noise of the video would flicker
        return np.asarray(log if performance.pictured else log * _believable(log), np.float32)


def plain_skin(rest_luma: Float32) -> Float32:
    """(S, S) 0 along the edges of the resting face, 1 elsewhere.

    Frames of glasses, hair and beards lie at other depths than the mesh: they slide over it as the head turns, and the
    ratio would paint them twice.
    """
    log = np.log(rest_luma + np.float32(12.0))
    slope = cv2.magnitude(cv2.Sobel(log, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(log, cv2.CV_32F, 0, 1, scale=0.125))
    inside = cv2.erode(INSIDE.astype(np.uint8), np.ones((9, 9), np.uint8))
    wide = np.asarray(cv2.dilate(slope * inside, np.ones((9, 9), np.uint8)), np.float32)
    return np.asarray(cv2.GaussianBlur(1.0 - smoothstep(*_EDGE, wide), (0, 0), 2.0), np.float32)


def bare_forehead(restless: Float32) -> Float32:
    """(S, S) 0 where a fringe moves over the performer's forehead; furrows come and go, hair never rests."""
    wide = np.asarray(cv2.GaussianBlur(restless, (0, 0), 3.0), np.float32)
    above = 1.0 - smoothstep(_BROW_ROW - 8.0, _BROW_ROW, np.arange(SIDE, dtype=np.float64))[:, None]
    covered: Float64 = above * smoothstep(*_FRINGE, wide)
    return np.asarray(1.0 - covered, np.float32)


def _believable(log_ratio: Float32) -> Float32:
    """(S, S) 0 around changes that no fold of skin makes: a strand of hair, a reflection, a hand."""
    strongest = cv2.dilate(np.abs(log_ratio[::2, ::2]), np.ones((7, 7), np.uint8))
    t = np.clip((strongest - _NO_FOLD[0]) / (_NO_FOLD[1] - _NO_FOLD[0]), 0.0, 1.0)
    soft = cv2.GaussianBlur(1.0 - t * t * (3.0 - 2.0 * t), (0, 0), 1.5)
    return np.asarray(cv2.resize(soft, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.float32)


def _broad(coarse: Float32) -> Float32:
    return np.asarray(cv2.GaussianBlur(coarse, (0, 0), 10 / _COARSE), np.float32)


def _shrink(image: Floats) -> Float32:
    size = (SIDE // _COARSE, SIDE // _COARSE)
    return cv2.resize(image.astype(np.float32), size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def _facing(points_px: Float64) -> Float32:
    """(S, S) 1 where the skin faces the camera, 0 where it is seen at a slant."""
    a, b, c = (points_px[TRIANGLES[:, i], :3] for i in range(3))
    normal = np.cross(b - a, c - a)
    slant = np.abs(normal[:, 2]) / (np.linalg.norm(normal, axis=1) + 1e-9)
    weight = smoothstep(0.45, 0.75, slant).astype(np.float32)
    small = weight[OWNER[::2, ::2]] * INSIDE[::2, ::2]
    blurred = cv2.GaussianBlur(small, (0, 0), 1.5)
    return cv2.resize(blurred, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)


def _skin_mask() -> Float32:
    """(S, S) plain skin: no lids, brows, lips, nose ridge, nostrils, temples or silhouette, where edges would smear."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(mask, [TEXEL[OVAL].astype(np.int32)], 255)
    mask = cv2.erode(mask, np.ones((17, 25), np.uint8)).astype(np.uint8, copy=False)
    for eye in EYES:
        _erase(mask, np.r_[eye.upper_ring, eye.lower_ring, eye.upper[[0, -1]]], 1)
    for brow in BROWS:
        _erase(mask, brow, 9)
    _erase(mask, np.array(_NOSE_RIDGE, np.int32), 5)
    _erase(mask, np.array(_NOSTRILS, np.int32), 5)
    _erase(mask, contour(OUTER_UPPER, OUTER_LOWER), 7)
    soft = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 4)
    return (soft * INSIDE).astype(np.float32)


def _erase(mask: Image, vertices: Int32, grow: int) -> None:
    area = np.zeros_like(mask)
    cv2.fillConvexPoly(area, cv2.convexHull(TEXEL[vertices].astype(np.int32)), 255)
    mask[cv2.dilate(area, np.ones((grow, grow), np.uint8)) > 0] = 0


@nb.njit(nogil=True, cache=True)
def _multiply(texture: Image, texels: Float32, gain: Float32) -> None:
    last = gain.shape[0] - 1.01
    for y in range(texture.shape[0]):
        for x in range(texture.shape[1]):
            u, v = texels[y, x, 0], texels[y, x, 1]
            if u < 0.0 or v < 0.0:
                continue
            u, v = min(u, last), min(v, last)
            i, j = int(u), int(v)
            fu, fv = u - i, v - j
            g = (gain[j, i] * (1 - fu) + gain[j, i + 1] * fu) * (1 - fv) + (
                gain[j + 1, i] * (1 - fu) + gain[j + 1, i + 1] * fu
            ) * fv
            if abs(g - 1.0) < 2e-3:
                continue
            alpha = texture[y, x, 3]
            for c in range(3):
                texture[y, x, c] = min(float(alpha), texture[y, x, c] * g + 0.5)
