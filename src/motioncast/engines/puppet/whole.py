"""Moving what is no person, an animal, a cup, a stick figure: it leans and stretches with the performer's head."""

import numpy as np

from motioncast.arrays import Float32, Float64
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.perception.smoothing import local_linear, soft_limit
from motioncast.request import Mode

_SIGMA_S = 0.12
_HEADS = 4.0  #: height of the figure, in the face widths of whom it follows
_LEAN = np.deg2rad(14.0)  #: farthest
_STRETCH = 0.08  #: farthest, over its height
_HEAD_ABOVE = 0.9  #: face widths between the middle of a face and the top of its head
_SMALLEST = 0.2  #: of its usual size that the figure keeps whatever the performer does
_BUST = 3.6  #: face widths a performer without feet is high


def move_whole(
    alpha: Float32, track: PerformanceTrack, head_px: Float64, face_width_px: Float64, mode: Mode
) -> Float64:
    """(N, 2, 3) reference px to canvas px, for a figure with the (H, W) matte `alpha`.

    head_px (N, 2), face_width_px (N,): the performer's. animate: the foot of the figure stays where it is, so that
    nothing below it comes into view. replace: it stands where the performer stands, as high.
    """
    rows, columns = np.nonzero(alpha > 0.5)
    height = float(np.ptp(rows) + 1)
    foot = np.array([float(columns.mean()), float(rows.max())])
    even = np.ones(len(track))
    head = local_linear(head_px, even, _SIGMA_S * track.rate)
    width = np.maximum(local_linear(face_width_px, even, 2 * _SIGMA_S * track.rate), 1e-3)
    usual = float(np.median(width))
    if mode is Mode.REPLACE:
        below = _below(track, head, width)
        size = (below[:, 1] - head[:, 1] + _HEAD_ABOVE * width) / height
        # somebody who lies down has the feet beside the head
        size = np.maximum(size, _SMALLEST * max(float(np.median(size)), 1e-2))
        return _affines(foot, below, size, np.zeros(len(track)), even)
    off = (head - np.median(head, axis=0)) / (_HEADS * usual)
    lean = soft_limit(off[:, 0], _LEAN)
    stretch = 1 - soft_limit(off[:, 1], _STRETCH)
    return _affines(foot, np.repeat(foot[None], len(track), axis=0), even, lean, stretch)


def _below(track: PerformanceTrack, head: Float64, width: Float64) -> Float64:
    """(N, 2) where the performer ends: at the feet, if they are seen, else a bust's height below the head."""
    ankles = track.body_px[:, [27, 28], :2].astype(np.float64).mean(axis=1)
    seen = float(np.median(track.body_visibility[:, [27, 28]])) > 0.5
    below = ankles if seen else head + [0, 1] * (_BUST * width)[:, None]
    return local_linear(below, np.ones(len(track)), _SIGMA_S * track.rate)


def _affines(foot: Float64, place: Float64, size: Float64, lean: Float64, stretch: Float64) -> Float64:
    """Scale by size, stretch upwards, lean to the right, about `foot`, which lands on `place` (N, 2)."""
    cos, sin = np.cos(lean), np.sin(lean)
    linear = size[:, None, None] * np.stack(
        [np.stack([cos, -sin * stretch], axis=-1), np.stack([sin, cos * stretch], axis=-1)], axis=-2
    )
    affine = np.zeros((len(size), 2, 3))
    affine[:, :, :2] = linear
    affine[:, :, 2] = place - linear @ foot
    return affine
