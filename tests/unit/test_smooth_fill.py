"""Smooth colours behind a wide subject."""

import numpy as np

from motioncast.engines.puppet.smooth_fill import smooth_fill


def test_a_horizon_stays_sharp_behind_a_wide_subject():
    scene = np.full((360, 480, 3), 220, np.uint8)
    scene[180:] = 40
    known = np.ones((360, 480), bool)
    known[60:, 90:390] = False
    middle = smooth_fill(scene, known)[:, 240].mean(axis=1)
    assert middle[150] > 195
    assert middle[210] < 65
