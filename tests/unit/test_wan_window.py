"""The sliding window gives each segment the conditions of a padded clip, from a stream and without holding it."""

import weakref
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motioncast.engines.wan.conditions.condition import Condition
from motioncast.engines.wan.segments import CARRIED, LONGEST, Sizing, mirrored, plan_segments
from motioncast.engines.wan.window import ConditionWindow, first_needed

BLACK = np.zeros((1, 1, 3), np.uint8)


class Tracked(Condition):
    """A condition that can be counted: slots alone take no weak reference."""


def stream(
    start: int, stop: int, alive: "weakref.WeakValueDictionary[int, Tracked] | None" = None
) -> Iterator[Condition]:
    """Conditions whose pose says which frame they are of."""
    for index in range(start, stop):
        condition = Tracked(np.full((1, 1, 3), index, np.int32), BLACK)
        if alive is not None:
            alive[index] = condition
        yield condition


def indices(conditions: list[Condition]) -> list[int]:
    return [int(condition.pose[0, 0, 0]) for condition in conditions]


CLIPS = st.tuples(st.integers(1, 700), st.sampled_from(CARRIED), st.sampled_from(list(Sizing)))


@given(CLIPS, st.data())
@settings(max_examples=150, deadline=None)
def test_segments_get_the_padded_clip_from_any_start(clip: tuple[int, int, Sizing], data: st.DataObject) -> None:
    frames, carried, sizing = clip
    segments = plan_segments(frames, carried, sizing)
    padded = [mirrored(index, frames) for index in range(segments[-1].start + segments[-1].length)]
    rest = segments[data.draw(st.integers(0, len(segments) - 1)) :]
    first = first_needed(rest, frames)
    alive: weakref.WeakValueDictionary[int, Tracked] = weakref.WeakValueDictionary()
    window = ConditionWindow(stream(first, frames, alive), first, frames)
    for segment in rest:
        assert indices(window.take(segment)) == padded[segment.start : segment.start + segment.length]
        assert len(alive) <= 2 * LONGEST


def test_the_stream_is_asked_for_no_more_than_a_segment_needs() -> None:
    segments = plan_segments(200)
    source = stream(0, 200)
    window = ConditionWindow(source, 0, 200)
    window.take(segments[0])
    assert indices([next(source)]) == [77]


def test_padding_needs_no_frame_beyond_the_clip() -> None:
    source = stream(0, 100)
    assert indices(ConditionWindow(source, 0, 10).take(plan_segments(10)[0]))[:12] == [*range(10), 8, 7]
    assert indices([next(source)]) == [10]


def test_a_late_start_skips_what_is_not_needed() -> None:
    segments = plan_segments(400)
    assert first_needed(segments[2:], 400) == segments[2].start
    # the last segment's padding reaches back before its own first frame
    assert first_needed(plan_segments(78)[1:], 78) == 2


@pytest.mark.parametrize(("given_frames", "complete"), [(99, 1), (40, 0)])
def test_conditions_that_end_too_early_are_an_error(given_frames: int, complete: int) -> None:
    window = ConditionWindow(stream(0, given_frames), 0, 100)
    segments = plan_segments(100)
    for segment in segments[:complete]:
        window.take(segment)
    with pytest.raises(ValueError, match=f"conditions for {given_frames} of 100 frames"):
        window.take(segments[complete])
