"""The character's skeleton as the reference image shows it."""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Float64
from motioncast.engines.puppet.body.planar import distance
from motioncast.engines.puppet.body.skeleton import BONES, PAIRS, Bone

_TRUNK = {Bone.SPINE, Bone.HEAD, Bone.SHOULDERS, Bone.HIPS}


@dataclass(frozen=True)
class RestPose:
    """The character as drawn in the reference image."""

    joints_px: Float64  #: (J, 2)
    joints_world_m: Float64  #: (J, 3), for the foreshortening of the still alone
    has_legs: bool
    cut_at_bottom: bool  #: the picture's lower edge crosses the body

    def bone_lengths(self) -> dict[Bone, float]:
        """Length of every bone in px if it lay in the image plane; left and right are drawn towards the longer."""
        lengths: dict[Bone, float] = {}
        for bone, (start, end) in BONES.items():
            seen = distance(self.joints_px[start], self.joints_px[end])
            vector = self.joints_world_m[end] - self.joints_world_m[start]
            flat = distance(vector[:2], np.zeros(2)) / max(distance(vector, np.zeros(3)), 1e-9)
            lengths[bone] = seen if bone in _TRUNK else seen / float(np.clip(flat, 0.6, 1.0))
        for left, right in PAIRS:
            lengths[left] = lengths[right] = 0.75 * max(lengths[left], lengths[right]) + 0.25 * min(
                lengths[left], lengths[right]
            )
        return lengths
