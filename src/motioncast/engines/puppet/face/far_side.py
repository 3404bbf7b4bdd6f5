"""The far side of a half turned face, completed from the near one.

Towards the camera a half turned face would show a cheek that its picture shows at a slant or not at all. There it takes
the pixels of its mirror image, fitted to what is seen of the cheek itself: the log-ratio of both is known where the
cheek is seen and continued smoothly where it is not (the membrane of gradient-domain cloning: Perez, Gangnet, Blake,
"Poisson image editing", SIGGRAPH 2003), so that no seam shows and the light stays that of the far side.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from motioncast.arrays import Bools, Float32, Float64, Floats, Image
from motioncast.engines.puppet.face.fill import push_pull
from motioncast.engines.puppet.face.geometry import vertex_normals
from motioncast.engines.puppet.face.topology import (
    CANONICAL,
    EYES,
    FACE,
    FILLED_TRIANGLES,
    INNER_LOWER,
    INNER_UPPER,
    MIRROR,
    NEIGHBOUR_STARTS,
    NEIGHBOURS,
    OUTER_LOWER,
    OUTER_UPPER,
    OVAL,
    contour,
)
from motioncast.engines.puppet.raster import EMPTY, SOLID, rasterise
from motioncast.perception.smoothing import smoothstep

STEPS = 4
MIN_YAW = 10.0  #: degrees; a face turned less shows both its sides
MIN_SIDE, MAX_SIDE = 64, 512  #: px of the completed map
GUTTER = 8  #: px around it, for the smaller copies of the texture
_SLANT = (0.35, 0.62)  #: cosine of skin to the view, up to which and from which it is used as it is
_BETTER = (0.08, 0.25)  #: by which its mirror image must be seen more frontally
_MIDDLE = (0.08, 0.18)  #: face widths from the middle that keep their own pixels
_FOREHEAD = (-0.25, -0.10)  #: face widths above the eyes that keep theirs, and from which the cheek takes over
_FADE = 0.04  #: of the map, in which the completed cheek passes into what surrounds it in the picture
_RIM = 0.04  #: the contour is read this much further inside, where it is skin for certain
_BRIGHTER = 0.6  #: largest log-ratio of both sides
_STEPS: Float64 = np.linspace(1.0, 1.6, 61)[:, None]
_TWIN = MIRROR[:FACE]
_OWN_LOW = CANONICAL[:FACE, :2].min(axis=0)
_SPAN = float((CANONICAL[:FACE, :2].max(axis=0) - _OWN_LOW).max())


@dataclass(frozen=True)
class FarSide:
    """Frontal maps of the face with its far side completed step by step, to be laid beside the picture."""

    maps: tuple[Image, ...]  #: each (S, S, 4) premultiplied, from hardly completed to completed
    texel_px: Float64  #: (468, 2) every vertex in it
    triangles: Bools  #: (904,) which of `FILLED_TRIANGLES` take their colour from it
    rim: Bools  #: (36,) which of `OVAL` only they use
    rim_px: Float64  #: (K, 2) the contour of the face in the picture there, just outside
    origins_px: Float64  #: (STEPS, 2) where each map lies beside the picture, in pixels of that

    def beside(self, rgba: Image) -> Image:
        """The picture (H, W, 4) with the maps to its right."""
        low = self.origins_px.astype(int)
        high = low + self.maps[0].shape[0]
        both = np.zeros((max(rgba.shape[0], high[:, 1].max()), high[:, 0].max(), 4), np.uint8)
        both[: rgba.shape[0], : rgba.shape[1]] = rgba
        for (x0, y0), (x1, y1), part in zip(low, high, self.maps, strict=True):
            both[y0:y1, x0:x1] = part
        return both


def complete_far_side(rgba: Image, landmarks_px: Float64, texture_px: Float64, yaw_deg: float) -> FarSide | None:
    """The map for a face in a premultiplied picture (H, W, 4), or None for one that shows both its sides.

    landmarks_px (468 or more, 3); texture_px (468, 2): where its vertices take their colours from; yaw of the head.
    """
    if abs(yaw_deg) < MIN_YAW:
        return None
    share = _hidden(landmarks_px[:FACE])
    triangles = np.asarray((share[FILLED_TRIANGLES] > 0.02).any(axis=1))
    if not triangles.any():
        return None
    width = float(np.linalg.norm(landmarks_px[234] - landmarks_px[454]))
    side = int(np.clip(width, MIN_SIDE, MAX_SIDE))
    texel = (CANONICAL[:FACE, :2] - _OWN_LOW) / _SPAN * (side - 1) + GUTTER
    size = side + 2 * GUTTER
    rim = share[OVAL] > 0.02
    hull = np.asarray(cv2.convexHull(landmarks_px[:FACE, :2].astype(np.float32)), np.float32)
    contour_px = _outside(hull, texture_px[OVAL[rim]], texture_px.mean(axis=0))
    inner = texture_px.copy()
    inner[OVAL] += _RIM * (texture_px.mean(axis=0) - texture_px[OVAL])
    weight, inside = _spread(share, texel, size)
    twin = _sample(rgba, texel, inner[_TWIN], size)
    fitted = _fit(_sample(rgba, texel, texture_px, size), twin, inside & (weight < 0.1))
    maps = []
    for step in range(1, STEPS + 1):
        seen = texture_px.copy()
        seen[OVAL[rim]] += step / STEPS * (contour_px - seen[OVAL[rim]])
        maps.append(_join(_sample(rgba, texel, seen, size), fitted, step / STEPS * weight, inside))
    return FarSide(tuple(maps), texel, triangles, rim, contour_px, _origins(rgba, size))


def _origins(rgba: Image, size: int) -> Float64:
    """Places (STEPS, 2) to the right of the picture, in columns as high as it is."""
    rows = max(1, rgba.shape[0] // size)
    return np.array([[rgba.shape[1] + step // rows * size, step % rows * size] for step in range(STEPS)], np.float64)


def _hidden(landmarks: Float64) -> Float64:
    """(468,) 0..1, how much every vertex is to take from its mirror image."""
    facing = _facing(landmarks)
    better = smoothstep(*_BETTER, facing[_TWIN] - facing)
    share = better * (1.0 - smoothstep(*_SLANT, facing)) * smoothstep(*_MIDDLE, np.abs(CANONICAL[:FACE, 0]))
    # above the brows the skin goes on beyond the mesh, and must fit there
    share *= smoothstep(*_FOREHEAD, CANONICAL[:FACE, 1])
    for eye in EYES:
        share[np.r_[contour(eye.upper, eye.lower), eye.upper_ring, eye.lower_ring]] = 0.0
    share[np.r_[contour(OUTER_UPPER, OUTER_LOWER), contour(INNER_UPPER, INNER_LOWER)]] = 0.0
    return np.asarray(share, np.float64)


def _facing(landmarks: Float64) -> Float64:
    """(468,) cosine between the skin and the view, about each vertex; negative behind the contour."""
    cosine = vertex_normals(landmarks, FILLED_TRIANGLES)[:, 2]
    around = np.add.reduceat(cosine[NEIGHBOURS], NEIGHBOUR_STARTS[:-1]) / np.diff(NEIGHBOUR_STARTS)
    return np.asarray(0.5 * (cosine + around), np.float64)


def _outside(hull: Float32, points: Float64, centre: Float64) -> Float64:
    """Points (K, 2) moved away from `centre` until they are just outside the hull."""
    moved = points.copy()
    for index, point in enumerate(points):
        line = centre + _STEPS * (point - centre)
        outside = [cv2.pointPolygonTest(hull, (float(x), float(y)), True) < -1.0 for x, y in line]
        moved[index] = line[int(np.argmax(outside)) if any(outside) else 0]
    return moved


def _sample(rgba: Image, texel: Float64, source: Floats, size: int) -> Float32:
    """The picture (S, S, 4) in the map, read at `source` (468, 2)."""
    uv = _raster(texel, np.asarray(source, np.float32), size)
    at = np.where(uv == EMPTY, np.float32(0), uv)
    return cv2.remap(rgba, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)


def _spread(share: Float64, texel: Float64, size: int) -> tuple[Float32, Bools]:
    """A value of the vertices over the map (S, S), and what of it lies inside the face."""
    values = _raster(texel, np.column_stack([share, share]).astype(np.float32), size)
    inside = values[..., 0] != EMPTY
    return np.where(inside, values[..., 0], 0).astype(np.float32), inside


def _raster(texel: Float64, values: Float32, size: int) -> Float32:
    out = np.empty((size, size, 2), np.float32)
    vertices = np.column_stack([texel, CANONICAL[:FACE, 2]]).astype(np.float32)
    rasterise(vertices, np.ascontiguousarray(values), FILLED_TRIANGLES, SOLID, out, np.empty((size, size), np.float32))
    # the rasteriser clears the box of the vertices alone
    x0, y0 = np.maximum(np.floor(texel.min(axis=0)), 0).astype(int)
    x1, y1 = np.ceil(texel.max(axis=0)).astype(int) + 1
    whole = np.full_like(out, EMPTY)
    whole[y0:y1, x0:x1] = out[y0:y1, x0:x1]
    return whole


def _fit(own: Float32, twin: Float32, plain: Bools) -> Float32:
    """The twin (S, S, 4) in the light of the own pixels, which are to be trusted where it is `plain` (S, S)."""
    ratio = np.clip(np.log((own + 12.0) / (twin + 12.0)), -_BRIGHTER, _BRIGHTER).astype(np.float32)
    ratio = cv2.GaussianBlur(ratio, (0, 0), 0.02 * own.shape[0]).astype(np.float32)
    return np.asarray((twin + 12.0) * np.exp(push_pull(ratio, plain)) - 12.0, np.float32)


def _join(own: Float32, fitted: Float32, weight: Float32, inside: Bools) -> Image:
    """Own pixels (S, S, 4), towards the hidden side the fitted ones of the twin."""
    sigma = 0.01 * own.shape[0]
    covered = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), sigma)
    share = cv2.GaussianBlur(weight, (0, 0), sigma) / np.maximum(covered, 1e-3)
    depth = np.asarray(cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 3), np.float32)
    share *= smoothstep(0.0, _FADE * own.shape[0], depth)
    joined = own + share[..., None] * (fitted - own)
    filled = push_pull(joined.astype(np.float32), inside)
    return np.clip(np.where(inside[..., None], joined, filled) + 0.5, 0, 255).astype(np.uint8)
