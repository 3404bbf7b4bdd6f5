"""Numbers read off face shapes in the head's own frame (`CANONICAL` axes, unit: face width)."""

import numpy as np

from motioncast.arrays import Float64, Floats
from motioncast.engines.puppet.face.topology import BROWS, EYES, INNER_LOWER, INNER_UPPER, Eye


def lip_gaps(shape: Floats) -> Float64:
    """(..., 9) vertical distances between the inner lips, from one corner to the other; (..., 478, 3) in."""
    gaps: Float64 = shape[..., INNER_LOWER[1:-1], 1] - shape[..., INNER_UPPER[1:-1], 1]
    return gaps


def eye_opening(shape: Floats, eye: Eye) -> Float64:
    """(...,) mean lid distance over the width of the eye."""
    upper, lower = shape[..., eye.upper[2:7], :2], shape[..., eye.lower[2:7], :2]
    width = np.linalg.norm(shape[..., eye.upper[0], :2] - shape[..., eye.upper[-1], :2], axis=-1)
    opening: Float64 = np.linalg.norm(upper - lower, axis=-1).mean(axis=-1) / np.maximum(width, 1e-6)
    return opening


def eye_frame(shape: Floats, eye: Eye) -> tuple[Float64, Float64, Float64]:
    """Centre (..., 2), unit axis towards larger x (..., 2) and width (..., 1) of an eye from its two corners."""
    left, right = shape[..., eye.upper[0], :2], shape[..., eye.upper[-1], :2]
    if eye is EYES[1]:
        left, right = right, left
    width = np.maximum(np.linalg.norm(right - left, axis=-1, keepdims=True), 1e-6)
    return (left + right) / 2, (right - left) / width, width


def gaze(shape: Floats, eye: Eye) -> Float64:
    """(..., 2) position of the iris in the frame of the eye corners, in eye widths."""
    centre, axis, width = eye_frame(shape, eye)
    offset = shape[..., eye.iris, :2] - centre
    down = np.stack([-axis[..., 1], axis[..., 0]], axis=-1)
    position: Float64 = np.stack([(offset * axis).sum(-1), (offset * down).sum(-1)], axis=-1) / width
    return position


def brow_height(shape: Floats) -> float:
    """Mean height of the brows above the eye corners of one shape (478, 3)."""
    corners = [shape[[eye.upper[0], eye.upper[-1]], 1].mean() for eye in EYES]
    return float(np.mean([corner - shape[brow, 1].mean() for corner, brow in zip(corners, BROWS, strict=True)]))


def distance(shape: Floats, first: int, second: int) -> float:
    """Distance between two landmarks of one shape (478, 3)."""
    return float(np.linalg.norm(shape[first] - shape[second]))


def mouth_width(shape: Floats) -> float:
    """Distance of the outer mouth corners of one shape (478, 3)."""
    return distance(shape, 61, 291)
