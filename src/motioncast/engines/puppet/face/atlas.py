"""A small frontal map of the face: the same texel is the same spot of skin in every frame, whatever the pose."""

import cv2
import numba as nb
import numpy as np

from motioncast.arrays import Bools, Float32, Floats, Image, Int32
from motioncast.engines.puppet.face.topology import CANONICAL, FACE, TRIANGLES
from motioncast.engines.puppet.raster import EMPTY, SOLID, rasterise

SIDE = 192  #: texels

_LOW = CANONICAL[:FACE, :2].min(axis=0) - 0.01
_SPAN = CANONICAL[:FACE, :2].max(axis=0) + 0.01 - _LOW
#: (468, 2) texel of every vertex
TEXEL: Float32 = ((CANONICAL[:FACE, :2] - _LOW) / _SPAN * (SIDE - 1)).astype(np.float32)


def _barycentrics() -> tuple[Int32, Float32]:
    """Triangle (S, S) of every texel, -1 outside the face, and its weights (S, S, 3)."""
    owner = np.full((SIDE, SIDE), -1, np.int32)
    weights = np.zeros((SIDE, SIDE, 3), np.float32)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    for index, corners in enumerate(TEXEL[TRIANGLES].astype(np.float64)):
        x0, y0 = np.floor(corners.min(axis=0)).astype(int)
        x1, y1 = np.ceil(corners.max(axis=0)).astype(int) + 1
        edges = (corners[1:] - corners[0]).T
        if abs(np.linalg.det(edges)) < 1e-9:
            continue
        x, y = columns[y0:y1, x0:x1], rows[y0:y1, x0:x1]
        b, c = np.linalg.solve(edges, np.stack([x.ravel() - corners[0, 0], y.ravel() - corners[0, 1]]))
        inside = (b >= -1e-4) & (c >= -1e-4) & (b + c <= 1.0001)
        at = (y.ravel()[inside], x.ravel()[inside])
        owner[at] = index
        weights[at] = np.stack([1 - b - c, b, c], axis=1)[inside]
    return owner, weights


OWNER, WEIGHTS = _barycentrics()
INSIDE: Bools = OWNER >= 0


def luma_atlas(frame: Image, landmarks_px: Floats) -> Float32:
    """Luma (S, S) 0..255 of the face in an RGB `frame`; landmarks (468 or more, 2 or more) in pixels of that frame."""
    atlas = np.zeros((SIDE, SIDE), np.float32)
    points = np.ascontiguousarray(landmarks_px[:FACE, :2], np.float32)
    _sample_luma(frame, points, TRIANGLES, OWNER, WEIGHTS, atlas)
    return cv2.GaussianBlur(atlas, (0, 0), 1.2).astype(np.float32, copy=False)


@nb.njit(nogil=True, cache=True)
def _sample_luma(
    frame: Image, points: Float32, triangles: Int32, owner: Int32, weights: Float32, atlas: Float32
) -> None:
    height, width = frame.shape[0], frame.shape[1]
    for row in range(atlas.shape[0]):
        for column in range(atlas.shape[1]):
            t = owner[row, column]
            if t < 0:
                continue
            x, y = np.float32(0.0), np.float32(0.0)
            for k in range(3):
                v = triangles[t, k]
                x += points[v, 0] * weights[row, column, k]
                y += points[v, 1] * weights[row, column, k]
            x = min(max(x, np.float32(0.0)), np.float32(width - 1.01))
            y = min(max(y, np.float32(0.0)), np.float32(height - 1.01))
            i, j = int(x), int(y)
            fx, fy = x - i, y - j
            luma = np.float32(0.0)
            for c in range(3):
                top = frame[j, i, c] * (1 - fx) + frame[j, i + 1, c] * fx
                bottom = frame[j + 1, i, c] * (1 - fx) + frame[j + 1, i + 1, c] * fx
                share = np.float32(0.299 if c == 0 else (0.587 if c == 1 else 0.114))
                luma += share * (top * (1 - fy) + bottom * fy)
            atlas[row, column] = luma


def atlas_coordinates(landmarks_px: Floats, size: tuple[int, int]) -> tuple[tuple[int, int, int, int], Float32]:
    """Texels (h, w, 2) under the face of a still picture of `size` (W, H), and their box (x0, y0, x1, y1) in it.

    A pixel off the face reads `raster.EMPTY`.
    """
    points = np.ascontiguousarray(landmarks_px[:FACE, :3], np.float32)
    uv = np.empty((size[1], size[0], 2), np.float32)
    depth = np.empty((size[1], size[0]), np.float32)
    x0, y0, x1, y1 = rasterise(points, TEXEL, TRIANGLES, SOLID, uv, depth)
    inside = uv[y0:y1, x0:x1].copy()
    inside[inside[..., 0] < 0] = EMPTY
    return (x0, y0, x1, y1), inside
