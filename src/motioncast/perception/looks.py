"""Many slightly different looks at one thing, for numbers that do not depend on the exact crop."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from motioncast.arrays import Float32
from motioncast.perception.networks import Points
from motioncast.perception.roi import Roi

PRESENT = 0.5  #: least score of a landmark network
_LOOKS = 7  #: crops at most


def agreed(look: Callable[[Roi], Points], region: Roi, looks: int = _LOOKS) -> Float32 | None:
    """(M, K, 3) points of the looks around `region` that saw something; None as soon as most can no longer."""
    seen: list[Float32] = []
    for number, jitter in enumerate(_jitters()[:looks]):
        points = look(jitter.of(region))
        if points.score >= PRESENT:
            seen.append(points.points_px)
        elif 2 * (number + 1 - len(seen)) > looks:
            return None
    return np.stack(seen)


@dataclass(frozen=True)
class Jitter:
    """A small change of a region."""

    dx: float
    dy: float
    grow: float
    turn: float

    def of(self, roi: Roi) -> Roi:
        side = roi.side * self.grow
        return Roi(roi.x + self.dx * roi.side, roi.y + self.dy * roi.side, side, roi.angle + self.turn)


@cache
def _jitters() -> list[Jitter]:
    """The unchanged region first, then fixed pseudo-random changes: ±5 % place, ±12 % size, ±6°."""
    random = np.random.default_rng(0)
    draws = random.uniform(-1, 1, (_LOOKS - 1, 4)) * [0.05, 0.05, 0.12, np.deg2rad(6)]
    return [Jitter(0, 0, 1, 0), *(Jitter(dx, dy, 1 + grow, turn) for dx, dy, grow, turn in draws)]
