"""Zero-phase smoothing of whole-clip signals: no lag, gaps bridged, short events such as blinks kept."""

from typing import TypeVar

import numpy as np
from scipy.ndimage import convolve1d, gaussian_filter1d

from motioncast.arrays import Float32, Float64, Floats
from motioncast.perception.gaps import fill_gaps

_BLOCK_COLUMNS = 96
Array = TypeVar("Array", Float32, Float64)


def local_linear(signal: Floats, weight: Floats, sigma: float) -> Float64:
    """Gaussian-weighted local linear regression over time: smoothing and gap filling in one formula.

    x(t) = a of argmin over (a, b) of sum_s K((s - t) / sigma) w_s (x_s - a - b (s - t))^2   (Cleveland 1979, LOESS)

    `signal` is (N, ...), `weight` (N, ...) with as many or fewer trailing axes (0 = missing), `sigma` in frames.
    """
    x = np.asarray(signal, np.float64)
    w = np.maximum(np.asarray(weight, np.float64), 1e-4)
    w = np.broadcast_to(w.reshape(w.shape + (1,) * (x.ndim - w.ndim)), x.shape)
    if len(x) < 3 or sigma <= 0:
        return x.copy()
    # a gap longer than the kernel falls back to the nearest measured values
    x = fill_gaps(x, np.asarray((w > 1e-3).reshape(len(x), -1).any(axis=1)))
    radius = int(np.ceil(4 * sigma))
    offset = np.arange(-radius, radius + 1, dtype=np.float64)
    kernel = np.exp(-0.5 * (offset / sigma) ** 2)

    def moment(values: Float64, power: int) -> Float64:
        return convolve1d(values, (kernel * offset**power)[::-1], axis=0, mode="constant")

    s0, s1, s2 = (moment(w, power) for power in range(3))
    y0, y1 = moment(w * x, 0), moment(w * x, 1)
    determinant = s0 * s2 - s1 * s1
    solvable = determinant > 1e-3 * s0 * s2
    line = (s2 * y0 - s1 * y1) / np.where(solvable, determinant, 1.0)
    return np.where(solvable, line, y0 / s0)


def event_preserving(signal: Array, noise: float, sigma: float) -> Array:
    """Gaussian smoothing over time that gives back every residual clearly above the tracker's known noise.

    With G = gauss(x, sigma) and r = x - G: G + smoothstep(1, 3, gauss(|r|, .8) / noise) * r. `signal` is (N, ...).
    """
    columns = signal.reshape(len(signal), -1)
    out = np.empty_like(columns)
    # block by block: the intermediates of a long clip's whole face mesh would outweigh everything else in memory
    for first in range(0, columns.shape[1], _BLOCK_COLUMNS):
        block = np.asarray(columns[:, first : first + _BLOCK_COLUMNS], np.float64)
        smooth = gaussian_filter1d(block, sigma, axis=0, mode="nearest")
        residual = block - smooth
        level = gaussian_filter1d(np.abs(residual), 0.8, axis=0, mode="nearest") / noise
        out[:, first : first + _BLOCK_COLUMNS] = smooth + smoothstep(1.0, 3.0, level) * residual
    return out.reshape(signal.shape)


def smoothstep(low: float, high: float, x: Floats) -> Float64:
    """Cubic ramp from 0 at `low` to 1 at `high`, flat outside."""
    t = np.clip((np.asarray(x, np.float64) - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def soft_limit(values: Floats, limit: Floats | float) -> Float64:
    """Pass small values and bend large ones smoothly below `limit`: limit * tanh(values / limit)."""
    bound = np.asarray(limit, np.float64)
    limited: Float64 = bound * np.tanh(np.asarray(values, np.float64) / bound)
    return limited
