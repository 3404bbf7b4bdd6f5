"""Software rasteriser: triangles to texture coordinates, then texture to pixels.

Two passes, both plain loops compiled by numba with the interpreter lock released, so that frames render in parallel
threads: `rasterise` writes for every covered pixel where in the texture it comes from (with a depth test, so that a
nose hides a cheek), `shade` samples the texture there once and blends it over the canvas. No pixel is blended twice by
neighbouring triangles, so shared edges and folds leave no seams.
"""

import numba as nb
import numpy as np

from motioncast.arrays import Float32, Image, Int32

#: u of a pixel that no triangle covers
EMPTY = np.float32(-1e6)
#: stands for a texture that is opaque everywhere
SOLID: Image = np.full((1, 1, 4), 255, np.uint8)


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
    for y in range(y0, y1):
        for x in range(x0, x1):
            uv_map[y, x, 0] = EMPTY
            depth[y, x] = np.float32(3e38)
    for t in range(triangles.shape[0]):
        _draw(vertices_px, uv_px, triangles[t, 0], triangles[t, 1], triangles[t, 2], texture, uv_map, depth)
    return x0, y0, x1, y1


@nb.njit(nogil=True, cache=True, inline="always")
def _draw(v: Float32, uv: Float32, a: int, b: int, c: int, texture: Image, uv_map: Float32, depth: Float32) -> None:
    ax, ay, bx, by, cx, cy = v[a, 0], v[a, 1], v[b, 0], v[b, 1], v[c, 0], v[c, 1]
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    if abs(area) < 1e-6:
        return
    height, width = depth.shape
    x0, x1 = max(0, int(np.ceil(min(ax, bx, cx)))), min(width - 1, int(np.floor(max(ax, bx, cx))))
    y0, y1 = max(0, int(np.ceil(min(ay, by, cy)))), min(height - 1, int(np.floor(max(ay, by, cy))))
    inv = np.float32(1.0) / area
    wb_dx, wb_dy = (cy - ay) * inv, -(cx - ax) * inv
    wc_dx, wc_dy = -(by - ay) * inv, (bx - ax) * inv
    edge = np.float32(-1e-4)
    for y in range(y0, y1 + 1):
        wb = (x0 - ax) * wb_dx + (y - ay) * wb_dy
        wc = (x0 - ax) * wc_dx + (y - ay) * wc_dy
        for x in range(x0, x1 + 1):
            if wb >= edge and wc >= edge and wb + wc <= 1.0 - edge:
                z = v[a, 2] + wb * (v[b, 2] - v[a, 2]) + wc * (v[c, 2] - v[a, 2])
                if z <= depth[y, x]:
                    tu = uv[a, 0] + wb * (uv[b, 0] - uv[a, 0]) + wc * (uv[c, 0] - uv[a, 0])
                    tv = uv[a, 1] + wb * (uv[b, 1] - uv[a, 1]) + wc * (uv[c, 1] - uv[a, 1])
                    if uv_map[y, x, 0] == EMPTY or _opaque(texture, tu, tv):
                        depth[y, x] = z
                        uv_map[y, x, 0] = tu
                        uv_map[y, x, 1] = tv
            wb += wb_dx
            wc += wc_dx


@nb.njit(nogil=True, cache=True, inline="always")
def _opaque(texture: Image, u: float, v: float) -> bool:
    if texture.size == 4:  # SOLID
        return True
    i, j = int(u + 0.5), int(v + 0.5)
    if i < 0 or j < 0 or j >= texture.shape[0] or i >= texture.shape[1]:
        return False
    return bool(texture[j, i, 3] > 127)


@nb.njit(nogil=True, cache=True)
def shade(uv_map: Float32, texture: Image, canvas: Image, coverage: Image, box: tuple[int, int, int, int]) -> None:
    """Blend the texture over the canvas inside `box`, where `rasterise` wrote coordinates.

    texture (h, w, 4) uint8 premultiplied RGBA, sampled bilinearly in 6-bit fixed point; outside it is transparent.
    canvas (H, W, 3) uint8 RGB, changed in place. coverage (H, W) uint8: "over" accumulated alpha of the character.
    """
    rows, columns = texture.shape[:2]
    for y in range(box[1], box[3]):
        for x in range(box[0], box[2]):
            u = uv_map[y, x, 0]
            if u < 0.0:
                continue
            v = uv_map[y, x, 1]
            i, j = int(u), int(v)
            if v < 0.0 or i >= columns - 1 or j >= rows - 1:
                continue
            fu, fv = int((u - i) * 64.0 + 0.5), int((v - j) * 64.0 + 0.5)
            w11 = (fu * fv) >> 6
            w01, w10 = fu - w11, fv - w11
            w00 = 64 - fu - w10
            alpha = (
                w00 * texture[j, i, 3]
                + w01 * texture[j, i + 1, 3]
                + w10 * texture[j + 1, i, 3]
                + w11 * texture[j + 1, i + 1, 3]
                + 32
            ) >> 6
            if alpha == 0:
                continue
            keep = 255 - alpha
            for c in range(3):
                colour = (
                    w00 * texture[j, i, c]
                    + w01 * texture[j, i + 1, c]
                    + w10 * texture[j + 1, i, c]
                    + w11 * texture[j + 1, i + 1, c]
                    + 32
                ) >> 6
                canvas[y, x, c] = min(255, colour + (canvas[y, x, c] * keep + 127) // 255)
            coverage[y, x] = min(255, alpha + (coverage[y, x] * keep + 127) // 255)
