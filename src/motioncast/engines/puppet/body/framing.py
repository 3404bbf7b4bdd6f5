"""Keep the moving character inside the picture in animate mode."""

import numpy as np

from motioncast.arrays import Float64
from motioncast.engines.puppet.body.driver_pose import DriverPose
from motioncast.engines.puppet.body.planar import angle, length, rotate, wrap_all
from motioncast.engines.puppet.body.skeleton import Bone, Joint
from motioncast.perception.smoothing import soft_limit

_MARGIN = 0.04  #: share of the canvas kept free around a full figure
_HEAD_TOP = 1.9  #: top of the head in neck-to-ear lengths above the neck
_LEAN = 0.5  #: rad
_SITTING_LEAN, _STRETCH = 0.2, 0.12  #: rad, and log of the length: a trunk that goes farther takes its hips along
_BUST_DRIFT = (0.16, 0.06, 0.14)  #: how far a cut figure may drift: sideways, up, down, as shares of the canvas


def keep_figure_in_frame(joints: Float64, canvas: tuple[int, int], driver: DriverPose) -> tuple[Float64, float]:
    """Zoom out and damp sideways drift until a full figure stays inside the canvas.

    joints (N, J, 2) canvas px. Returns the moved joints and the zoom (at most 1).
    """
    width, height = canvas
    head = joints[:, Joint.EAR] - joints[:, Joint.NECK]
    top = joints[:, Joint.NECK] + _HEAD_TOP * head
    extent = np.concatenate([joints, top[:, None]], axis=1)
    reach = 0.22 * np.median(np.linalg.norm(head, axis=1))
    low, high = extent.min(axis=1) - reach, extent.max(axis=1) + reach
    size = np.percentile(high - low, 99, axis=0)
    room = np.array([width * (1 - 2 * _MARGIN), height * (1 - _MARGIN)])
    zoom = float(min(1.0, *(room / np.maximum(size, 1.0))))

    centre = (low[:, 0] + high[:, 0]) / 2
    slack = np.maximum(room[0] - (high - low)[:, 0] * zoom, 0.0) / 2
    drift = np.abs(zoom * (centre - width / 2))
    damping = float(np.clip(np.min(np.where(drift > 1, slack / np.maximum(drift, 1), 1.0)), 0.0, 1.0))
    shift_x = width / 2 + (centre - width / 2) * zoom * damping - centre * zoom

    floor = float(np.percentile(high[:, 1] * zoom, 95))
    shift_y = height * (1 - 0.75 * _MARGIN) - floor
    if zoom > 0.999:
        shift_y = min(shift_y, 0.0)
    # who jumps or walks up a hill is followed, as a camera would
    above = np.maximum(0.5 * _MARGIN * height - (low[:, 1] * zoom + shift_y), 0.0)
    below = np.maximum(high[:, 1] * zoom + shift_y - height * (1 - 0.25 * _MARGIN), 0.0)
    follow = driver.smooth(above - below, 0.25)
    shift = np.stack([driver.smooth(shift_x, 0.2), shift_y + follow], axis=1)
    return joints * zoom + shift[:, None], zoom


def limit_lean(vectors: dict[Bone, Float64], upright: Float64) -> dict[Bone, Float64]:
    """The same bones (N, 2) with spine and shoulders leaning softly less than half a radian away from `upright` (2,).

    A figure without legs that leans as far as a dancer does would lie down in its picture.
    """
    lean = wrap_all(angle(vectors[Bone.SPINE]) - angle(upright))
    back = soft_limit(lean, _LEAN) - lean
    return vectors | {bone: rotate(vectors[bone], back) for bone in (Bone.SPINE, Bone.SHOULDERS)}


def lean_over_hips(spine: Float64, upright: Float64, scale: Float64) -> Float64:
    """Spines (N, 2) from resting hips to a neck that moves, softly limited: hips of who walks do not stay behind.

    upright (2,): the spine of the picture. scale (N,): size of the figure relative to the picture.
    """
    lean = wrap_all(angle(spine) - angle(upright))
    own = upright * scale[:, None]
    stretch = np.log(length(spine) / length(own))
    leant = rotate(own, soft_limit(lean, _SITTING_LEAN))
    return leant * np.exp(soft_limit(stretch, _STRETCH))[:, None]


def limit_drift(drift: Float64, canvas: tuple[int, int], freely: bool) -> Float64:
    """Soft-limit the drift (N, 2) of a figure that the picture's edge cuts, so that the cut stays out of sight.

    freely: the performer is framed as the character is, so that its drift will hardly leave the picture either.
    """
    sideways, up, down = (2 * limit if freely else limit for limit in _BUST_DRIFT)
    vertical = np.where(drift[:, 1] < 0, up, down) * canvas[1]
    limit = np.stack([np.full(len(drift), sideways * canvas[0]), vertical], axis=1)
    return soft_limit(drift, limit)
