"""How a clip is cut into segments: the model renders 4n + 1 frames at a time, the first of them carried over."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

LONGEST = 77  #: frames of a segment, as the model was trained
TEMPORAL_STRIDE = 4  #: frames a latent frame stands for, after the first
CARRIED = (1, 5)  #: how many frames a segment may take over from the one before
_SHORTEST = 5


class Sizing(StrEnum):
    """How long segments are."""

    FIXED = "fixed"  #: 77 frames each, the end of the clip padded; what the published code does
    TAIL = "tail"  #: as above, but the last one only as long as needed
    BALANCED = "balanced"  #: as many segments, all of about the same length


@dataclass(frozen=True, slots=True)
class Segment:
    """Frames that are rendered together."""

    start: int  #: first frame, carried ones included
    length: int  #: frames rendered, 4n + 1; those beyond the clip's end are padding
    first: int  #: first frame that is output
    stop: int  #: one behind the last frame that is output

    @property
    def latent_frames(self) -> int:
        return latent_frames(self.length)


def latent_frames(frames: int) -> int:
    """Latent frames of a run of 4n + 1 frames."""
    return (frames - 1) // TEMPORAL_STRIDE + 1


def plan_segments(frames: int, carried: int = 1, sizing: Sizing = Sizing.FIXED) -> tuple[Segment, ...]:
    """The segments of a clip of `frames` (at least 1) frames; their outputs are all frames, in order.

    With `FIXED`, the lengths are those of the published loop: the smallest number of 77-frame segments, overlapping by
    `carried` (1 or 5), that covers the clip.
    """
    step = LONGEST - carried
    count = max(1, -(-(frames - carried) // step))
    lengths = _lengths(frames, carried, count, sizing)
    starts = [0, *accumulate(length - carried for length in lengths)]
    return tuple(
        Segment(
            start=start,
            length=length,
            first=start + carried if number else 0,
            stop=min(frames, start + length),
        )
        for number, (start, length) in enumerate(zip(starts, lengths, strict=False))
    )


def _lengths(frames: int, carried: int, count: int, sizing: Sizing) -> list[int]:
    if sizing is Sizing.FIXED:
        return [LONGEST] * count
    if sizing is Sizing.TAIL:
        rest = frames - (count - 1) * (LONGEST - carried)
        return [LONGEST] * (count - 1) + [_legal(rest)]
    left, lengths = frames - carried, []
    for remaining in range(count, 0, -1):
        length = _legal(carried + -(-left // remaining))
        lengths.append(length)
        left -= length - carried
    return lengths


def _legal(length: int) -> int:
    """The smallest 4n + 1 from `length` on, at least 5."""
    return max(_SHORTEST, -(-(length - 1) // TEMPORAL_STRIDE) * TEMPORAL_STRIDE + 1)


def mirrored(index: int, frames: int) -> int:
    """The frame that stands for `index` when a clip of `frames` is played to and fro beyond its end."""
    if frames == 1:
        return 0
    index %= 2 * (frames - 1)
    return min(index, 2 * (frames - 1) - index)
