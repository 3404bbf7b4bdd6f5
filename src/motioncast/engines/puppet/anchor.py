"""Which driving frames the reference image corresponds to: there the character looks as in its picture.

If some frame of the clip shows the performer as the picture shows the character (same place, size and head pose, as
the tips for good results ask), motion is taken relative to it, so that place and pose agree through the whole clip.
Else the clip's beginning is the reference, so that the character starts where it stands.
"""

import numpy as np

from motioncast.arrays import Bools, Float64
from motioncast.engines.puppet.body.driver_pose import DriverPose
from motioncast.engines.puppet.body.skeleton import Joint
from motioncast.engines.puppet.character import Character
from motioncast.engines.puppet.face.performance import FacePerformance
from motioncast.perception.landmarks import PerformanceTrack

_START_SHARE = 0.12  #: of the clip that counts as its beginning
_PLACE, _SIZE, _TURN_DEG = 0.08, 0.16, 12.0  #: what still counts as the same: of the frame; log ratio; degrees


def anchor_frames(
    character: Character, track: PerformanceTrack, driver: DriverPose, face: FacePerformance | None
) -> Bools:
    """(N,) bool: the frames that correspond to the reference image; at least one is set."""
    alike = _alike(character, track, face)
    if alike is not None:
        return alike
    return _beginning(driver)


def _alike(character: Character, track: PerformanceTrack, face: FacePerformance | None) -> Bools | None:
    """The few frames most like the picture, or None if none is like it."""
    own = character.trunk.face
    if own is None or face is None:
        return None
    size = np.array(character.subject.size, np.float64)
    centre = (own.centre_px[:2] - character.trunk.offset_px) / size
    frame = np.array([track.width, track.height], np.float64)
    place = np.abs(face.pose.translation[:, :2] / frame - centre).max(axis=1) / _PLACE
    width = own.width_px / np.sqrt(size.prod())
    scale = np.abs(np.log(face.pose.scale / np.sqrt(frame.prod()) / width)) / _SIZE
    turn = np.abs(face.angles_deg - own.angles_deg).max(axis=1) / _TURN_DEG
    unlike = np.maximum(np.maximum(place, scale), turn) + np.where(face.valid, 0.0, 10.0)
    best = int(np.argmin(unlike))
    if unlike[best] > 1.0:
        return None
    chosen = np.zeros(len(unlike), bool)
    chosen[max(0, best - 1) : best + 2] = True
    return chosen


def _beginning(driver: DriverPose) -> Bools:
    """The better seen half of the first frames: the very first is often mistracked."""
    count = min(len(driver), max(3, int(_START_SHARE * len(driver))))
    seen: Float64 = driver.visibility[:count, Joint.LEFT_SHOULDER : Joint.RIGHT_WRIST + 1].mean(axis=1)
    chosen = np.zeros(len(driver), bool)
    chosen[np.argsort(-seen, kind="stable")[: max(min(3, count), count // 2)]] = True
    return chosen
