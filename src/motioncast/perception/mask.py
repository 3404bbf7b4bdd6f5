"""The person mask through the frames: made where the person moved, carried along where the pose only shifted."""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Float32, Float64
from motioncast.perception.landmarks import PersonMasks
from motioncast.perception.pose_network import Pose
from motioncast.perception.segmentation import PoseMask

_VISIBLE = 0.5
_LEAST_POINTS = 4
_HELD = 0.02  #: a limb that moves further by itself, in sides of the mask's region, asks for a new mask


@dataclass(frozen=True)
class PlacedMask:
    """One mask, compressed, and where it lies."""

    packed: bytes  #: `PersonMasks.pack`
    to_px: Float32  #: (2, 3) affine from mask pixels to picture pixels


class MaskFollower:
    """Give it every pose in order; at most every second pose gets the mask of the one before, moved with the body."""

    def __init__(self, network: PoseMask) -> None:
        self._network = network
        self._last: tuple[Pose | None, PlacedMask | None] = (None, None)
        self._fresh: tuple[Pose, PlacedMask] | None = None  # of the previous pose, if its mask was its own

    def __call__(self, pose: Pose | None) -> PlacedMask | None:
        """The mask of a pose; None without one. The same pose again has the same mask."""
        if pose is not self._last[0]:
            self._last = (pose, self._next(pose))
        return self._last[1]

    def _next(self, pose: Pose | None) -> PlacedMask | None:
        carried = self._carried(pose) if pose is not None else None
        if carried is not None or pose is None:
            self._fresh = None
            return carried
        mask = PlacedMask(PersonMasks.pack(self._network(pose)), pose.mask_to_px)
        self._fresh = (pose, mask)
        return mask

    def _carried(self, pose: Pose) -> PlacedMask | None:
        if self._fresh is None:
            return None
        before, mask = self._fresh
        seen = np.minimum(before.visibility, pose.visibility) > _VISIBLE
        if seen.sum() < _LEAST_POINTS:
            return None
        old, new = (p.body_px[seen, :2].astype(np.float64) for p in (before, pose))
        motion = similarity(old, new)
        off = np.linalg.norm(old @ motion[:, :2].T + motion[:, 2] - new, axis=1).max()
        if off > _HELD * pose.circle.side:
            return None
        to_px = motion[:, :2] @ mask.to_px
        to_px[:, 2] += motion[:, 2]
        return PlacedMask(mask.packed, to_px.astype(np.float32))


def similarity(old: Float64, new: Float64) -> Float64:
    """(2, 3) shift, turn and scale that takes `old` (K, 2) nearest to `new` (least squares, as complex numbers)."""
    a, b = old[:, 0] + 1j * old[:, 1], new[:, 0] + 1j * new[:, 1]
    from_centre = a - a.mean()
    turn = np.vdot(from_centre, b - b.mean()) / max(float(np.vdot(from_centre, from_centre).real), 1e-9)
    shift = b.mean() - turn * a.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
