"""From the performer's expression to the character's: landmarks in the character's own, unmoved head.

Everything is relative to both resting faces, so the character keeps its identity, except two things that must be
absolute to look right: lips that touch, and lids that shut.
"""

import numpy as np

from motioncast.arrays import Float64
from motioncast.engines.puppet.face.character_face import CharacterFace
from motioncast.engines.puppet.face.measures import eye_opening, lip_gaps
from motioncast.engines.puppet.face.performance import FacePerformance, shape_distance
from motioncast.engines.puppet.face.regions import lip_weights, measure_regions, same_regions
from motioncast.engines.puppet.face.topology import CANONICAL, EYES, FACE, INNER_LOWER, INNER_UPPER, MIRROR, Eye
from motioncast.engines.puppet.face.unfold import unfold
from motioncast.perception.smoothing import smoothstep, soft_limit

GAZE_GAIN, GAZE_LIMIT = 1.25, 0.28  #: the gain makes up for what the limit takes; the limit is of the eye width
WIDENING_GAIN = 1.5  #: lids that open a little wider are hardly seen on small or painted eyes
_MOST_NARROW = 2.0  #: times that eyes are narrower than the performer's and still open as far as those
_DEPTH = 0.35  #: depth is read least surely, and shows only where the head is turned: then what is wrong in it folds
_SIDE = np.sign(CANONICAL[:FACE, 0])
_MIRROR = MIRROR[:FACE]
_UPPER_FACE = 1.0 - smoothstep(0.15, 0.30, CANONICAL[:, 1])  #: (478,) 1 at the brows, 0 from the tip of the nose on
_UPPER = _UPPER_FACE[:FACE]
#: widening lifts the middle of the lid and leaves its ends, else the corners turn angular
_WIDENING = np.array([0.0, 0.35, 0.75, 1.0, 1.0, 1.0, 0.75, 0.35, 0.0])[:, None]


def expression_distance(character: CharacterFace, performance: FacePerformance) -> Float64:
    """How unlike the character's face every frame is: mean distance (N,) of the landmarks, both heads straightened.

    In face widths. A picture of the same person in the same moment is closer than about .02.
    """
    return shape_distance(performance.shape, character.shape[:FACE])


def resting_shape(character: CharacterFace, performance: FacePerformance) -> Float64:
    """The performer's face (478, 3) that corresponds to the picture's: calm, the jaw as far open as there.

    Whoever sings or talks without a break has the jaw lowered even when calm; taken for rest, every closed mouth would
    then push the character's chin into its face.
    """
    apart = np.abs(lip_gaps(performance.shape).mean(axis=1) - lip_gaps(character.shape).mean())
    count = min(max(3, len(performance) // 20), len(performance.calmest))
    alike = performance.calmest[np.argsort(apart[performance.calmest], kind="stable")[:count]]
    below = 1.0 - _UPPER_FACE[:, None]
    rest: Float64 = performance.neutral + below * (performance.shape[alike].mean(axis=0) - performance.neutral)
    return rest


class FaceTransfer:
    """Maps frames of one performance to expressions of one character. Immutable once made; safe to share by threads."""

    def __init__(self, character: CharacterFace, performance: FacePerformance) -> None:
        self._character, self._performance = character, performance
        same = performance.pictured
        self._neutral = performance.neutral if same else resting_shape(character, performance)
        self._regions = same_regions() if same else measure_regions(character.shape, self._neutral)
        self._lower, self._upper = lip_weights()
        self._rest = character.shape[:FACE]
        own = np.array([float(eye_opening(character.shape, eye)) for eye in EYES])
        performers = np.array([float(eye_opening(self._neutral, eye)) for eye in EYES])
        self._narrow = np.clip(performers.mean() / np.maximum(own, 1e-3), 1.0, _MOST_NARROW)
        # eyes drawn large are nearly as wide as they can be
        self._widest = self._narrow * np.clip(0.62 - 0.7 * own.mean(), 0.15, 0.5)

    def landmarks(self, index: int) -> Float64:
        """Landmarks (468, 3) in reference px of the character with the expression of frame `index`, head unmoved."""
        character = self._character
        shape = self._rest + self._relative(index)
        self._meet_lips(shape, index)
        for side, eye in enumerate(EYES):
            self._close_lids(shape, eye, self.closure(index)[side])
        displacement = (shape - self._rest) @ character.rotation.T * character.width_px
        rest_px = character.landmarks_px[:FACE]
        moved: Float64 = rest_px + unfold(rest_px, displacement)
        return moved

    def closure(self, index: int) -> Float64:
        """Lid closure (2,) of frame `index`: 1 shut, 0 at rest, below 0 wider, by that share of the lid distance."""
        performance = self._performance
        closure: Float64 = performance.closure[index] * performance.confidence[index]
        if performance.pictured:
            return np.minimum(np.where(closure > 0, 1.08 * closure, closure), 1.0)
        # lids of narrow eyes move as far as the performer's, which for them is a larger share; shut is shut
        closing = self._narrow * closure / (1.0 + (self._narrow - 1.0) * np.maximum(closure, 0.0))
        widening = soft_limit(WIDENING_GAIN * self._narrow * closure, self._widest)
        return np.where(closure > 0, np.minimum(1.08 * closing, 1.0), widening)

    def gaze(self, index: int) -> Float64:
        """Shift (2,) of both irises in eye widths, along and across the eye axis."""
        performance = self._performance
        if performance.pictured:
            exact: Float64 = performance.gaze[index] * performance.confidence[index]
            return exact
        shift = soft_limit(GAZE_GAIN * performance.gaze[index] * performance.confidence[index], GAZE_LIMIT)
        damped: Float64 = shift * np.array([1.0, 0.8])
        return damped

    def _relative(self, index: int) -> Float64:
        performance, regions = self._performance, self._regions
        change = performance.shape[index, :FACE] - self._neutral[:FACE]
        # brows draw together or apart; what moves both sides the same way is the head, read as expression
        drift = 0.5 * (change[:, 0] + change[_MIRROR, 0])
        change[:, 0] -= 0.0 if performance.pictured else _UPPER * drift
        change = change * regions.follow * performance.confidence[index]
        change[:, 2] *= 1.0 if performance.pictured else _DEPTH
        outward = change[:, 0] * _SIDE > 0
        change[:, 0] *= np.where(outward, 1.0 - (1.0 - regions.spread) * regions.mouth, 1.0)
        return np.asarray(change, np.float64)

    def _meet_lips(self, shape: Float64, index: int) -> None:
        """Set the lip gap to the performer's: mostly by the lower lip and jaw, some by the upper lip. In place."""
        target = self._lip_gap(index)
        lower, upper = INNER_LOWER[1:-1], INNER_UPPER[1:-1]
        # the spread reaches the rims only in part; they take the small rest alone
        for _ in range(3):
            correction = target - (shape[lower, 1] - shape[upper, 1])
            shape[:, 1] += self._lower @ (0.65 * correction) - self._upper @ (0.35 * correction)
        missing = target - (shape[lower, 1] - shape[upper, 1])
        shape[lower, 1] += 0.5 * missing
        shape[upper, 1] -= 0.5 * missing

    def _lip_gap(self, index: int) -> Float64:
        """The gap (9,) that the character's lips shall have, in its face widths."""
        performance = self._performance
        share = self._regions.gap_scale * performance.confidence[index]
        if performance.pictured:
            change = performance.lip_gap[index] - lip_gaps(performance.neutral)
            own = self._character.lip_gap
            exact: Float64 = np.maximum(own + share * change, np.minimum(own, 0.0))
            return exact
        target: Float64 = share * np.maximum(performance.lip_gap[index] - performance.closed_gap, 0.0)
        return target + np.clip(self._character.lip_gap, 0.0, 0.004)

    def _close_lids(self, shape: Float64, eye: Eye, closure: float) -> None:
        """Put both lids where the closure says, between the character's own, and draw the rings along. In place."""
        rest, inner = self._rest, slice(1, -1)
        drift = (shape[eye.upper[[0, -1]]] - rest[eye.upper[[0, -1]]]).mean(axis=0)
        opening = rest[eye.lower] - rest[eye.upper]
        closing = max(closure, 0.0)
        upper = opening * (0.86 * closure if closure > 0 else closure * _WIDENING)
        lower = -0.14 * closing * opening
        shape[eye.upper] = rest[eye.upper] + upper + drift
        shape[eye.lower[inner]] = rest[eye.lower[inner]] + lower[inner] + drift
        rings = (
            (eye.upper_ring, upper, 0.55 if closure > 0 else 0.75, 0.35),
            (eye.second_ring, upper, 0.10, 0.70),
            (eye.lower_ring, lower, 0.50, 0.35),
        )
        for ring, lid, share, own in rings:
            shape[ring] = rest[ring] + share * lid[inner] + 0.8 * drift + own * (shape[ring] - rest[ring])
