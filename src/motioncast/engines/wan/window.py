"""A sliding window over the conditions of a clip: a segment's frames, the clip played to and fro beyond its end."""

from collections import deque
from collections.abc import Iterator, Sequence

from motioncast.engines.wan.conditions.condition import Condition
from motioncast.engines.wan.segments import LONGEST, Segment, mirrored


class ConditionWindow:
    """Takes conditions from an iterator that starts at frame `first`, and holds no more than two segments of them."""

    def __init__(self, conditions: Iterator[Condition], first: int, frames: int) -> None:
        self._source, self._next, self._frames = conditions, first, frames
        self._held: deque[tuple[int, Condition]] = deque()

    def take(self, segment: Segment) -> list[Condition]:
        """The conditions of `segment`, padding included. Segments must be asked for in order, from `first` on.

        Raises ValueError if the conditions end before the clip does.
        """
        wanted = _indices(segment, self._frames)
        # padding reaches back less than a segment from the clip's end
        while self._held and self._held[0][0] < min(segment.start, self._frames - LONGEST):
            self._held.popleft()
        while self._next <= max(wanted):
            following = next(self._source, None)
            if following is None:
                raise ValueError(f"conditions for {self._next} of {self._frames} frames")
            self._held.append((self._next, following))
            self._next += 1
        held = dict(self._held)
        return [held[index] for index in wanted]


def first_needed(segments: Sequence[Segment], frames: int) -> int:
    """The first of `frames` whose condition is needed to render `segments`, the rest of a clip."""
    return min(min(_indices(segment, frames)) for segment in segments)


def _indices(segment: Segment, frames: int) -> list[int]:
    return [mirrored(index, frames) for index in range(segment.start, segment.start + segment.length)]
