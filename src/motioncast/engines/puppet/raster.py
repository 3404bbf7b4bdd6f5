"""Software rasteriser: triangles to texture coordinates, then texture to pixels.

Two passes, both plain loops compiled by numba with the interpreter lock released, so that frames render in parallel
threads: `rasterise` writes for every covered pixel where in the texture it comes from (with a depth test, so that a
nose hides a cheek), `shade` samples the texture there once and blends it over the canvas. No pixel is blended twice by
neighbouring triangles, so shared edges and folds leave no seams.
"""

from typing import Any

import numba as nb
import numpy as np

from motioncast.arrays import Float32, Image, Int32, UInt32

#: u of a pixel that no triangle covers
EMPTY = np.float32(-1e6)
#: stands for a texture that is opaque everywhere
SOLID: Image = np.full((1, 1, 4), 255, np.uint8)
_EDGE = 1e-4  #: of a triangle's height: neighbours overlap by it, so that no pixel between them is left out
_BYTE, _EVEN, _HALVES = np.uint32(0xFF), np.uint32(0xFF00FF), np.uint32(0x200020)
_6, _8, _16, _64 = np.uint32(6), np.uint32(8), np.uint32(16), np.uint32(64)
_WEIGHTS, _HALF = np.float32(64.0), np.float32(0.5)


@nb.njit(nogil=True, cache=True)
def rasterise(
    vertices_px: Float32, uv_px: Float32, triangles: Int32, texture: Image, uv_map: Float32, depth: Float32
) -> tuple[int, int, int, int]:
    """Draw triangles into `uv_map` and return the touched box (x0, y0, x1, y1), upper bounds excluded.

    vertices_px (V, 3) float32: x, y on the canvas and depth (smaller is nearer; equal depth: the later triangle wins).
    uv_px (V, 2) float32: texture pixels. triangles (T, 3) int32. texture (h, w, 4) RGBA: where a fold of the mesh lies
    over another, only what is opaque covers it. uv_map (H, W, 2) and depth (H, W) float32 are scratch buffers of canvas
    size; the touched box is cleared first, what lies outside it is stale.
    """
    height, width = depth.shape
    x0, y0, x1, y1 = width, height, 0, 0
    for i in range(vertices_px.shape[0]):
        x, y = vertices_px[i, 0], vertices_px[i, 1]
        x0, x1 = min(x0, int(np.floor(x))), max(x1, int(np.ceil(x)) + 1)
        y0, y1 = min(y0, int(np.floor(y))), max(y1, int(np.ceil(y)) + 1)
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    if x1 > x0:
        for y in range(y0, y1):
            uv_map[y, x0:x1, 0] = EMPTY
            depth[y, x0:x1] = np.float32(3e38)
    for t in range(triangles.shape[0]):
        _draw(vertices_px, uv_px, triangles[t, 0], triangles[t, 1], triangles[t, 2], texture, uv_map, depth)
    return x0, y0, x1, y1


@nb.njit(nogil=True, cache=True, inline="always")
def _draw(v: Float32, uv: Float32, a: int, b: int, c: int, texture: Image, uv_map: Float32, depth: Float32) -> None:
    """One triangle, row by row: only the span inside it is walked, and everything in it grows by constant steps."""
    ax, ay, bx, by, cx, cy = v[a, 0], v[a, 1], v[b, 0], v[b, 1], v[c, 0], v[c, 1]
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    if abs(area) < 1e-6:
        return
    height, width = depth.shape
    x0, x1 = max(0, int(np.ceil(min(ax, bx, cx)))), min(width - 1, int(np.floor(max(ax, bx, cx))))
    y0, y1 = max(0, int(np.ceil(min(ay, by, cy)))), min(height - 1, int(np.floor(max(ay, by, cy))))
    # barycentric weights of b and c, and how they grow along x
    inv = 1.0 / area
    wb_dx, wb_dy = (cy - ay) * inv, -(cx - ax) * inv
    wc_dx, wc_dy = -(by - ay) * inv, (bx - ax) * inv
    wa_dx = -wb_dx - wc_dx
    per_a, per_b, per_c = _inverse(wa_dx), _inverse(wb_dx), _inverse(wc_dx)
    zb, zc = v[b, 2] - v[a, 2], v[c, 2] - v[a, 2]
    ub, uc, vb, vc = uv[b, 0] - uv[a, 0], uv[c, 0] - uv[a, 0], uv[b, 1] - uv[a, 1], uv[c, 1] - uv[a, 1]
    z_dx, u_dx = np.float32(wb_dx * zb + wc_dx * zc), np.float32(wb_dx * ub + wc_dx * uc)
    v_dx = np.float32(wb_dx * vb + wc_dx * vc)
    for y in range(y0, y1 + 1):
        wb = (x0 - ax) * wb_dx + (y - ay) * wb_dy
        wc = (x0 - ax) * wc_dx + (y - ay) * wc_dy
        first, last = _clip(wb, per_b, 0, x1 - x0)
        first, last = _clip(wc, per_c, first, last)
        first, last = _clip(1.0 - wb - wc, per_a, first, last)
        if last < first:
            continue
        wb, wc = wb + first * wb_dx, wc + first * wc_dx
        z = np.float32(v[a, 2] + wb * zb + wc * zc)
        tu, tv = np.float32(uv[a, 0] + wb * ub + wc * uc), np.float32(uv[a, 1] + wb * vb + wc * vc)
        depth_row, uv_row = depth[y], uv_map[y]
        # unsigned, or every access would first look whether the index counts from the end
        for x in range(np.uint64(x0 + first), np.uint64(x0 + last + 1)):
            if z <= depth_row[x] and (uv_row[x, 0] == EMPTY or _opaque(texture, tu, tv)):
                depth_row[x] = z
                uv_row[x, 0] = tu
                uv_row[x, 1] = tv
            z += z_dx
            tu += u_dx
            tv += v_dx


@nb.njit(nogil=True, cache=True, inline="always")
def _inverse(step: float) -> float:
    return 1.0 / step if abs(step) > 1e-12 else 0.0


@nb.njit(nogil=True, cache=True, inline="always")
def _clip(start: float, per_step: float, first: int, last: int) -> tuple[int, int]:
    """The part of the steps first..last on which a weight that starts at `start` is not negative, but for rounding."""
    if per_step > 0.0:
        first = max(first, int(np.ceil(-(start + _EDGE) * per_step)))
    elif per_step < 0.0:
        last = min(last, int(np.floor(-(start + _EDGE) * per_step)))
    elif start < -_EDGE:
        last = first - 1
    return first, last


@nb.njit(nogil=True, cache=True, inline="always")
def _opaque(texture: Image, u: Any, v: Any) -> bool:
    if texture.size == 4:  # SOLID
        return True
    i, j = int(u + 0.5), int(v + 0.5)
    if i < 0 or j < 0 or j >= texture.shape[0] or i >= texture.shape[1]:
        return False
    return bool(texture[j, i, 3] > 127)


def shade(uv_map: Float32, texture: Image, canvas: Image, coverage: Image, box: tuple[int, int, int, int]) -> None:
    """Blend the texture over the canvas inside `box`, where `rasterise` wrote coordinates.

    texture (h, w, 4) uint8 premultiplied RGBA, sampled bilinearly in 6-bit fixed point; outside it is transparent.
    canvas (H, W, 3) uint8 RGB, changed in place. coverage (H, W) uint8: "over" accumulated alpha of the character.
    """
    _shade(uv_map, np.ascontiguousarray(texture).view(np.uint32)[..., 0], canvas, coverage, box)


@nb.njit(nogil=True, cache=True)
def _shade(uv_map: Float32, texels: UInt32, canvas: Image, coverage: Image, box: tuple[int, int, int, int]) -> None:
    rows, columns = texels.shape
    flat, width, one = texels.ravel(), np.uint64(texels.shape[1]), np.uint64(1)
    for y in range(box[1], box[3]):
        uv_row, rgb_row, cover_row = uv_map[y], canvas[y], coverage[y]
        for x in range(np.uint64(box[0]), np.uint64(max(box[0], box[2]))):
            u, v = uv_row[x, 0], uv_row[x, 1]
            if not (u >= np.float32(0.0) and v >= np.float32(0.0)):  # what is no number is refused too
                continue
            i, j = np.int32(u), np.int32(v)
            if i >= columns - 1 or j >= rows - 1:
                continue
            at = np.uint64(j) * width + np.uint64(i)
            texel = flat[at], flat[at + one], flat[at + width], flat[at + width + one]
            even, odd = _mean(texel, u - np.float32(i), v - np.float32(j))
            alpha = np.int32(odd >> _16)
            if alpha == 255:
                rgb_row[x, 0] = even & _BYTE
                rgb_row[x, 1] = odd & _BYTE
                rgb_row[x, 2] = even >> _16
                cover_row[x] = 255
            elif alpha:
                keep = 255 - alpha
                rgb_row[x, 0] = min(255, np.int32(even & _BYTE) + (rgb_row[x, 0] * keep + 127) // 255)
                rgb_row[x, 1] = min(255, np.int32(odd & _BYTE) + (rgb_row[x, 1] * keep + 127) // 255)
                rgb_row[x, 2] = min(255, np.int32(even >> _16) + (rgb_row[x, 2] * keep + 127) // 255)
                cover_row[x] = min(255, alpha + (cover_row[x] * keep + 127) // 255)


@nb.njit(nogil=True, cache=True, inline="always")
def _mean(texel: Any, fu: float, fv: float) -> Any:
    """Bilinear mean of four RGBA texels: red and blue in one word, green and alpha in the other.

    Two channels are added up at once: a sum of 64ths of a byte fits into 16 bits.
    """
    u, v = np.uint32(fu * _WEIGHTS + _HALF), np.uint32(fv * _WEIGHTS + _HALF)
    w11 = (u * v) >> _6
    w01, w10 = u - w11, v - w11
    w00 = _64 - u - w10
    a, b, c, d = texel
    even = (a & _EVEN) * w00 + (b & _EVEN) * w01 + (c & _EVEN) * w10 + (d & _EVEN) * w11 + _HALVES
    a, b, c, d = a >> _8, b >> _8, c >> _8, d >> _8
    odd = (a & _EVEN) * w00 + (b & _EVEN) * w01 + (c & _EVEN) * w10 + (d & _EVEN) * w11 + _HALVES
    return (np.uint32(even) >> _6) & _EVEN, (np.uint32(odd) >> _6) & _EVEN
