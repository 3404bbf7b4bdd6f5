"""Closed-form matting (Levin, Lischinski, Weiss, TPAMI 2008) of a narrow band along a silhouette.

The matting Laplacian is built for the unknown pixels alone, a few per cent of a picture, and solved by one Cholesky
factorisation: numbered along the silhouette (Cuthill, McKee, 1969), a pixel of a narrow band is linked with the few
dozen before it only. That takes 20-40 ms where incomplete factors and conjugate gradients took 150-250.
"""

import cv2
import numpy as np
from numba import njit

from motioncast.arrays import Bools, Float32, Float64, Image, Int32

_EPSILON = 1e-7  #: regularises the colours of a window, over 255² grey levels
_SMALLEST_PIVOT = 1e-9  #: where rounding left less
_LARGEST = 30_000_000  #: entries of the factor, 240 MB; silhouettes have about half a million


def closed_form_alpha(image: Image, subject: Bools, unknown: Bools) -> Float32 | None:
    """(H, W) alpha, 0..1, of an (H, W, 3) uint8 picture: 1 where `subject`, 0 elsewhere, solved for where `unknown`.

    None where the unknown pixels are no band but an area too large to be solved.
    """
    alpha: Float64 = (subject & ~unknown).astype(np.float64)
    count = int(unknown.sum())
    if count == 0:
        return alpha.astype(np.float32)
    order = _along(np.ascontiguousarray(unknown), count)
    number = np.full(unknown.shape, -1, np.int32)
    number.ravel()[order] = np.arange(count)
    first = _first_linked(number, order)
    start = np.concatenate([[0], np.cumsum(np.arange(count) - first + 1)])
    if start[-1] > _LARGEST:
        return None
    start = start.astype(np.int32)
    windows = np.flatnonzero(cv2.dilate(unknown.astype(np.uint8), np.ones((3, 3), np.uint8))).astype(np.int32)
    links, right = _laplacian(np.ascontiguousarray(image), alpha, number, windows)
    _solve(_profile(links, number, order, first, start), first, start, right)
    alpha.ravel()[order] = right
    result: Float32 = np.clip(alpha, 0, 1).astype(np.float32)
    return result


@njit(cache=True, nogil=True)
def _along(unknown: Bools, count: int) -> Int32:
    """(N,) flat positions of the unknown pixels, piece by piece, each from one end to the other."""
    seen = np.zeros(unknown.shape, np.uint8)
    order = np.empty(count, np.int32)
    filled = 0
    flat = unknown.ravel()
    for pixel in range(flat.size):
        if flat[pixel] and seen.flat[pixel] == 0:
            end = _spread(unknown, pixel, 1, seen, order, filled)
            filled = _spread(unknown, order[end - 1], 2, seen, order, filled)
    return order[::-1].copy()


@njit(cache=True, nogil=True)
def _spread(unknown: Bools, pixel: int, mark: int, seen: Image, order: Int32, filled: int) -> int:
    """Write the piece that `pixel` belongs to behind the `filled` ones, nearest first; how many are filled then."""
    height, width = unknown.shape
    order[filled] = pixel
    seen.flat[pixel] = mark
    at, end = filled, filled + 1
    while at < end:
        y, x = order[at] // width, order[at] % width
        at += 1
        for v in range(max(0, y - 2), min(height, y + 3)):
            for u in range(max(0, x - 2), min(width, x + 3)):
                if unknown[v, u] and seen[v, u] != mark:
                    seen[v, u] = mark
                    order[end] = v * width + u
                    end += 1
    return end


@njit(cache=True, nogil=True)
def _first_linked(number: Int32, order: Int32) -> Int32:
    """(N,) the lowest number among the pixels that share a 3x3 window with each pixel."""
    height, width = number.shape
    first = np.arange(len(order)).astype(np.int32)
    for i in range(len(order)):
        y, x = order[i] // width, order[i] % width
        for v in range(max(0, y - 2), min(height, y + 3)):
            for u in range(max(0, x - 2), min(width, x + 3)):
                if number[v, u] >= 0:
                    first[i] = min(first[i], number[v, u])
    return first


@njit(cache=True, nogil=True)
def _laplacian(image: Image, alpha: Float64, number: Int32, windows: Int32) -> tuple[Float64, Float64]:
    """(N, 5, 5) links of each unknown pixel with those around it, and (N,) the pull of the known ones.

    windows: flat positions of the middles of all 3x3 windows that hold an unknown pixel.
    """
    height, width = number.shape
    count = number.max() + 1
    links, right = np.zeros((count, 5, 5)), np.zeros(count)
    white = np.empty((9, 3))
    for middle in windows:
        y, x = middle // width, middle % width
        if not (0 < y < height - 1 and 0 < x < width - 1):
            continue
        _whiten(image, y, x, white)
        for k in range(9):
            i = number[y + k // 3 - 1, x + k % 3 - 1]
            if i < 0:
                continue
            for n in range(9):
                v, u = y + n // 3 - 1, x + n % 3 - 1
                value = (1.0 if n == k else 0.0) - 1.0 / 9
                value -= white[k, 0] * white[n, 0] + white[k, 1] * white[n, 1] + white[k, 2] * white[n, 2]
                if number[v, u] >= 0:
                    links[i, n // 3 - k // 3 + 2, n % 3 - k % 3 + 2] += value
                else:
                    right[i] -= value * alpha[v, u]
    return links, right


@njit(cache=True, nogil=True)
def _whiten(image: Image, y: int, x: int, white: Float64) -> None:
    """(9, 3) colours around (y, x) less their mean, whitened: their products are those through the inverse scatter."""
    for c in range(3):
        mean = 0.0
        for k in range(9):
            white[k, c] = image[y + k // 3 - 1, x + k % 3 - 1, c] / 255
            mean += white[k, c] / 9
        for k in range(9):
            white[k, c] -= mean
    rr, gg, bb, rg, rb, gb = _EPSILON, _EPSILON, _EPSILON, 0.0, 0.0, 0.0
    for k in range(9):
        r, g, b = white[k]
        rr, gg, bb = rr + r * r, gg + g * g, bb + b * b
        rg, rb, gb = rg + r * g, rb + r * b, gb + g * b
    # a Cholesky factor stays positive where determinants of nearly grey windows are lost in rounding
    l00 = np.sqrt(rr)
    l10, l20 = rg / l00, rb / l00
    l11 = np.sqrt(max(gg - l10 * l10, _EPSILON))
    l21 = (gb - l10 * l20) / l11
    l22 = np.sqrt(max(bb - l20 * l20 - l21 * l21, _EPSILON))
    for k in range(9):
        white[k, 0] /= l00
        white[k, 1] = (white[k, 1] - l10 * white[k, 0]) / l11
        white[k, 2] = (white[k, 2] - l20 * white[k, 0] - l21 * white[k, 1]) / l22


@njit(cache=True, nogil=True)
def _profile(links: Float64, number: Int32, order: Int32, first: Int32, start: Int32) -> Float64:
    """The lower triangle, row i from column first[i] to the diagonal at start[i]."""
    height, width = number.shape
    values = np.zeros(start[-1])
    for i in range(len(order)):
        y, x = order[i] // width, order[i] % width
        for v in range(max(0, y - 2), min(height, y + 3)):
            for u in range(max(0, x - 2), min(width, x + 3)):
                j = number[v, u]
                if 0 <= j <= i:
                    values[start[i] + j - first[i]] = links[i, v - y + 2, u - x + 2]
    return values


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _solve(values: Float64, first: Int32, start: Int32, x: Float64) -> None:
    """Cholesky within the profile, in place; `x` is the right side and becomes the solution."""
    for i in range(len(x)):
        row = values[start[i] : start[i + 1]]
        for j in range(first[i], i):
            low = max(first[i], first[j])
            above = values[start[j] + low - first[j] : start[j + 1] - 1]
            total = 0.0
            for m in range(len(above)):
                total += above[m] * row[low - first[i] + m]
            row[j - first[i]] = (row[j - first[i]] - total) * values[start[j + 1] - 1]
        square, pull = row[-1], x[i]
        for m in range(len(row) - 1):
            square -= row[m] * row[m]
            pull -= row[m] * x[first[i] + m]
        row[-1] = 1.0 / np.sqrt(max(square, _SMALLEST_PIVOT))  # the diagonal is kept as its inverse
        x[i] = pull * row[-1]
    for i in range(len(x) - 1, -1, -1):
        row = values[start[i] : start[i + 1]]
        x[i] *= row[-1]
        for m in range(len(row) - 1):
            x[first[i] + m] -= row[m] * x[i]
