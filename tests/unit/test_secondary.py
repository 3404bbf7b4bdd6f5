"""Hair lags behind the head, settles again, and stirs differently with every seed."""

from types import SimpleNamespace

import numpy as np

from motioncast.engines.puppet.secondary import plan_secondary

WIDTH = 100.0


def _mesh() -> SimpleNamespace:
    """A head of 100 px face width: one vertex on the face, one of long hair, one on the chest."""
    frame = SimpleNamespace(centre_px=np.array([200.0, 200.0, 0.0]), width_px=WIDTH)
    rest = np.array([[200.0, 200.0], [310.0, 290.0], [200.0, 420.0]])
    return SimpleNamespace(frame=frame, rest_px=rest, weight=np.array([1.0, 0.8, 0.0]), faces=1)


def _offsets(path: np.ndarray, seed: int) -> np.ndarray:
    motion = plan_secondary(_mesh(), path, np.zeros(len(path)), 30.0, seed)
    still = np.zeros((3, 3), np.float32)
    return np.array([motion.apply(still, index, 1.0) for index in range(len(path))])


def test_face_and_chest_do_not_sway():
    offsets = _offsets(np.zeros((60, 2)), 1)
    assert not offsets[:, [0, 2]].any()
    assert 0.2 < np.abs(offsets[:, 1, 0]).max() < 0.02 * WIDTH


def test_hair_lags_behind_a_sudden_move_and_settles():
    path = np.zeros((120, 2))
    path[30:] = [60.0, 0.0]
    path[25:30, 0] = np.linspace(0, 60, 6)[:-1]
    lag = _offsets(path, 1)[:, 1, 0]
    assert lag[25:30].min() < -2, "hair stays behind while the head moves right"
    assert np.abs(lag[100:]).max() < 2


def test_seeds_stir_differently_but_equally():
    first, second = (_offsets(np.zeros((90, 2)), seed)[:, 1, 0] for seed in (1, 2))
    assert np.abs(first - second).max() > 0.2
    assert 0.3 < first.std() / second.std() < 3


def test_nothing_to_sway_without_a_head():
    mesh = _mesh()
    mesh.frame = None
    assert plan_secondary(mesh, np.zeros((5, 2)), np.zeros(5), 30.0, 1) is None


def test_hair_hangs_down_again_when_the_head_tilts():
    """It turns with the head at first, then falls towards the vertical and comes to rest there."""
    tilt = np.where(np.arange(120) < 30, 0.0, 0.5)
    motion = plan_secondary(_mesh(), np.zeros((120, 2)), tilt, 30.0, 1)
    c, s = np.cos(0.5), np.sin(0.5)
    rest = _mesh().rest_px
    tilted = np.column_stack([rest[0] + (rest - rest[0]) @ np.array([[c, -s], [s, c]]).T, np.zeros(3)])
    heading = lambda points: np.arctan2(*(points[1, :2] - points[0, :2])[::-1])  # noqa: E731
    hair = np.array([heading(motion.apply(tilted.astype(np.float32), i, 1.0)) for i in (31, 115, 119)])
    upright, stiff = heading(rest), heading(tilted)
    assert abs(hair[0] - stiff) < abs(hair[1] - stiff)
    assert upright < hair[1] < stiff - 0.1
    assert abs(hair[2] - hair[1]) < 0.03
    moved = motion.apply(tilted.astype(np.float32), 115, 1.0)
    np.testing.assert_array_equal(moved[[0, 2]], tilted.astype(np.float32)[[0, 2]])
