"""Make both bodies agree where they look alike: in the frames that the reference image corresponds to."""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Bools, Float64
from motioncast.engines.puppet.body.planar import distance, rotate, turn
from motioncast.engines.puppet.body.skeleton import BONES, Bone
from motioncast.perception.smoothing import smoothstep

#: a bone that differs less is corrected, one that differs more is not
_SAME, _OTHER = float(np.radians(20.0)), float(np.radians(45.0))
_LENGTHS = (0.75, 1.35)
_LEFT_OVER = 0.015  #: of the canvas' longer side: joints farther off are not in the same place


@dataclass(frozen=True)
class Anchor:
    """The driving frames that motion is relative to."""

    frames: Bools  #: (N,), at least one is set
    alike: bool  #: they show the performer as the picture shows the character
    same_head: bool = False  #: and the head in the very same place, size and turn
    exact: bool = False  #: the picture is this frame: all that differs is how the tracker reads either


def calibrate(vectors: dict[Bone, Float64], rest_px: Float64, frames: Bools) -> dict[Bone, Float64]:
    """Turn and scale every bone (N, 2) so that in `frames` (N,) it is the one of the picture, joints rest_px (J, 2).

    The correction is constant over the clip and fades out where the two poses differ for good.
    """
    calibrated = {}
    for bone, vector in vectors.items():
        start, end = BONES[bone]
        own = rest_px[end] - rest_px[start]
        there = np.median(vector[frames], axis=0)
        correction = turn(there, own)
        share = _share(correction)
        ratio = float(np.clip(distance(own, np.zeros(2)) / max(distance(there, np.zeros(2)), 1e-6), *_LENGTHS))
        angles = np.full(len(vector), share * correction)
        calibrated[bone] = rotate(vector, angles) * (1 + share * (ratio - 1))
    return calibrated


def settle(joints_px: Float64, rest_px: Float64, anchor: Anchor, canvas: tuple[int, int]) -> Float64:
    """Joints (N, J, 2) moved by what is left between them and rest_px (J, 2) at the anchor, if it is little.

    Lengths, angles and places are each made to agree by themselves; together they leave a few pixels.
    """
    left = rest_px - np.median(joints_px[anchor.frames], axis=0)
    near: Bools = (np.linalg.norm(left, axis=1) <= _LEFT_OVER * max(canvas)) | anchor.exact
    settled: Float64 = joints_px + np.where(near[:, None], left, 0.0)
    return settled


def agreement(correction: float) -> float:
    """The part of an angular correction to apply, radians: all of a small one, nothing of a large one."""
    return _share(correction) * correction


def _share(correction: float) -> float:
    return 1.0 - float(smoothstep(_SAME, _OTHER, np.abs(np.array(correction))))
