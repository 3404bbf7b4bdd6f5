"""Regular triangle meshes over a layer's texture. The texture's alpha makes the outline, not the mesh."""

import numpy as np

from motioncast.arrays import Float64, Image, Int32


def grid_mesh(alpha: Image, step: int) -> tuple[Float64, Int32]:
    """Cells of `step` px that touch alpha (H, W) uint8, two triangles each.

    Returns vertices (V, 2) float64 texture px and triangles (T, 3) int32.
    """
    height, width = alpha.shape
    rows, columns = -(-height // step), -(-width // step)
    padded = np.zeros((rows * step + 1, columns * step + 1), bool)
    padded[:height, :width] = alpha > 2
    blocks = padded[:-1, :-1].reshape(rows, step, columns, step).any(axis=(1, 3))
    r, c = np.nonzero(blocks)
    corners = np.stack([r * (columns + 1) + c + offset for offset in (0, 1, columns + 1, columns + 2)], axis=1)
    used, index = np.unique(corners, return_inverse=True)
    corners = index.reshape(corners.shape)
    vertices = np.stack([used % (columns + 1), used // (columns + 1)], axis=1) * float(step)
    a, b, d, e = corners.T
    # alternate the diagonal so that the mesh bends the same way in both directions
    odd = ((r + c) % 2).astype(bool)
    first = np.where(odd[:, None], np.stack([a, b, d], 1), np.stack([a, b, e], 1))
    second = np.where(odd[:, None], np.stack([b, e, d], 1), np.stack([a, e, d], 1))
    triangles = np.stack([first, second], axis=1).reshape(-1, 3).astype(np.int32)
    return np.minimum(vertices, [width - 1.0, height - 1.0]), triangles


def drawing_order(triangles: Int32, key: Float64) -> Int32:
    """Triangles sorted by the mean of a per-vertex key, smallest first: later ones are drawn over earlier ones."""
    return triangles[np.argsort(key[triangles].mean(axis=1), kind="stable")]
