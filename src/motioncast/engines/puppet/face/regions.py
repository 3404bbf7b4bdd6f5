"""How far each part of the character's face follows the performer's: sizes, masks and lip weights per vertex."""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Bools, Float64, Floats, Int32
from motioncast.engines.puppet.face.measures import brow_height, distance, mouth_width
from motioncast.engines.puppet.face.topology import (
    BROWS,
    CANONICAL,
    CHIN,
    EYES,
    FACE,
    INNER_LOWER,
    INNER_UPPER,
    MOUTH_CORNERS,
    OVAL,
)
from motioncast.perception.smoothing import smoothstep

_X, _Y = CANONICAL[:FACE, 0], CANONICAL[:FACE, 1]
_MOUTH = CANONICAL[[13, 14]].mean(axis=0)
BROW_GAIN = 1.8  #: face trackers read the brows of drawn faces short, and so do people


def _bump(centre: Floats, width: float, height: float) -> Float64:
    bump: Float64 = np.exp(-0.5 * (((_X - centre[0]) / width) ** 2 + ((_Y - centre[1]) / height) ** 2))
    return bump


@dataclass(frozen=True)
class Regions:
    """Per-vertex transfer weights for one character and one performer."""

    follow: Float64  #: (468, 3) factor on the performer's displacement: region size times motion mask
    gap_scale: float  #: factor on the lip gap
    mouth: Float64  #: (468,) 0..1, where outward motion of the mouth corners is held back
    spread: float  #: share of that outward motion that remains; a smile cannot widen twice


def measure_regions(character: Float64, performer: Float64) -> Regions:
    """Compare two resting shapes (478, 3) and weigh every vertex accordingly."""

    def ratio(value: float, other: float) -> float:
        return float(np.clip(value / max(other, 1e-6), 0.6, 1.7))

    mouth = ratio(mouth_width(character), mouth_width(performer))
    lower = ratio(distance(character, 2, CHIN), distance(performer, 2, CHIN))
    eye = float(np.mean([ratio(distance(character, *e), distance(performer, *e)) for e in ((33, 133), (263, 362))]))
    brow = ratio(brow_height(character), brow_height(performer))
    bumps = np.stack(
        [
            _bump(_MOUTH, 0.20, 0.11),
            np.max([_bump(CANONICAL[b].mean(axis=0), 0.14, 0.08) for b in BROWS], axis=0),
            np.max([_bump(CANONICAL[np.r_[e.upper, e.lower]].mean(axis=0), 0.10, 0.05) for e in EYES], axis=0),
            _bump(np.array([0.0, CANONICAL[CHIN, 1]]), 0.3, 0.13),
            np.full(FACE, 0.15),
        ]
    )
    bumps /= bumps.sum(axis=0)
    scale_x = np.array([mouth, 1.0, eye, lower, 1.0]) @ bumps
    scale_y = np.array([np.sqrt(mouth * lower), brow * BROW_GAIN, eye, lower, 1.0]) @ bumps
    scale = np.stack([scale_x, scale_y, (scale_x + scale_y) / 2], axis=1)
    around = np.exp(-0.5 * ((_X / 0.25) ** 2 + ((_Y - _MOUTH[1]) / 0.10) ** 2))
    return Regions(
        follow=scale * _motion_mask(),
        gap_scale=float(np.clip(min(np.sqrt(mouth * lower), lower), 0.95, 1.15)),
        mouth=smoothstep(0.15, 0.6, around),
        spread=float(np.clip((0.56 - mouth_width(character)) / 0.20, 0.12, 1.0)),
    )


def same_regions() -> Regions:
    """The weights when character and performer are the same person: nothing is scaled or held back."""
    return Regions(follow=_motion_mask(), gap_scale=1.0, mouth=np.zeros(FACE), spread=1.0)


def _motion_mask() -> Float64:
    """(468, 3) 0 on the silhouette, which leaks head pose, 1 from .1 face widths inside; the jaw still drops."""
    edge = np.linalg.norm(CANONICAL[:FACE, None, :2] - CANONICAL[OVAL][None, :, :2], axis=2).min(axis=1)
    mask = smoothstep(0.0, 0.10, edge)
    low = smoothstep(_MOUTH[1] - 0.15, _MOUTH[1] + 0.05, _Y)
    sideways, down = np.maximum(mask, 0.6 * low), np.maximum(mask, low)
    return np.stack([sideways, down, np.minimum(sideways, 0.8)], axis=1)


def lip_weights() -> tuple[Float64, Float64]:
    """Spread (468, 9) of a correction of the 9 lip gaps: by the lower lip and chin, and by the upper lip."""

    def spread(points: Int32, height: float) -> Float64:
        dx = _X[:, None] - CANONICAL[points, 0]
        dy = _Y[:, None] - CANONICAL[points, 1]
        bump = np.exp(-0.5 * ((dx / (0.045 + 0.5 * np.abs(dy))) ** 2 + (dy / height) ** 2))
        near = np.minimum(1.0, bump.max(axis=1, keepdims=True))
        shares: Float64 = near * bump / (bump.sum(axis=1, keepdims=True) + 1e-9)
        return shares

    upper_lips, lower_lips = INNER_UPPER[1:-1], INNER_LOWER[1:-1]
    lower, upper = spread(lower_lips, 0.17), spread(upper_lips, 0.06)
    is_upper: Bools = CANONICAL[np.r_[upper_lips, lower_lips], 1].mean() > _Y
    is_upper[INNER_UPPER] = True
    is_upper[lower_lips] = False
    upper[~is_upper] = 0.0
    lower[is_upper] = 0.0
    lower[MOUTH_CORNERS] = 0.0
    upper[MOUTH_CORNERS] = 0.0
    return lower, upper
