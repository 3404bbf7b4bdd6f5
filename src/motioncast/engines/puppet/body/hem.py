"""The lower end of a character that stands on the performer's legs.

A picture that ends at the waist has no legs. Where it replaces a performer who is seen whole, a cut torso would float
in the air; instead it fades out over the performer's hips, and the performer's own legs stay.
"""

from dataclasses import replace

import numpy as np

from motioncast.arrays import Float64
from motioncast.engines.puppet.body.joints import HIP, SHOULDER, SIDES
from motioncast.engines.puppet.body.layers import BodyLayers
from motioncast.perception.smoothing import smoothstep

FADE = 0.14  #: torso lengths over which the torso fades out
_HIPS = 1.6  #: half the width of the hips over that of their joints
_LOWEST = -0.16  #: torso lengths above the hips where it has gone


def fade_hem(layers: BodyLayers) -> tuple[BodyLayers, float]:
    """Fade the torso out above its hips, or above its lower end if that is higher.

    Returns the layers, and how far above the hips nothing is left, in torso lengths.
    """
    joints, torso = layers.joints, layers.torso
    height, width = torso.rgba.shape[:2]
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float64)
    points = np.stack([xx + torso.origin_px[0], yy + torso.origin_px[1]], axis=-1)
    spine = joints.neck - joints.hip
    above: Float64 = (points - joints.hip) @ spine / max(float(spine @ spine), 1e-6)
    gone = max(_LOWEST, float(above[-1].max()) + 0.02)
    share = smoothstep(gone, gone + FADE, above) * _tapered(points, above - gone, layers)
    rgba = np.clip(torso.rgba * share[..., None] + 0.5, 0, 255).astype(np.uint8)
    return replace(layers, torso=replace(torso, rgba=rgba)), gone


def _tapered(points: Float64, above: Float64, layers: BodyLayers) -> Float64:
    """(H, W) 0..1: a cloak as wide as the shoulders does not end in the air beside the performer's hips.

    points (H, W, 2) reference px; above (H, W) torso lengths above the end.
    """
    joints = layers.joints
    spine = (joints.neck - joints.hip) / max(joints.torso_length, 1e-6)
    aside = np.abs((points - joints.hip) @ np.array([-spine[1], spine[0]]))
    hips, shoulders = (
        max(abs(float((rows[side][row] - middle) @ np.array([-spine[1], spine[0]]))) for side in SIDES)
        for rows, row, middle in ((joints.legs, HIP, joints.hip), (joints.arms, SHOULDER, joints.neck))
    )
    narrow = max(_HIPS * hips, 0.7 * shoulders)
    width = narrow * (1.0 + 3.0 * np.maximum(above - FADE, 0.0))
    return 1.0 - smoothstep(0.9, 1.1, aside / np.maximum(width, 1e-6))
