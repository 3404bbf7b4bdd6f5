"""When the character is in the picture: as long as the performer is, or is only lost for a moment."""

import numpy as np

from motioncast.arrays import Bools, Float32
from motioncast.perception.landmarks import PerformanceTrack

HOLD_S = 0.5  #: a shorter gap is the tracker's, not the performer's
FADE_S = 0.2  #: how long the character takes to come and to go


def presence(track: PerformanceTrack) -> Float32:
    """(N,) 0..1: how much of the character shows in every frame; in a shot without performer, nothing."""
    seen = track.body_valid | track.face_valid
    starts = [0, *track.cuts]
    shown = np.zeros(len(track), np.float32)
    for start, end in zip(starts, [*starts[1:], len(track)], strict=True):
        there = _bridged(seen[start:end], HOLD_S * track.rate)
        shown[start:end] = _faded(_earlier(there, round(FADE_S * track.rate)), FADE_S * track.rate)
    return shown


def _bridged(seen: Bools, longest: float) -> Bools:
    """`seen` (K,) of one shot with all gaps of up to `longest` frames closed, if there is anyone at all."""
    if not seen.any():
        return seen
    edges = np.flatnonzero(np.diff(np.concatenate([[True], seen, [True]]).astype(int)))
    closed = seen.copy()
    for first, after in edges.reshape(-1, 2):
        if after - first <= longest:
            closed[first:after] = True
    return closed


def _earlier(there: Bools, frames: int) -> Bools:
    """Every coming moved ahead by some frames: who enters is seen for a moment before they are recognised."""
    ahead = there.copy()
    for k in range(1, min(frames, len(there) - 1) + 1):
        ahead[:-k] |= there[k:]
    return ahead


def _faded(there: Bools, length: float) -> Float32:
    """Ramps of `length` frames, centred on the moments of coming and going."""
    half = max(1, round(length / 2))
    padded = np.pad(there.astype(np.float32), half, mode="edge")
    window = np.ones(2 * half + 1, np.float32) / (2 * half + 1)
    return np.convolve(padded, window, mode="valid").astype(np.float32)
