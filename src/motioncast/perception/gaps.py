"""Frames of a signal that nobody measured."""

from typing import TypeVar

import numpy as np

from motioncast.arrays import Bools, Float32, Float64

Array = TypeVar("Array", Float32, Float64)


def fill_gaps(signal: Array, valid: Bools) -> Array:
    """Linear interpolation over time of the frames where `valid` (N,) is False; ends are held. (N, ...) in and out."""
    filled = signal.copy()
    missing, known = np.flatnonzero(~valid), np.flatnonzero(valid)
    if len(missing) == 0 or len(known) == 0:
        return filled
    after = np.clip(np.searchsorted(known, missing), 0, len(known) - 1)
    before = np.maximum(after - (known[after] > missing), 0)
    a, b = known[before], known[after]
    share = np.clip((missing - a) / np.maximum(b - a, 1), 0.0, 1.0).reshape((-1,) + (1,) * (signal.ndim - 1))
    filled[missing] = signal[a] * (1.0 - share) + signal[b] * share
    return filled
