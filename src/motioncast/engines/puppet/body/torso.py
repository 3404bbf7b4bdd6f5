"""How the trunk carries everything that is attached to it: hips, chest, and the base of the neck."""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Float64
from motioncast.engines.puppet.body.planar import distance, turn, unit, wrap
from motioncast.engines.puppet.body.skeleton import Joint
from motioncast.engines.puppet.body.skinning import Frame2D
from motioncast.perception.smoothing import smoothstep

_MAX_LEAN = 0.35  #: rad the shoulder or hip line may tilt against the spine


@dataclass(frozen=True)
class TorsoMap:
    """Reference px to canvas px for points of the trunk: a blend of a hip frame and a chest frame along the spine."""

    hip_from: Float64
    neck_from: Float64
    hip_to: Float64
    neck_to: Float64
    hips: Frame2D
    chest: Frame2D
    head_scale: float

    @property
    def head(self) -> Float64:
        """(2, 3) affine that carries the pivot of the head: rigid with the chest, never squeezed with the spine."""
        c, s = self.head_scale * np.cos(self.chest.angle), self.head_scale * np.sin(self.chest.angle)
        turn = np.array([[c, -s], [s, c]])
        return np.column_stack([turn, self.neck_to - turn @ self.neck_from])

    def __call__(self, rest_px: Float64) -> Float64:
        """Canvas px (V, 2) of points (V, 2) in reference px."""
        spine = self.neck_from - self.hip_from
        share = smoothstep(0.0, 1.0, ((rest_px - self.hip_from) @ spine) / max(float(spine @ spine), 1e-6))
        low = (rest_px - self.hip_from) @ _matrix(self.hips).T + self.hip_to
        high = (rest_px - self.neck_from) @ _matrix(self.chest).T + self.neck_to
        mapped: Float64 = low + share[:, None] * (high - low)
        return mapped


def torso_map(rest_px: Float64, target_px: Float64, head_scale: float) -> TorsoMap:
    """The trunk's map from reference joints (J, 2) to target joints (J, 2), the head growing by `head_scale`."""
    spine_from = rest_px[Joint.NECK] - rest_px[Joint.HIP]
    spine_to = target_px[Joint.NECK] - target_px[Joint.HIP]
    lean = turn(spine_from, spine_to)
    length = distance(spine_to, np.zeros(2)) / max(distance(spine_from, np.zeros(2)), 1e-6)
    frames = {}
    for part, right, left in (
        ("chest", Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER),
        ("hips", Joint.RIGHT_HIP, Joint.LEFT_HIP),
    ):
        across_from, across_to = rest_px[left] - rest_px[right], target_px[left] - target_px[right]
        width = distance(across_to, np.zeros(2)) / max(distance(across_from, np.zeros(2)), 1e-6)
        tilt = float(np.clip(wrap(turn(across_from, across_to) - lean), -_MAX_LEAN, _MAX_LEAN))
        frames[part] = Frame2D(lean + tilt, _stretch(spine_from, length, width))
    return TorsoMap(
        hip_from=rest_px[Joint.HIP],
        neck_from=rest_px[Joint.NECK],
        hip_to=target_px[Joint.HIP],
        neck_to=target_px[Joint.NECK],
        hips=frames["hips"],
        chest=frames["chest"],
        head_scale=head_scale,
    )


def _stretch(spine: Float64, along: float, across: float) -> Float64:
    axis = unit(spine)
    side = np.array([-axis[1], axis[0]])
    return along * np.outer(axis, axis) + across * np.outer(side, side)


def _matrix(frame: Frame2D) -> Float64:
    c, s = np.cos(frame.angle), np.sin(frame.angle)
    return np.array([[c, -s], [s, c]]) @ frame.stretch
