"""From the performer's skeleton to the character's: where every joint of the character is in every frame.

Joint angles are the performer's own (absolute), bone lengths the character's, shortened as the performer's bones are
foreshortened. Smoothing over time is zero-phase, so that the character is never late.
"""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Bools, Float64
from motioncast.engines.puppet.body.calibrate import Anchor, agreement, calibrate, settle
from motioncast.engines.puppet.body.driver_pose import DriverPose
from motioncast.engines.puppet.body.framing import keep_figure_in_frame, lean_over_hips, limit_drift, limit_lean
from motioncast.engines.puppet.body.joints import SIDES, Side
from motioncast.engines.puppet.body.planar import angle, distance, length, rotate, turn, unit, wrap_all
from motioncast.engines.puppet.body.rest_pose import RestPose
from motioncast.engines.puppet.body.skeleton import Bone, Joint, side_joints
from motioncast.perception.smoothing import smoothstep
from motioncast.request import Mode

#: how far a bone may look shortened or stretched, as shares of its length
_REACH: dict[Bone, tuple[float, float]] = {
    Bone.SPINE: (0.75, 1.04),
    Bone.SHOULDERS: (0.62, 1.06),
    Bone.HIPS: (0.62, 1.06),
    Bone.LEFT_UPPER_ARM: (0.35, 1.05),
    Bone.RIGHT_UPPER_ARM: (0.35, 1.05),
}
_LIMB_REACH = (0.4, 1.05)
_HAND_LENGTH_M = 0.09


@dataclass(frozen=True)
class PoseTargets:
    """The character's skeleton in N frames, in canvas px."""

    joints_px: Float64  #: (N, J, 2)
    scale: Float64  #: (N,) character size relative to the reference image
    arm_behind: dict[Side, Bools]  #: (N,) the arm is behind the torso
    left_leg_behind: Bools  #: (N,)

    def __len__(self) -> int:
        return len(self.scale)


def retarget(rest: RestPose, driver: DriverPose, anchor: Anchor, mode: Mode, canvas: tuple[int, int]) -> PoseTargets:
    """Joint targets for the whole clip.

    animate: place and size are relative to the driving frames of `anchor`, where the character stands as in its image,
    and stay inside the canvas. replace: `driver` is in canvas px and the character takes the performer's own place.
    """
    legs = rest.has_legs and driver.shows_legs
    lengths = rest.bone_lengths()
    sizes = _Sizes.measure(rest, driver, anchor, lengths, legs, mode)
    vectors = _target_bones(driver, lengths, sizes.scale)
    if anchor.alike and mode is Mode.ANIMATE:
        vectors = calibrate(vectors, rest.joints_px, anchor.frames)
    elif rest.cut_at_bottom and mode is Mode.ANIMATE:
        vectors = limit_lean(vectors, rest.joints_px[Joint.NECK] - rest.joints_px[Joint.HIP])
    joints = _stand_up(rest, driver, vectors, sizes, legs, mode, canvas)
    _place_arms(joints, rest, driver, vectors, sizes)
    scale = sizes.scale
    if rest.has_legs:
        _place_legs(joints, rest, driver, vectors, sizes)
    if legs:
        _lock_feet(joints, rest, driver, sizes, mode)
    if mode is Mode.ANIMATE and rest.has_legs and not anchor.alike:
        joints, zoom = keep_figure_in_frame(joints, canvas, driver)
        scale = scale * zoom
    if anchor.alike and mode is Mode.ANIMATE:
        joints = settle(joints, rest.joints_px, anchor, canvas)
    return PoseTargets(
        joints_px=joints,
        scale=scale,
        arm_behind={side: _arm_behind(driver, side) for side in SIDES},
        left_leg_behind=_left_leg_behind(driver),
    )


@dataclass(frozen=True)
class _Sizes:
    """Sizes that tie the two bodies together."""

    scale: Float64  #: (N,) character size relative to the reference image
    stride: float  #: canvas px the character moves for one px of the performer
    anchor: Anchor  #: the driving frames that correspond to the reference image

    @classmethod
    def measure(
        cls,
        rest: RestPose,
        driver: DriverPose,
        anchor: Anchor,
        lengths: dict[Bone, float],
        legs: bool,
        mode: Mode,
    ) -> "_Sizes":
        bones = [Bone.SPINE, Bone.HEAD, *([Bone.LEFT_THIGH, Bone.LEFT_SHANK] if legs else [Bone.SHOULDERS])]
        if not driver.shows_hips:
            bones = [Bone.HEAD, Bone.SHOULDERS]  # hips out of view are guesses
        performer = sum(driver.lengths_m[bone] for bone in bones) * driver.scale
        character = sum(lengths[bone] for bone in bones)
        at_anchor = float(np.median(performer[anchor.frames]))
        if mode is Mode.REPLACE:
            return cls(performer / character, 1.0, anchor)
        scale = performer / at_anchor
        if rest.cut_at_bottom and not anchor.alike:
            scale = scale / np.percentile(scale, 2)  # never shrink: the cut edge would show
        return cls(np.clip(scale, 0.5, 2.0), character / at_anchor, anchor)


def _target_bones(driver: DriverPose, lengths: dict[Bone, float], scale: Float64) -> dict[Bone, Float64]:
    targets = {}
    for bone, vector in driver.bones.items():
        low, high = _REACH.get(bone, _LIMB_REACH)
        targets[bone] = unit(vector) * (np.clip(length(vector), low, high) * lengths[bone] * scale)[:, None]
    # hips out of view are guesses: let them follow the shoulder line
    seen = smoothstep(0.3, 0.6, driver.visibility[:, Joint.HIP])[:, None]
    level = unit(driver.bones[Bone.SHOULDERS]) * (lengths[Bone.HIPS] * scale)[:, None]
    targets[Bone.HIPS] = seen * targets[Bone.HIPS] + (1 - seen) * level
    upright = np.array([0.0, -1.0]) * (lengths[Bone.SPINE] * scale)[:, None]
    targets[Bone.SPINE] = seen * targets[Bone.SPINE] + (1 - seen) * upright
    return targets


def _stand_up(
    rest: RestPose,
    driver: DriverPose,
    vectors: dict[Bone, Float64],
    sizes: _Sizes,
    legs: bool,
    mode: Mode,
    canvas: tuple[int, int],
) -> Float64:
    """Trunk joints: anchored at the hips when both bodies show legs, else at the neck."""
    anchor = Joint.HIP if legs else Joint.NECK
    path = driver.joints_px[:, anchor]
    if mode is Mode.ANIMATE:
        drift = (path - np.median(path[sizes.anchor.frames], axis=0)) * sizes.stride
        if not rest.has_legs:
            drift = limit_drift(drift, canvas, freely=sizes.anchor.alike)
        path = rest.joints_px[anchor] + drift
    if mode is Mode.ANIMATE and not legs and not driver.shows_hips:
        # who only shows head and shoulders sits: the trunk leans over hips that stay
        own = rest.joints_px[Joint.NECK] - rest.joints_px[Joint.HIP]
        vectors = vectors | {Bone.SPINE: lean_over_hips(path - rest.joints_px[Joint.HIP], own, sizes.scale)}
    joints = np.tile(rest.joints_px, (len(driver), 1, 1))  # legs that are not shown stay where they are
    spine, shoulders, hips = vectors[Bone.SPINE], vectors[Bone.SHOULDERS], vectors[Bone.HIPS]
    joints[:, Joint.HIP] = path if legs else path - spine
    joints[:, Joint.NECK] = path + spine if legs else path
    joints[:, Joint.LEFT_SHOULDER] = joints[:, Joint.NECK] + shoulders / 2
    joints[:, Joint.RIGHT_SHOULDER] = joints[:, Joint.NECK] - shoulders / 2
    joints[:, Joint.LEFT_HIP] = joints[:, Joint.HIP] + hips / 2
    joints[:, Joint.RIGHT_HIP] = joints[:, Joint.HIP] - hips / 2
    joints[:, Joint.EAR] = joints[:, Joint.NECK] + vectors[Bone.HEAD]
    return joints


def _place_arms(
    joints: Float64, rest: RestPose, driver: DriverPose, vectors: dict[Bone, Float64], sizes: _Sizes
) -> None:
    """Arms by forward kinematics; an arm the camera did not see hangs as in the reference image."""
    chest = angle(joints[:, Joint.LEFT_SHOULDER] - joints[:, Joint.RIGHT_SHOULDER])
    chest = chest - angle(rest.joints_px[Joint.LEFT_SHOULDER] - rest.joints_px[Joint.RIGHT_SHOULDER])
    for side in SIDES:
        chain = side_joints(side, "SHOULDER", "ELBOW", "WRIST", "HAND")
        seen = driver.visibility[:, [chain[1], chain[2]]].max(axis=1)
        confidence = np.clip(driver.smooth(smoothstep(0.12, 0.37, seen), 0.13), 0.0, 1.0)
        upper, fore = vectors[Bone[f"{side.upper()}_UPPER_ARM"]], vectors[Bone[f"{side.upper()}_FOREARM"]]
        hand = _hand_vectors(rest, driver, chain, fore, sizes)
        for i, target in enumerate((upper, fore, hand)):
            still = rest.joints_px[chain[i + 1]] - rest.joints_px[chain[i]]
            relaxed = rotate(np.broadcast_to(still, target.shape), chest) * sizes.scale[:, None]
            joints[:, chain[i + 1]] = joints[:, chain[i]] + _blend(relaxed, target, confidence)


def _hand_vectors(
    rest: RestPose, driver: DriverPose, chain: tuple[Joint, ...], forearm: Float64, sizes: _Sizes
) -> Float64:
    """The hand bends against the forearm as the performer's does; not at all where it points at the camera."""
    _, elbow, wrist, hand = chain
    arm = driver.joints_px[:, wrist] - driver.joints_px[:, elbow]
    palm = driver.joints_px[:, hand] - driver.joints_px[:, wrist]
    bend = wrap_all(angle(palm) - angle(arm))
    if sizes.anchor.alike:
        own = rest.joints_px[[hand, wrist]] - rest.joints_px[[wrist, elbow]]
        bend = bend + agreement(turn(own[1], own[0]) - float(np.median(bend[sizes.anchor.frames])))
    seen = length(palm) / (driver.scale * _HAND_LENGTH_M)
    bend = driver.smooth(np.clip(bend, -1.0, 1.0) * np.clip((seen - 0.25) / 0.4, 0.0, 1.0), 0.067)
    size = distance(rest.joints_px[wrist], rest.joints_px[hand])
    return rotate(unit(forearm), bend) * (size * sizes.scale)[:, None]


def _place_legs(
    joints: Float64, rest: RestPose, driver: DriverPose, vectors: dict[Bone, Float64], sizes: _Sizes
) -> None:
    hips = angle(joints[:, Joint.LEFT_HIP] - joints[:, Joint.RIGHT_HIP])
    hips = hips - angle(rest.joints_px[Joint.LEFT_HIP] - rest.joints_px[Joint.RIGHT_HIP])
    for side in SIDES:
        hip, knee, ankle, toe = side_joints(side, "HIP", "KNEE", "ANKLE", "TOE")
        seen = np.clip(driver.smooth(smoothstep(0.2, 0.5, driver.visibility[:, knee]), 0.13), 0.0, 1.0)
        for start, end, bone in (
            (hip, knee, Bone[f"{side.upper()}_THIGH"]),
            (knee, ankle, Bone[f"{side.upper()}_SHANK"]),
        ):
            still = np.broadcast_to(rest.joints_px[end] - rest.joints_px[start], (len(driver), 2))
            relaxed = rotate(still, hips) * sizes.scale[:, None]
            joints[:, end] = joints[:, start] + _blend(relaxed, vectors[bone], seen)
        foot = driver.joints_px[:, toe] - driver.joints_px[:, ankle]
        heading = np.unwrap(angle(foot))
        level = np.median(heading[sizes.anchor.frames] if sizes.anchor.alike else heading)
        pointed = np.clip(0.6 * (heading - level), -0.5, 0.5)
        shank_turn = wrap_all(
            angle(joints[:, ankle] - joints[:, knee]) - angle(rest.joints_px[ankle] - rest.joints_px[knee])
        )
        still = np.broadcast_to(rest.joints_px[toe] - rest.joints_px[ankle], (len(driver), 2))
        joints[:, toe] = joints[:, ankle] + rotate(still, pointed + 0.3 * shank_turn) * sizes.scale[:, None]


def _lock_feet(joints: Float64, rest: RestPose, driver: DriverPose, sizes: _Sizes, mode: Mode) -> None:
    """Shift the figure so that the lower, standing foot moves as the performer's does, and does not slide."""
    ankles = [Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE]
    feet = driver.joints_px[:, ankles]
    lowest = feet[..., 1].max(axis=1, keepdims=True)
    weight = np.exp((feet[..., 1] - lowest) / (driver.scale[:, None] * 0.12))[..., None]
    wanted = feet
    if mode is Mode.ANIMATE:
        begin = np.median(feet[sizes.anchor.frames].mean(axis=1), axis=0)
        wanted = rest.joints_px[ankles].mean(axis=0) + (feet - begin) * sizes.stride
    shift = (weight * (wanted - joints[:, ankles])).sum(axis=1) / weight.sum(axis=1)
    joints += driver.smooth(shift, 0.083)[:, None]


def _arm_behind(driver: DriverPose, side: Side) -> Bools:
    elbow, wrist = side_joints(side, "ELBOW", "WRIST")
    depth = driver.depth_px[:, [elbow, wrist]].mean(axis=1) - driver.depth_px[:, Joint.NECK]
    behind: Bools = driver.smooth(depth / (driver.scale * 0.5), 0.1) > 0.45
    return behind


def _left_leg_behind(driver: DriverPose) -> Bools:
    left = driver.depth_px[:, [Joint.LEFT_KNEE, Joint.LEFT_ANKLE]].sum(axis=1)
    right = driver.depth_px[:, [Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE]].sum(axis=1)
    behind: Bools = driver.smooth((left - right) / driver.scale, 0.13) > 0
    return behind


def _blend(relaxed: Float64, target: Float64, share: Float64) -> Float64:
    """Interpolate 2D vectors by angle (the short way round) and length."""
    way = wrap_all(angle(target) - angle(relaxed)) * share
    size = length(relaxed) * (1 - share) + length(target) * share
    return rotate(unit(relaxed), way) * size[:, None]
