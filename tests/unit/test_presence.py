"""The character is there when the performer is."""

from dataclasses import replace

import numpy as np

from motioncast.engines.puppet.scene.presence import presence
from motioncast.perception.landmarks import PerformanceTrack
from tests.unit.test_clean_plate import track


def seen(*spans: tuple[int, int], length: int = 100, cuts: tuple[int, ...] = ()) -> PerformanceTrack:
    valid = np.zeros(length, bool)
    for start, end in spans:
        valid[start:end] = True
    return replace(track([b""] * length, cuts), body_valid=valid)  # 25 frames/s


def test_a_performer_who_leaves_takes_the_character_along() -> None:
    shown = presence(seen((0, 40)))
    assert (shown[:37] == 1).all()
    assert (shown[44:] == 0).all()
    assert np.abs(np.diff(shown)).max() <= 0.25  # goes, and does not vanish


def test_a_performer_who_enters_brings_the_character() -> None:
    shown = presence(seen((60, 100)))
    assert (shown[:50] == 0).all()
    assert (shown[60:] == 1).all()  # all there before the performer is recognised, who was seen a moment earlier


def test_a_moment_without_tracking_is_no_absence() -> None:
    assert (presence(seen((0, 40), (50, 100))) == 1).all()
    assert (presence(seen((8, 100))) == 1).all()


def test_a_shot_without_performer_shows_nobody() -> None:
    shown = presence(seen((0, 50), length=60, cuts=(50,)))
    assert (shown[:48] == 1).all()
    assert (shown[50:] == 0).all()
