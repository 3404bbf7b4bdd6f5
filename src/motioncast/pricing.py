"""What a job costs: the hosted endpoint's prices, in whole micro-dollars."""

import math

from motioncast.request import MAX_DURATION_S, Resolution

MICRO = 1_000_000  #: micro-dollars in a dollar
MIN_BILLED_S = 5
_RATES_MICRO = {Resolution.P480: 40_000, Resolution.P720: 80_000}  #: for a second of output
_FORGIVEN_S = 0.001  #: what containers round a duration up by


def billed_seconds(duration_s: float) -> int:
    """Whole seconds billed for a clip: rounded up, at least 5, at most 120."""
    return min(max(math.ceil(duration_s - _FORGIVEN_S), MIN_BILLED_S), MAX_DURATION_S)


def price_micro(resolution: Resolution, duration_s: float | None = None) -> int:
    """Price of a clip in micro-dollars; without a duration, the least that any clip costs.

    Source: the hosted endpoint's page, $0.20 for 5 s at 480p and $0.40 at 720p, for up to 120 s.
    """
    return _RATES_MICRO[resolution] * (MIN_BILLED_S if duration_s is None else billed_seconds(duration_s))


def dollars_a_second(resolution: Resolution) -> float:
    """The rate of a resolution."""
    return dollars(_RATES_MICRO[resolution])


def dollars(micro: int) -> float:
    """Micro-dollars as a number of dollars for JSON."""
    return micro / MICRO
