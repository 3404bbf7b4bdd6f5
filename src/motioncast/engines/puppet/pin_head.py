"""Head placement when performer and character are framed alike: the head goes where the performer's head goes."""

import numpy as np

from motioncast.arrays import Bools
from motioncast.engines.puppet.body.retarget import PoseTargets
from motioncast.engines.puppet.body.torso import torso_map
from motioncast.engines.puppet.character import Character
from motioncast.engines.puppet.face.head_motion import HeadMotions
from motioncast.engines.puppet.face.performance import FacePerformance

_LOG_SCALE = 0.35  #: how much larger or smaller the head may get, natural logarithm


def pin_head(
    head: HeadMotions, character: Character, body: PoseTargets, face: FacePerformance, anchor: Bools
) -> HeadMotions:
    """The same turns, with size and place of the head following the performer's face itself.

    In the frames `anchor` (N,) the head is exactly where the picture shows it.
    """
    frame = character.trunk.mesh.frame
    assert frame is not None
    width = float(np.median(face.pose.scale[anchor]))
    growth = np.exp(np.clip(np.log(face.pose.scale / width), -_LOG_SCALE, _LOG_SCALE))
    pivot = frame.centre_px[:2] - character.trunk.offset_px
    path = face.pose.translation[:, :2]
    wanted = pivot + (path - np.median(path[anchor], axis=0)) * frame.width_px / width
    shift = np.empty_like(wanted)
    for index in range(len(body)):
        carried = torso_map(character.rest.joints_px, body.joints_px[index], float(body.scale[index])).head
        shift[index] = np.linalg.solve(carried[:, :2], wanted[index] - carried[:, 2]) - pivot
    return HeadMotions(head.rotation, growth / body.scale, shift)
