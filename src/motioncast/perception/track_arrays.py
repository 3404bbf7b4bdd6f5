"""From what was found in each frame to the arrays of a `PerformanceTrack`."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from motioncast.arrays import Bools, Float32, Float64
from motioncast.perception.body_pace import BodyLook, bridged_poses
from motioncast.perception.gaps import fill_gaps
from motioncast.perception.hand import Look, bridged
from motioncast.perception.landmarks import (
    BODY_POINTS,
    FACE_POINTS,
    HAND_POINTS,
    PerformanceTrack,
    PersonMasks,
)
from motioncast.perception.mask import PlacedMask
from motioncast.perception.networks import Points
from motioncast.perception.pose_network import Pose

_SAME_HAND = 0.35  #: two hands nearer to each other than this share of a hand's length are one and the same


class Seen(Protocol):
    """What one frame shows of the person."""

    @property
    def body(self) -> BodyLook: ...
    @property
    def mask(self) -> PlacedMask | None: ...
    @property
    def face(self) -> Points | None: ...
    @property
    def left(self) -> Look: ...
    @property
    def right(self) -> Look: ...


def assemble(
    found: Sequence[Seen], size: tuple[int, int], source: tuple[int, int], rate: float, cuts: tuple[int, ...]
) -> PerformanceTrack:
    """The track in pixels of a `source` (W, H), from landmarks in pixels of a picture of `size`. Gaps are filled."""
    bodies = bridged_poses([f.body for f in found], cuts)
    hands = [
        _distinct(*seen)
        for seen in zip(
            bridged([f.left for f in found], cuts), bridged([f.right for f in found], cuts), bodies, strict=True
        )
    ]
    masks = [f.mask for f in found]
    body_valid = np.array([pose is not None for pose in bodies])
    body = _stack([pose.body_px if pose else None for pose in bodies], (BODY_POINTS, 3))
    world = _stack([pose.world_m if pose else None for pose in bodies], (BODY_POINTS, 3))
    visibility = _stack([pose.visibility if pose else None for pose in bodies], (BODY_POINTS,))
    to_px = _stack([mask.to_px if mask else None for mask in masks], (2, 3))
    face, face_valid = _points([f.face for f in found], FACE_POINTS)
    left, left_valid = _points([pair[0] for pair in hands], HAND_POINTS)
    right, right_valid = _points([pair[1] for pair in hands], HAND_POINTS)
    scale = np.array([source[0] / size[0], source[1] / size[1]])
    return PerformanceTrack(
        width=source[0],
        height=source[1],
        rate=rate,
        body_px=fill_gaps(_scaled(body, scale), body_valid),
        body_visibility=visibility,  # 0 where nobody was seen
        body_world_m=fill_gaps(world, body_valid),
        body_valid=body_valid,
        face_px=fill_gaps(_scaled(face, scale), face_valid),
        face_valid=face_valid,
        left_hand_px=fill_gaps(_scaled(left, scale), left_valid),
        left_hand_valid=left_valid,
        right_hand_px=fill_gaps(_scaled(right, scale), right_valid),
        right_hand_valid=right_valid,
        masks=PersonMasks(tuple(mask.packed if mask else b"" for mask in masks), _scaled_affine(to_px, scale)),
        cuts=cuts,
    )


def _distinct(left: Points | None, right: Points | None, pose: Pose | None) -> tuple[Points | None, Points | None]:
    """Left and right hand; if both are the same hand in the picture, the one farther from its own wrist is dropped."""
    if left is None or right is None or pose is None:
        return left, right
    apart = np.linalg.norm(left.points_px[:, :2] - right.points_px[:, :2], axis=1).mean()
    length = max(np.linalg.norm(hand.points_px[9, :2] - hand.points_px[0, :2]) for hand in (left, right))
    if apart > _SAME_HAND * 2 * length:
        return left, right
    off = [np.linalg.norm(hand.points_px[0, :2] - pose.body_px[wrist, :2]) for hand, wrist in ((left, 15), (right, 16))]
    return (left, None) if off[0] <= off[1] else (None, right)


def _points(found: Sequence[Points | None], count: int) -> tuple[Float32, Bools]:
    valid = np.array([points is not None for points in found])
    return _stack([points.points_px if points else None for points in found], (count, 3)), valid


def _stack(arrays: Sequence[Float32 | None], shape: tuple[int, ...]) -> Float32:
    """(N, *shape), zero where there is nothing."""
    out = np.zeros((len(arrays), *shape), np.float32)
    for row, array in zip(out, arrays, strict=True):
        if array is not None:
            row[...] = array
    return out


def _scaled(points: Float32, scale: Float64) -> Float32:
    """Pixel centres at one size to pixel centres at another, in place; z goes with x."""
    factor = np.array([*scale, scale[0]], np.float32)
    points *= factor
    points[..., :2] += 0.5 * factor[:2] - 0.5
    return points


def _scaled_affine(affine: Float32, scale: Float64) -> Float32:
    out = (affine * scale[:, None]).astype(np.float32)
    out[..., 2] += 0.5 * scale - 0.5
    return out
