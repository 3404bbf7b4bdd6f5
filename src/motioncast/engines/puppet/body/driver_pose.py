"""The performer's skeleton through the clip: smoothed joints, pixel scale and foreshortened bones.

A bone is kept as its image vector divided by the length it would have if it lay in the image plane, so its direction is
what the camera saw and its norm is the foreshortening. Image angles are used and depth only for lengths, because the
network's 3D directions are noisier than its 2D ones.
"""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Bools, Float64
from motioncast.engines.puppet.body.planar import length
from motioncast.engines.puppet.body.skeleton import BODY_LANDMARK, BONES, PAIRS, Bone, Joint
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.perception.skeleton import mirror_body
from motioncast.perception.smoothing import local_linear

_BODY_SIGMA_S, _HAND_SIGMA_S, _SCALE_SIGMA_S = 0.045, 0.03, 0.12
_WRISTS_AND_HANDS = (15, 16, 17, 18, 19, 20, 21, 22)
_SCALE_POINTS = (7, 8, 11, 12, 23, 24, 25, 26, 27, 28)
_KNUCKLES = (5, 9, 13, 17)


@dataclass(frozen=True)
class DriverPose:
    """The performer's skeleton in N frames, in driving-video px."""

    joints_px: Float64  #: (N, J, 2), J = len(Joint)
    visibility: Float64  #: (N, J), 0..1
    depth_px: Float64  #: (N, J), smaller is nearer
    scale: Float64  #: (N,) px a metre
    bones: dict[Bone, Float64]  #: (N, 2) foreshortened unit vectors
    lengths_m: dict[Bone, float]
    rate: float

    def __len__(self) -> int:
        return len(self.scale)

    @property
    def shows_legs(self) -> bool:
        """Whether knees and ankles are in view for most of the clip."""
        legs = [Joint.LEFT_KNEE, Joint.RIGHT_KNEE, Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE]
        return bool(self.visibility[:, legs].mean() > 0.5)

    @property
    def shows_arms(self) -> bool:
        """Whether an elbow and a wrist are in view for a good part of the clip."""
        elbows = self.visibility[:, [Joint.LEFT_ELBOW, Joint.RIGHT_ELBOW]].max(axis=1)
        wrists = self.visibility[:, [Joint.LEFT_WRIST, Joint.RIGHT_WRIST]].max(axis=1)
        return bool(np.percentile(np.minimum(elbows, wrists), 85) > 0.5)

    @property
    def shows_hips(self) -> bool:
        """Whether the hips are in view rather than guessed."""
        return bool(self.visibility[:, Joint.HIP].mean() > 0.4)

    def smooth(self, signal: Float64, seconds: float) -> Float64:
        """Zero-phase smoothing of a per-frame signal (N, ...)."""
        return local_linear(signal, np.ones(len(signal)), seconds * self.rate)


def read_driver_pose(track: PerformanceTrack) -> DriverPose:
    """Smooth the body landmarks of a clip and turn them into a skeleton."""
    px, world, visibility = _facing_camera(track)
    weight = np.where(track.body_valid[:, None], np.clip(visibility, 0.05, 1.0), 1e-3)
    px_smooth = local_linear(px, weight, _BODY_SIGMA_S * track.rate)
    hands = list(_WRISTS_AND_HANDS)
    px_smooth[:, hands] = local_linear(px[:, hands], weight[:, hands], _HAND_SIGMA_S * track.rate)
    world_smooth = local_linear(world, weight, _BODY_SIGMA_S * track.rate)
    seen = np.clip(local_linear(visibility, np.ones_like(visibility), 1.5 * _BODY_SIGMA_S * track.rate), 0.0, 1.0)

    joints, joints_m = joints_of(px_smooth), joints_of(world_smooth)
    _aim_hands(joints, track)
    scale = _pixel_scale(px_smooth, world_smooth, seen)
    scale = local_linear(scale, np.ones(len(scale)), _SCALE_SIGMA_S * track.rate)
    bones, lengths = _foreshortened_bones(joints[..., :2], joints_m, scale)
    return DriverPose(
        joints_px=joints[..., :2],
        visibility=_joint_visibility(seen),
        depth_px=joints[..., 2],
        scale=scale,
        bones=bones,
        lengths_m=lengths,
        rate=track.rate,
    )


def joints_of(landmarks: Float64) -> Float64:
    """BlazePose landmarks (..., 33, D) to joints (..., J, D): landmarks, or the middle of two of them."""
    out = np.empty((*landmarks.shape[:-2], len(Joint), landmarks.shape[-1]))
    for joint, sources in BODY_LANDMARK.items():
        out[..., joint, :] = landmarks[..., list(sources), :].mean(axis=-2)
    return out


def _joint_visibility(visibility: Float64) -> Float64:
    return np.stack([visibility[:, list(sources)].min(axis=1) for sources in BODY_LANDMARK.values()], axis=1)


def _facing_camera(track: PerformanceTrack) -> tuple[Float64, Float64, Float64]:
    """Landmarks with left and right swapped in the frames that show the performer from behind.

    The character is drawn from the front whatever the performer does, so its arms follow the image sides.
    """
    px, world = track.body_px.astype(np.float64), track.body_world_m.astype(np.float64)
    visibility = track.body_visibility.astype(np.float64)
    across = px[:, 11, 0] - px[:, 12, 0]
    behind = local_linear(across, track.body_valid.astype(np.float64), 2 * _BODY_SIGMA_S * track.rate) < 0
    mirrored = mirror_body()
    px[behind] = px[behind][:, mirrored]
    world[behind] = world[behind][:, mirrored]
    visibility[behind] = visibility[behind][:, mirrored]
    return px, world, visibility


def _aim_hands(joints: Float64, track: PerformanceTrack) -> None:
    """Where the hand network saw a hand, its knuckles say better than the body network where the hand points."""
    for wrist, hand, points, valid in (
        (Joint.LEFT_WRIST, Joint.LEFT_HAND, track.left_hand_px, track.left_hand_valid),
        (Joint.RIGHT_WRIST, Joint.RIGHT_HAND, track.right_hand_px, track.right_hand_valid),
    ):
        seen = points[:, list(_KNUCKLES), :2].mean(axis=1) - points[:, 0, :2]
        near = np.linalg.norm(points[:, 0, :2] - joints[:, wrist, :2], axis=1) < 2 * length(seen) + 1e-6
        measured: Bools = valid & near
        assumed = joints[:, hand, :2] - joints[:, wrist, :2]
        aim = np.where(measured[:, None], seen, assumed)
        weight = np.where(measured, 1.0, 0.05)
        joints[:, hand, :2] = joints[:, wrist, :2] + local_linear(aim, weight, _HAND_SIGMA_S * track.rate)


def _pixel_scale(px: Float64, world: Float64, visibility: Float64) -> Float64:
    """Weak-perspective px a metre: least squares of centred 2D points on centred world x, y."""
    points = list(_SCALE_POINTS)
    weight = np.clip(visibility[:, points], 0.02, 1.0)[..., None] ** 2
    a, b = world[:, points, :2], px[:, points, :2]
    total = weight.sum(axis=1, keepdims=True)
    a = a - (a * weight).sum(axis=1, keepdims=True) / total
    b = b - (b * weight).sum(axis=1, keepdims=True) / total
    scale: Float64 = (weight * a * b).sum(axis=(1, 2)) / np.maximum((weight * a * a).sum(axis=(1, 2)), 1e-9)
    return np.asarray(np.maximum(scale, 1.0))


def _foreshortened_bones(
    joints_px: Float64, joints_m: Float64, scale: Float64
) -> tuple[dict[Bone, Float64], dict[Bone, float]]:
    lengths: dict[Bone, float] = {}
    for bone, (start, end) in BONES.items():
        in_space = float(np.median(length(joints_m[:, end] - joints_m[:, start])))
        in_image = float(np.percentile(length(joints_px[:, end] - joints_px[:, start]) / scale, 90))
        # the longest the bone ever looked is a second witness of its length
        lengths[bone] = in_space if bone in {Bone.SPINE, Bone.HEAD} else max(in_space, 0.97 * in_image)
    for left, right in PAIRS:
        lengths[left] = lengths[right] = max(lengths[left], lengths[right])
    return {
        bone: (joints_px[:, end] - joints_px[:, start]) / (scale * max(lengths[bone], 1e-6))[:, None]
        for bone, (start, end) in BONES.items()
    }, lengths
