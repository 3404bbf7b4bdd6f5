"""Head placement when performer and character are framed alike: the head goes where the performer's head goes."""

import numpy as np

from motioncast.engines.puppet.body.calibrate import Anchor
from motioncast.engines.puppet.body.retarget import PoseTargets
from motioncast.engines.puppet.body.torso import torso_map
from motioncast.engines.puppet.character import Character
from motioncast.engines.puppet.face.head_motion import HeadMotions
from motioncast.engines.puppet.face.performance import FacePerformance

_LOG_SCALE = 0.35  #: how much larger or smaller the head may get, natural logarithm


def pin_head(
    head: HeadMotions,
    character: Character,
    body: PoseTargets,
    face: FacePerformance,
    anchor: Anchor,
    driving_size: tuple[int, int],
) -> HeadMotions:
    """The same turns, with size and place of the head following the performer's face itself.

    In the anchor's frames the head is exactly where the picture shows it; or, if picture and frames of `driving_size`
    (W, H) show it in the same place anyway, always where the performer's is: what is left is but the tracker's error.
    """
    frame = character.trunk.mesh.frame
    assert frame is not None
    pivot = frame.centre_px[:2] - character.trunk.offset_px
    path, size = face.pose.translation[:, :2], np.array(character.subject.size, np.float64)
    if anchor.same_head:
        zoom = float(np.sqrt(size.prod() / np.prod(driving_size)))
        wanted = (path + 0.5 - np.array(driving_size) / 2) * zoom + size / 2 - 0.5
    else:
        zoom = frame.width_px / float(np.median(face.pose.scale[anchor.frames]))
        wanted = pivot + (path - np.median(path[anchor.frames], axis=0)) * zoom
    growth = np.exp(np.clip(np.log(face.pose.scale * zoom / frame.width_px), -_LOG_SCALE, _LOG_SCALE))
    shift = np.empty_like(wanted)
    for index in range(len(body)):
        carried = torso_map(character.rest.joints_px, body.joints_px[index], float(body.scale[index])).head
        shift[index] = np.linalg.solve(carried[:, :2], wanted[index] - carried[:, 2]) - pivot
    return HeadMotions(head.rotation, growth / body.scale, shift)
