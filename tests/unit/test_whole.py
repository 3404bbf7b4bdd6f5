"""A figure that is no person, moved as a whole."""

from types import SimpleNamespace

import numpy as np
import pytest

from motioncast.engines.puppet.whole import move_whole
from motioncast.request import Mode

COUNT = 40


def silhouette():
    alpha = np.zeros((200, 160), np.float32)
    alpha[50:180, 60:110] = 1
    return alpha


class Performer(SimpleNamespace):
    def __len__(self):
        return COUNT


def performer(seen=1.0):
    body = np.zeros((COUNT, 33, 3), np.float32)
    body[:, [27, 28], :2] = 300, 420
    return Performer(rate=25.0, body_px=body, body_visibility=np.full((COUNT, 33), seen, np.float32))


def head(amplitude=(30.0, 0.0)):
    wave = np.sin(np.linspace(0, 2 * np.pi, COUNT))[:, None]
    return np.array([300.0, 120.0]) + wave * amplitude, np.full(COUNT, 40.0)


def placed(affine, point):
    return affine[:, :, :2] @ np.asarray(point, float) + affine[:, :, 2]


def test_it_leans_with_the_performer_and_keeps_its_foot():
    path = move_whole(silhouette(), performer(), *head(), Mode.ANIMATE)
    foot, top = placed(path, (84.5, 179)), placed(path, (84.5, 50))
    np.testing.assert_allclose(foot, np.repeat([[84.5, 179]], COUNT, axis=0), atol=1e-6)
    assert top[10, 0] > 84.5 + 8
    assert top[30, 0] < 84.5 - 8


def test_it_stretches_when_the_performer_rises():
    path = move_whole(silhouette(), performer(), *head((0.0, 20.0)), Mode.ANIMATE)
    top = placed(path, (84.5, 50))[:, 1]
    assert top[30] < 50 < top[10]


def test_however_far_the_performer_walks_it_stays_upright():
    path = move_whole(silhouette(), performer(), *head((900.0, 500.0)), Mode.ANIMATE)
    angles = np.degrees(np.arctan2(path[:, 1, 0], path[:, 0, 0]))
    assert np.abs(angles).max() <= 14.01


@pytest.mark.parametrize("seen", [0.0, 1.0])
def test_in_replace_mode_it_stands_where_the_performer_stands(seen):
    path = move_whole(silhouette(), performer(seen), *head((0.0, 0.0)), Mode.REPLACE)
    foot, top = placed(path, (84.5, 179)), placed(path, (84.5, 50))
    np.testing.assert_allclose(foot[:, 0], 300, atol=1)
    np.testing.assert_allclose(foot[:, 1], 420 if seen else 120 + 3.6 * 40, atol=1)
    np.testing.assert_allclose(top[:, 1], 120 - 0.9 * 40, atol=3)
