"""Wide sleeves: the arm goes where the performer's goes, and the cloth that hangs from the forearm stays hanging.

Cloth of a sleeve is held along the forearm. A vertex at offset o from its nearest point of the forearm turns with the
bone and then falls towards the vertical about that point; what lies on top of the arm cannot fall through it and
slackens instead.
"""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Float64
from motioncast.engines.puppet.body.geometry import segment_distance
from motioncast.engines.puppet.body.joints import ELBOW, HAND, WRIST
from motioncast.engines.puppet.body.planar import angle, distance, rotate, wrap, wrap_all
from motioncast.engines.puppet.body.skinning import LimbSkin
from motioncast.perception.smoothing import smoothstep

_WIDE_RADII = 1.5  #: half width at the cuff, in limb radii, from which an arm wears a wide sleeve
_FREE_RADII = (1.0, 1.9)  #: distance from the forearm over which cloth comes free
_LIFT = (0.15, 0.9)  #: rad the forearm turns until the cloth hangs as freely as it ever does
_FALL, _SLACK = 0.75, 0.6  #: share of the way to the vertical; of the width that cloth on top of the arm loses


@dataclass(frozen=True)
class Sleeve:
    """The loose vertices of one arm."""

    free: Float64  #: (V,) 0..1
    along: Float64  #: (V,) where on the forearm a vertex hangs, 0 elbow to 1 wrist
    offset_px: Float64  #: (V, 2) from there, at rest

    def hang(self, vertices_px: Float64, joints_px: Float64, forearm_turn: float, thickness: float) -> Float64:
        """Vertices (V, 2) with their loose part hanging, for the arm's target joints (4, 2)."""
        lift = float(smoothstep(*_LIFT, np.abs(np.array(wrap(forearm_turn)))))
        if lift == 0.0:
            return vertices_px
        elbow, wrist = joints_px[ELBOW], joints_px[WRIST]
        root = elbow + self.along[:, None] * (wrist - elbow)
        turned = thickness * rotate(self.offset_px, np.full(len(vertices_px), forearm_turn))
        from_vertical = wrap_all(angle(turned) - np.pi / 2)
        above = 1.0 - smoothstep(-0.9, 0.2, np.cos(from_vertical))
        fallen = rotate(turned, -lift * _FALL * (1.0 - above) * from_vertical)
        fallen *= (1.0 - lift * _SLACK * above)[:, None]
        hanging: Float64 = vertices_px + self.free[:, None] * (root + fallen - vertices_px)
        return hanging


def is_wide(skin: LimbSkin, radius: float) -> bool:
    """Whether cloth hangs from an arm: towards the wrist, its 85th-percentile half width exceeds what an arm has."""
    x, y = skin.rest_px.T
    away, t = segment_distance(x, y, skin.joints_px[ELBOW], skin.joints_px[WRIST])
    cuff = (t > 0.6) & (t < 0.92) & (skin.order > 1.3)
    return bool(cuff.any() and np.percentile(away[cuff], 85) > _WIDE_RADII * radius)


def loose_cloth(skin: LimbSkin, radius: float) -> Sleeve:
    """The cloth that is farther from the forearm than an arm is thick, and no hand."""
    elbow, wrist, hand = skin.joints_px[[ELBOW, WRIST, HAND]]
    x, y = skin.rest_px.T
    away, t = segment_distance(x, y, elbow, wrist)
    palm = max(distance(wrist, hand), 0.5 * radius)
    from_hand, _ = segment_distance(x, y, wrist, wrist + 1.8 * (hand - wrist))
    along = np.clip(t, 0.0, 1.0)
    free = smoothstep(_FREE_RADII[0] * radius, _FREE_RADII[1] * radius, away)
    free = free * smoothstep(0.5 * palm, palm, from_hand) * smoothstep(0.0, 0.35, t) * smoothstep(0.8, 1.5, skin.order)
    root = elbow + along[:, None] * (wrist - elbow)
    return Sleeve(np.asarray(free), along, skin.rest_px - root)
