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
    motion = plan_secondary(_mesh(), path, 30.0, seed)
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
    assert plan_secondary(mesh, np.zeros((5, 2)), 30.0, 1) is None
