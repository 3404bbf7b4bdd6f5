"""Which driving frames the reference image corresponds to: there the character looks as in its picture.

If some frame of the clip shows the performer as the picture shows the character (same place, size and pose, as the tips
for good results ask), motion is taken relative to it, so that place and pose agree through the whole clip. Else the
clip's beginning is the reference, so that the character starts where it stands.
"""

import numpy as np

from motioncast.arrays import Bools, Float64
from motioncast.engines.puppet.body.calibrate import Anchor
from motioncast.engines.puppet.body.driver_pose import DriverPose
from motioncast.engines.puppet.body.planar import length
from motioncast.engines.puppet.body.skeleton import Joint
from motioncast.engines.puppet.character import Character
from motioncast.engines.puppet.face.performance import FacePerformance
from motioncast.perception.landmarks import PerformanceTrack

_START_SHARE = 0.12  #: of the clip that counts as its beginning
#: what still counts as the same: shares of the frame, log ratio, degrees
_PLACE, _SIZE, _TURN_DEG, _TRUNK, _LIMBS = 0.08, 0.16, 12.0, 0.045, 0.1
_SAME_HEAD = 0.25  #: of that: a head which the eye cannot tell from the picture's by place, size and turn
_SEEN = 0.5
_TRUNK_JOINTS = (Joint.NECK, Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER, Joint.LEFT_HIP, Joint.RIGHT_HIP)


def find_anchor(
    character: Character, track: PerformanceTrack, driver: DriverPose, face: FacePerformance | None
) -> Anchor:
    """The frames that look most like the picture, if any does, else the beginning of the clip."""
    head = None
    if face is not None and character.trunk.face is not None:
        head = head_unlikeness(character, track, face)
        if face.pictured and head.min() <= 1.0:
            # the picture shows this very moment, however differently its body is read there
            return Anchor(np.arange(len(head)) == np.argmin(head), alike=True, exact=True)
    unlike = head
    if character.joints.has_torso:
        trunk, limbs = _unlike_body(character, track, driver)
        body = np.maximum(trunk, limbs)
        unlike = body if unlike is None else np.maximum(unlike, body)
        if unlike.min() <= 1.0:
            order = trunk + limbs if head is None else 2.0 * head + trunk + limbs
            return _at(int(np.argmin(np.where(unlike <= 1.0, order, np.inf))), head, len(unlike))
    elif unlike is not None and unlike.min() <= 1.0:
        return _at(int(np.argmin(unlike)), head, len(unlike))
    return Anchor(_beginning(driver), alike=False)


def _at(best: int, head: Float64 | None, count: int) -> Anchor:
    """The best frame with its neighbours, against jitter."""
    frames = np.zeros(count, bool)
    frames[max(0, best - 1) : best + 2] = True
    same_head = head is not None and bool(head[best] <= _SAME_HEAD)
    if head is not None and same_head:
        frames &= head <= _SAME_HEAD
    return Anchor(frames, alike=True, same_head=same_head)


def head_unlikeness(character: Character, track: PerformanceTrack, face: FacePerformance) -> Float64:
    """(N,) how far the head is from where, how large and how turned the picture shows it; 1 is the most that passes."""
    own = character.trunk.face
    assert own is not None
    size = np.array(character.subject.size, np.float64)
    frame = np.array([track.width, track.height], np.float64)
    centre = (own.centre_px[:2] - character.trunk.offset_px) / size
    place = np.abs(face.pose.translation[:, :2] / frame - centre).max(axis=1) / _PLACE
    width = own.width_px / np.sqrt(size.prod())
    scale = np.abs(np.log(face.pose.scale / np.sqrt(frame.prod()) / width)) / _SIZE
    turn = np.abs(face.angles_deg - own.angles_deg).max(axis=1) / _TURN_DEG
    unlike = np.maximum(np.maximum(place, scale), turn) + np.where(face.valid, 0.0, 10.0)
    if face.pictured:
        unlike += np.where(np.isin(np.arange(len(unlike)), face.neutral_frames), 0.0, 10.0)
    return np.asarray(unlike)


def _unlike_body(character: Character, track: PerformanceTrack, driver: DriverPose) -> tuple[Float64, Float64]:
    """(N,) the same for the trunk and, by all of them together, for the limbs."""
    rest = character.rest.joints_px / character.subject.size
    apart = length(driver.joints_px / [track.width, track.height] - rest)
    trunk = [joint for joint in _TRUNK_JOINTS if driver.visibility[:, joint].mean() > _SEEN]
    limbs = [joint for joint in Joint if joint not in _TRUNK_JOINTS and driver.visibility[:, joint].mean() > _SEEN]
    if len(trunk) < 3:
        return np.full(len(apart), 10.0), np.zeros(len(apart))
    limb_apart = apart[:, limbs].mean(axis=1) / _LIMBS if limbs else np.zeros(len(apart))
    return apart[:, trunk].max(axis=1) / _TRUNK, limb_apart


def _beginning(driver: DriverPose) -> Bools:
    """The better seen half of the first frames: the very first is often mistracked."""
    count = min(len(driver), max(3, int(_START_SHARE * len(driver))))
    seen: Float64 = driver.visibility[:count, Joint.LEFT_SHOULDER : Joint.RIGHT_WRIST + 1].mean(axis=1)
    chosen = np.zeros(len(driver), bool)
    chosen[np.argsort(-seen, kind="stable")[: max(min(3, count), count // 2)]] = True
    return chosen
