"""When the picture itself is the best image: while the performer holds the pose in which it shows the character.

A drawn character differs from its picture even at rest: along its outline, in the background around it, in the shadow
that it no longer throws there. None of that is needed while nothing moves.
"""

import numpy as np
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

from motioncast.arrays import Bools, Float64
from motioncast.engines.puppet.body.torso import torso_map
from motioncast.engines.puppet.character import Character
from motioncast.engines.puppet.face.measures import eye_frame
from motioncast.engines.puppet.face.topology import EYES
from motioncast.engines.puppet.performance import UNMOVED, Performance

_REST_PX = 0.6  #: whatever is displaced by less is where the picture shows it
_TURNED = 0.02  #: change of a rotation matrix from which a head is not where it was, however small it is
_LEAD_S = 0.3  #: of rest around a frame that shows the picture alone; in that time it fades in and out


def picture_share(character: Character, performance: Performance, rate: float) -> Float64:
    """How much of each frame (N,) is the picture itself, 0..1; above 0 only while the rest lasts.

    Hair that stirs by itself does not count as motion.
    """
    rests = _at_rest(character, performance)
    lead = max(1, round(_LEAD_S * rate))
    lasting = minimum_filter1d(rests.astype(np.float64), 2 * lead + 1, mode="nearest")
    share: Float64 = gaussian_filter1d(lasting, lead / 3, mode="nearest", radius=lead)
    return np.clip(share.round(6), 0.0, 1.0)


def _at_rest(character: Character, performance: Performance) -> Bools:
    """Frames (N,) in which every part is where the picture shows it; the costly parts are asked last."""
    rests = np.ones(len(performance.driver), bool)
    body, head = performance.body, performance.head
    if body is not None:
        own = character.rest.joints_px
        seen = ((own >= 0) & (own < character.subject.size)).all(axis=1)
        rests &= np.abs(body.joints_px - own)[:, seen].max(axis=(1, 2), initial=0.0) <= _REST_PX
        rests &= np.abs(body.scale - 1.0) * max(character.subject.size) <= _REST_PX
    if head is not None:
        rests &= np.abs(head.rotation - np.eye(3)).max(axis=(1, 2)) <= _TURNED
        rests &= np.abs(head.shift_px).max(axis=1) <= _REST_PX
    for index in np.flatnonzero(rests).tolist():
        rests[index] = _eyes_rest(character, performance, index) and _trunk_rests(character, performance, index)
    return rests


def _eyes_rest(character: Character, performance: Performance, index: int) -> bool:
    plan, own = performance.face, character.trunk.face
    if plan is None or own is None:
        return True
    width = max(float(eye_frame(own.landmarks_px, eye)[2].item()) for eye in EYES)
    moved = max(np.abs(plan.transfer.gaze(index)).max(), 0.5 * np.abs(plan.transfer.closure(index)).max())
    return bool(width * moved <= _REST_PX)


def _trunk_rests(character: Character, performance: Performance, index: int) -> bool:
    trunk, body, bust, plan = character.trunk, performance.body, performance.bust, performance.face
    if body is not None:
        torso = trunk.place(torso_map(character.rest.joints_px, body.joints_px[index], float(body.scale[index])))
    else:
        assert bust is not None
        torso = trunk.place(bust.torso(index))
    motion = performance.head.at(index) if performance.head is not None else UNMOVED
    posed = trunk.mesh.pose(plan.transfer.landmarks(index) if plan is not None else None, motion, torso)
    own = slice(trunk.mesh.pictured)
    apart = posed[own, :2] + trunk.offset_px - trunk.mesh.rest_px[own]
    return bool(np.abs(apart).max() <= _REST_PX)
