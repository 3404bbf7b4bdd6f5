"""When each frame is shown: which source frames are kept, at what time, and how they are found again."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]

MAX_RATE = Fraction(60)
RESAMPLED_RATE = Fraction(30)
_RATE_TOLERANCE = 1.005  #: time stamps are rounded, so 59.94 may measure as 60.1


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
    """Frames per second over the clip; a declared rate where it is the same within 0.5 %."""
    measured = Fraction(len(stamps) - 1, int(stamps[-1] - stamps[0])) / time_base
    for rate in declared:
        if rate and measured / Fraction(_RATE_TOLERANCE) <= rate <= measured * Fraction(_RATE_TOLERANCE):
            return rate
    return measured.limit_denominator(1001) or measured.limit_denominator(10**6)


def is_too_fast(rate: Fraction) -> bool:
    return rate > MAX_RATE * Fraction(_RATE_TOLERANCE)


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
