"""From what `python -m bench api` has timed to the figures that it prints, and the targets of those."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, nan
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Target:
    """What a figure must reach, or must not exceed."""

    limit: float
    at_least: bool

    def is_met(self, value: float) -> bool:
        """Not a number misses every target."""
        return value >= self.limit if self.at_least else value <= self.limit


TARGETS = {
    "creates_over_bare": Target(0.3, at_least=True),
    "polls_over_bare": Target(0.5, at_least=True),
    "p99_poll_ms": Target(50.0, at_least=False),
    "p99_poll_waiting_ratio": Target(1.5, at_least=False),
    "stored_poll_ratio": Target(1.2, at_least=False),
}


@dataclass(frozen=True)
class Rate:
    """One round of a load sent as fast as it was answered."""

    per_second: float
    settled_per_second: float  #: with the time that the server went on working after the last answer
    cpu_us: (
        float  #: processor time of the server for one request, what it did afterwards included, what it does idle not
    )
    load_cores: float  #: processor time of the load generator a second: near 1, it was the bottleneck


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the values do not exceed (nearest rank); NaN of none."""
    return sorted(values)[max(1, ceil(len(values) * percent / 100)) - 1] if values else nan


def over(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Median over median; NaN where there is nothing to divide by."""
    return median(ours) / median(theirs) if ours and theirs and median(theirs) else nan


def rates(name: str, ours: Sequence[Rate], bare: Sequence[Rate]) -> dict[str, Any]:
    """The figures of one kind of request, medians over rounds that took turns."""
    return {
        f"{name}_over_bare": round(over([r.per_second for r in ours], [r.per_second for r in bare]), 3),
        f"{name}_settled_over_bare": round(
            over([r.settled_per_second for r in ours], [r.settled_per_second for r in bare]), 3
        ),
        f"{name}_cpu_over_bare": round(over([r.cpu_us for r in bare], [r.cpu_us for r in ours]), 3),
        name: {"ours": _medians(ours), "bare": _medians(bare)},
    }


def missed(figures: Mapping[str, Any]) -> list[str]:
    """The targets that are not met; one that was not measured is not."""
    return [name for name, target in TARGETS.items() if not target.is_met(float(figures.get(name, nan)))]


def targets() -> dict[str, str]:
    """The targets in words."""
    return {name: f"{'>=' if target.at_least else '<='} {target.limit:g}" for name, target in TARGETS.items()}


def _medians(rounds: Sequence[Rate]) -> dict[str, float]:
    return {
        "per_second": round(median(r.per_second for r in rounds), 1),
        "settled_per_second": round(median(r.settled_per_second for r in rounds), 1),
        "cpu_us": round(median(r.cpu_us for r in rounds), 1),
        "load_cores": round(median(r.load_cores for r in rounds), 3),
    }
