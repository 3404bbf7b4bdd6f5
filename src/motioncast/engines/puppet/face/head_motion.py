"""How the performer's head moves, made safe for one still picture: relative to the clip's start, within limits."""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Bools, Float64
from motioncast.engines.puppet.body.calibrate import Anchor
from motioncast.engines.puppet.face.character_face import CharacterFace
from motioncast.engines.puppet.face.geometry import (
    euler_deg,
    limit_length,
    rotation_from_euler,
)
from motioncast.engines.puppet.face.performance import FacePerformance
from motioncast.perception.landmarks import PerformanceTrack, StillLandmarks
from motioncast.perception.smoothing import local_linear, soft_limit

YAW, PITCH, ROLL, MAX_YAW = 30.0, 20.0, 40.0, 48.0  #: degrees; what one picture can be turned by
YAW_GAIN = 1.2  #: a turned picture of a head reads as turned less than a head: by a fifth, to a face tracker
SHIFT, NECK_SHIFT, LOG_SCALE = 0.9, 0.4, 0.25  #: face widths; natural logarithm
NOSE, LEFT_EAR, RIGHT_EAR, LEFT_SHOULDER, RIGHT_SHOULDER = 0, 7, 8, 11, 12  #: BlazePose
NOSE_DEPTH = 0.65  #: of the ear distance, that the nose lies before the ears


@dataclass(frozen=True)
class HeadFrame:
    """Where the character's head is in the reference image."""

    centre_px: Float64  #: (3,) pivot
    rotation: Float64  #: (3, 3) head axes to image axes
    width_px: float  #: face width
    height_px: float  #: forehead to chin
    chin_px: Float64  #: (2,)

    @property
    def yaw_deg(self) -> float:
        return float(euler_deg(self.rotation)[0])


@dataclass(frozen=True)
class HeadMotion:
    """One frame of `HeadMotions`."""

    rotation: Float64  #: (3, 3) in image axes, applied to the character's head about its pivot
    scale: float
    shift_px: Float64  #: (2,) of the pivot, reference px


@dataclass(frozen=True)
class HeadMotions:
    """The head through N frames."""

    rotation: Float64  #: (N, 3, 3)
    scale: Float64  #: (N,)
    shift_px: Float64  #: (N, 2)

    def __len__(self) -> int:
        return len(self.scale)

    def at(self, index: int) -> HeadMotion:
        return HeadMotion(self.rotation[index], float(self.scale[index]), self.shift_px[index])


def locate_head(character: CharacterFace | None, still: StillLandmarks) -> HeadFrame | None:
    """The character's head from its face, else from the ears and nose of its pose; None without either."""
    if character is not None:
        return HeadFrame(
            character.centre_px,
            character.rotation,
            character.width_px,
            character.height_px,
            character.landmarks_px[152, :2],
        )
    if still.body_px is None:
        return None
    head = _head_from_body(np.asarray(still.body_px, np.float64)[None])
    width = max(1.1 * float(head.width[0]), 1.0)
    rotation = rotation_from_euler(head.angles_deg[0])
    centre = np.r_[head.centre_px[0], 0.0]
    return HeadFrame(centre, rotation, width, 1.25 * width, centre[:2] + 0.65 * width * rotation[:2, 1])


def head_motion(
    performance: FacePerformance | None,
    track: PerformanceTrack,
    head: HeadFrame,
    anchor: Anchor,
    *,
    relative_to_neck: bool,
) -> HeadMotions:
    """The performer's head motion relative to the frames of the `anchor`, within soft limits.

    relative_to_neck: the body engine carries the neck, so the size stays and `shift_px` is only how the head moves
    against the performer's shoulders, in the shoulders' own axes. Otherwise both are the head's own in the picture.
    """
    source = _head_from_face(performance) if performance else _head_from_track(track)
    start = _well_seen(source.good, anchor.frames)
    # angle by angle, not as one relative rotation: the nod of a half turned head must not become a tilt
    rest = euler_deg(head.rotation) if anchor.same_head else source.angles_deg[start]
    turn = (source.angles_deg - rest + 180.0) % 360.0 - 180.0
    if performance is None or not performance.pictured:
        turn[:, 0] *= YAW_GAIN
    turn = _limit_turn(turn, head.yaw_deg)
    turned = rotation_from_euler(euler_deg(head.rotation) + turn) @ head.rotation.T
    if relative_to_neck:
        offset = _against_shoulders(source, track)
        shift = (offset - offset[start]) * head.width_px
        shift = limit_length(shift * [0.8, 0.9], NECK_SHIFT * head.width_px)
        return HeadMotions(turned, np.ones(len(turn)), shift)
    scale = np.exp(soft_limit(np.log(source.width / source.width[start]), LOG_SCALE))
    shift = (source.centre_px - source.centre_px[start]) / source.width[start] * head.width_px
    return HeadMotions(turned, scale, limit_length(shift, SHIFT * head.width_px))


def _well_seen(good: Bools, anchor: Bools) -> int:
    """The first frame of the anchor in which the head is well seen, else the one of the clip nearest to it."""
    wanted = int(np.flatnonzero(anchor)[0])
    for frames in (np.flatnonzero(good & anchor), np.flatnonzero(good)):
        if len(frames):
            return int(frames[np.argmin(np.abs(frames - wanted))])
    return wanted


@dataclass(frozen=True)
class _Heads:
    """The performer's head through a clip, whatever it was measured from."""

    angles_deg: Float64  #: (N, 3)
    centre_px: Float64  #: (N, 2)
    width: Float64  #: (N,) px
    good: Bools  #: (N,)


def _head_from_face(performance: FacePerformance) -> _Heads:
    return _Heads(
        performance.angles_deg,
        performance.pose.translation[:, :2],
        performance.pose.scale,
        performance.valid & (performance.confidence > 0.5),
    )


def _head_from_track(track: PerformanceTrack) -> _Heads:
    """Smoothed ears and nose of the pose, where the face itself cannot be read."""
    weight = track.body_visibility * track.body_valid[:, None]
    points = local_linear(track.body_px[:, : RIGHT_EAR + 1], weight[:, : RIGHT_EAR + 1], 0.07 * track.rate)
    heads = _head_from_body(points)
    width = local_linear(heads.width, weight[:, NOSE], 0.3 * track.rate)
    return _Heads(heads.angles_deg, heads.centre_px, np.maximum(width, 1.0), weight[:, NOSE] > 0.5)


def _head_from_body(body_px: Float64) -> _Heads:
    """Head angles from (N, 9 or more, 3) pose landmarks: the nose stands NOSE_DEPTH ear distances before the ears."""
    nose, left, right = (body_px[:, i, :2] for i in (NOSE, LEFT_EAR, RIGHT_EAR))
    eyes = body_px[:, 2, :2] - body_px[:, 5, :2]
    across = left - right
    # seen from the side the ears coincide: then the eyes give the roll
    line = across + np.where((across * eyes).sum(axis=1, keepdims=True) < 0, -across, 0) + 0.5 * eyes
    roll = np.arctan2(line[:, 1], line[:, 0])
    cos, sin = np.cos(roll), np.sin(roll)
    middle = (left + right) / 2
    ahead = nose - middle
    x, y = cos * ahead[:, 0] + sin * ahead[:, 1], -sin * ahead[:, 0] + cos * ahead[:, 1]
    span = np.maximum(cos * across[:, 0] + sin * across[:, 1], 0.0)
    width = np.maximum(np.hypot(span, x / NOSE_DEPTH), 1e-3)
    yaw = np.arctan2(-x / NOSE_DEPTH, span)
    pitch = np.arcsin(np.clip(y / (NOSE_DEPTH * width), -0.9, 0.9))
    return _Heads(np.degrees(np.stack([yaw, pitch, roll], axis=1)), middle, width, np.ones(len(body_px), bool))


def _limit_turn(turn_deg: Float64, own_yaw_deg: float) -> Float64:
    """Soft limits (N, 3); towards the camera a half turned head turns less, as little is known of its far side."""
    limited = soft_limit(turn_deg, np.array([YAW, PITCH, ROLL]))
    toward = turn_deg[:, 0] * own_yaw_deg < 0
    short = YAW * max(0.5, 1.0 - abs(own_yaw_deg) / 85.0)
    limited[:, 0] = np.where(toward, soft_limit(turn_deg[:, 0], short), limited[:, 0])
    bound = max(MAX_YAW, abs(own_yaw_deg))
    limited[:, 0] = np.clip(own_yaw_deg + limited[:, 0], -bound, bound) - own_yaw_deg
    return limited


def _against_shoulders(heads: _Heads, track: PerformanceTrack) -> Float64:
    """Head centre (N, 2) from the middle of the shoulders, in their axes and in face widths."""
    pair = [LEFT_SHOULDER, RIGHT_SHOULDER]
    weight = track.body_visibility[:, pair] * track.body_valid[:, None]
    left, right = np.moveaxis(local_linear(track.body_px[:, pair, :2], weight, 0.07 * track.rate), 1, 0)
    line = left - right
    # a performer seen from behind has the line reversed; it is an axis either way
    line = np.where(line[:, :1] < 0, -line, line)
    axis = line / np.maximum(np.linalg.norm(line, axis=1, keepdims=True), 1e-6)
    offset = (heads.centre_px - (left + right) / 2) / heads.width[:, None]
    down = np.stack([-axis[:, 1], axis[:, 0]], axis=1)
    return np.stack([(offset * axis).sum(axis=1), (offset * down).sum(axis=1)], axis=1)
