"""Placing a character that shows no more than head and shoulders: as a whole, by its head."""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Float64
from motioncast.engines.puppet.character import Character
from motioncast.engines.puppet.face.head_motion import HeadFrame
from motioncast.engines.puppet.face.performance import FacePerformance
from motioncast.engines.puppet.head import StillTorso
from motioncast.engines.puppet.whole import move_whole
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.perception.smoothing import local_linear
from motioncast.request import Mode

_SIZE_SIGMA_S, _SHOULDER_SIGMA_S = 0.3, 0.25


@dataclass(frozen=True)
class BustPath:
    """Where the picture of the character lies on the canvas in N frames."""

    affine: Float64  #: (N, 2, 3) reference px to canvas px

    def torso(self, index: int) -> StillTorso:
        return StillTorso(self.affine[index])

    def scale(self, index: int) -> float:
        """Canvas px a reference px."""
        return float(np.sqrt(np.linalg.det(self.affine[index, :, :2])))


def place_bust(character: Character, track: PerformanceTrack, face: FacePerformance | None, mode: Mode) -> BustPath:
    """animate: the bust stays where it is. replace: it follows the performer's head, calmer than the head itself.

    A figure without a head of its own moves as a whole instead.
    """
    frame = character.trunk.mesh.frame
    if frame is None:
        return BustPath(move_whole(character.subject.matte.alpha, track, *_head_path(track, face), mode))
    if mode is Mode.ANIMATE:
        return BustPath(np.repeat(np.eye(2, 3)[None], len(track), axis=0))
    return BustPath(_follow_head(frame, character.trunk.offset_px, track, face))


def _follow_head(
    frame: HeadFrame, offset_px: Float64, track: PerformanceTrack, face: FacePerformance | None
) -> Float64:
    centre, width = _head_path(track, face)
    even = np.ones(len(track))
    scale = local_linear(width, even, _SIZE_SIGMA_S * track.rate) / frame.width_px
    centre = local_linear(centre, even, _SHOULDER_SIGMA_S * track.rate)
    pivot = frame.centre_px[:2] - offset_px
    affine = np.zeros((len(track), 2, 3))
    affine[:, 0, 0] = affine[:, 1, 1] = scale
    affine[:, :, 2] = centre - scale[:, None] * pivot
    return affine


def _head_path(track: PerformanceTrack, face: FacePerformance | None) -> tuple[Float64, Float64]:
    """The performer's head centre (N, 2) and face width (N,), px."""
    if face is not None:
        return face.pose.translation[:, :2], face.pose.scale
    ears = track.body_px[:, [7, 8], :2].astype(np.float64)
    return ears.mean(axis=1), 1.1 * np.linalg.norm(ears[:, 0] - ears[:, 1], axis=1)
