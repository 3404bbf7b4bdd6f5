"""When each frame is shown: which source frames are kept, at what time, and how they are found again."""

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]

MAX_RATE = Fraction(60)
RESAMPLED_RATE = Fraction(30)
_RATE_TOLERANCE = Fraction(1005, 1000)  #: time stamps are rounded, so 59.94 may measure as 60.1
_STANDARD_RATES = tuple(
    Fraction(r) for r in ("24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60", "12", "15")
)


@dataclass(frozen=True)
class Timeline:
    """The kept frames 0..N-1 in presentation order."""

    pts: Int64  #: (N,) when each is shown, strictly increasing, 0 for the first
    end: int  #: when the last one ends, same unit
    time_base: Fraction  #: seconds a unit of `pts`
    origin_s: Fraction  #: time of frame 0 on the clock of the source container (audio runs on it too)
    source_pts: (
        Int64  #: (N,) the source frame of each: its time stamp, or its number where the source has no good stamps
    )
    key_pts: Int64  #: (K,) time stamps of the source's key frames, sorted; empty where seeking is not to be trusted
    stamped: bool  #: whether `source_pts` holds time stamps

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def duration_s(self) -> float:
        return float(self.end * self.time_base)

    def first(self, count: int) -> "Timeline":
        """The first `count` frames alone, or all where there are no more."""
        if count >= len(self):
            return self
        return replace(self, pts=self.pts[:count], end=int(self.pts[count]), source_pts=self.source_pts[:count])


def source_timeline(
    stamps: Int64, time_base: Fraction, step: Fraction, key_pts: Int64, *, stamped: bool = True
) -> Timeline:
    """Every source frame kept. `stamps` (N,) sorted, in `time_base`; `step` is the frame duration in seconds."""
    last = max(1, round(step / time_base))
    origin = int(stamps[0])
    source = stamps if stamped else np.arange(len(stamps), dtype=np.int64)
    end = int(stamps[-1]) - origin + last
    return Timeline(stamps - origin, end, time_base, origin * time_base, source, key_pts, stamped)


def measured_rate(stamps: Int64, time_base: Fraction, declared: list[Fraction | None]) -> Fraction:
    """Frames per second over the clip, as the standard or declared rate that the rounded stamps stand for if any."""
    intervals, span = len(stamps) - 1, int(stamps[-1] - stamps[0])
    measured = intervals / (span * time_base)
    low, high = intervals / ((span + 1) * time_base), intervals / (max(span - 1, 1) * time_base)
    claimed = [rate for rate in declared if rate]
    standard = [rate for rate in claimed if rate in _STANDARD_RATES]
    for rate in standard + sorted(_STANDARD_RATES, key=lambda rate: abs(rate - measured)):
        if low <= rate <= high:
            return rate
    for rate in claimed:
        if measured / _RATE_TOLERANCE <= rate <= measured * _RATE_TOLERANCE:
            return rate
    return measured.limit_denominator(1001) or measured


def is_too_fast(rate: Fraction) -> bool:
    return rate > MAX_RATE * _RATE_TOLERANCE


def resampled(timeline: Timeline) -> Timeline:
    """The same clip at 30 frames/s: at each time k/30 the source frame that is on screen."""
    count = max(1, math.ceil(timeline.end * timeline.time_base * RESAMPLED_RATE))
    # on screen at k/30 is the last frame with pts * time_base <= k/30, in whole numbers to be exact
    due = np.array([int(k / RESAMPLED_RATE / timeline.time_base) for k in range(count)], np.int64)
    shown = np.searchsorted(timeline.pts, due, side="right") - 1
    return Timeline(
        pts=np.arange(count, dtype=np.int64),
        end=count,
        time_base=1 / RESAMPLED_RATE,
        origin_s=timeline.origin_s,
        source_pts=timeline.source_pts[shown],
        key_pts=timeline.key_pts,
        stamped=timeline.stamped,
    )
