"""A mesh covers every visible pixel of its layer."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from motioncast.engines.puppet.body.mesh import grid_mesh
from motioncast.engines.puppet.raster import rasterise, shade


@settings(max_examples=25, deadline=None)
@given(st.integers(20, 90), st.integers(20, 90), st.integers(4, 17), st.integers(0, 2**16))
def test_unmoved_mesh_draws_its_texture_unchanged(height, width, step, seed):
    rng = np.random.default_rng(seed)
    texture = np.zeros((height, width, 4), np.uint8)
    blob = rng.random((height, width)) < 0.02
    blob[[0, -1]], blob[:, [0, -1]] = False, False
    texture[blob] = [*rng.integers(0, 255, 3), 255]
    vertices, triangles = grid_mesh(texture[..., 3], step)
    canvas, coverage = np.zeros((height, width, 3), np.uint8), np.zeros((height, width), np.uint8)
    if len(triangles):
        posed = np.hstack([vertices, np.zeros((len(vertices), 1))]).astype(np.float32)
        uv_map, depth = np.zeros((height, width, 2), np.float32), np.zeros((height, width), np.float32)
        box = rasterise(posed, vertices.astype(np.float32), triangles, texture, uv_map, depth)
        shade(uv_map, texture, canvas, coverage, box)
    np.testing.assert_array_equal(coverage > 0, blob)
    # texture coordinates are rounded down to 1/64 px
    np.testing.assert_allclose(canvas, texture[..., :3], atol=5)
