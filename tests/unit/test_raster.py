"""The rasteriser keeps depth and folds apart."""

import numpy as np

from motioncast.engines.puppet.raster import EMPTY, SOLID, rasterise

QUAD = np.array([[0, 1, 2], [0, 2, 3]], np.int32)


def _corners(x0: float, y0: float, x1: float, y1: float, z: float = 0.0) -> np.ndarray:
    return np.array([[x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]], np.float32)


def _draw(quads: list[np.ndarray], sources: list[np.ndarray], texture: np.ndarray) -> np.ndarray:
    triangles = np.vstack([QUAD + 4 * n for n in range(len(quads))])
    uv_map, depth = np.zeros((40, 40, 2), np.float32), np.zeros((40, 40), np.float32)
    uv = np.vstack([source[:, :2] for source in sources]).astype(np.float32)
    x0, y0, x1, y1 = rasterise(np.vstack(quads), uv, triangles, texture, uv_map, depth)
    out = np.full((40, 40), EMPTY)
    out[y0:y1, x0:x1] = uv_map[y0:y1, x0:x1, 0]
    return out


def test_coordinates_are_interpolated_across_a_quad():
    drawn = _draw([_corners(5, 5, 25, 25)], [_corners(100, 0, 140, 40)], SOLID)
    np.testing.assert_allclose(drawn[15, 5:26], 100 + 2 * np.arange(21), atol=1e-3)
    assert (drawn[0] == EMPTY).all()


def test_the_nearer_part_hides_the_farther_in_either_order():
    near, far = _corners(5, 5, 25, 25, z=-1), _corners(10, 10, 30, 30, z=1)
    flat_near, flat_far = _corners(1, 0, 1, 0), _corners(2, 0, 2, 0)
    for order in (slice(None), slice(None, None, -1)):
        drawn = _draw([near, far][order], [flat_near, flat_far][order], SOLID)
        assert drawn[15, 15] == 1
        assert drawn[28, 28] == 2


def test_a_fold_covers_only_with_what_is_opaque():
    texture = np.zeros((4, 64, 4), np.uint8)
    texture[:, :32, 3] = 255  # the left half is cloth, the right half is empty
    under, over = _corners(5, 5, 35, 35), _corners(5, 5, 35, 35)
    cloth, half = _corners(2, 1, 2, 1), _corners(20, 1, 44, 1)
    drawn = _draw([under, over], [cloth, half], texture)
    assert drawn[20, 8] > 15, "opaque cloth of the fold lies on top"
    assert drawn[20, 30] == 2, "its empty part leaves what is below"


def test_outside_the_canvas_nothing_is_written():
    drawn = _draw([_corners(-30, -30, -5, -5)], [_corners(0, 0, 9, 9)], SOLID)
    assert (drawn == EMPTY).all()
