"""How clips are cut into segments: every frame once, lengths the model knows, the published loop's padding."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motioncast.engines.wan.segments import CARRIED, Segment, Sizing, mirrored, plan_segments

LENGTHS = range(1, 4001)  # 120 s at 33 frames a second


def published_length(frames: int, carried: int) -> int:
    """Wan2.2's loop: the smallest 76k + 1 (72k + 5) frames, k from 1 on, that hold the clip."""
    step = 77 - carried
    k = 1
    while k * step + carried < frames:
        k += 1
    return k * step + carried


def published_padding(frames: int, padded: int) -> list[int]:
    """Indices of a clip that is played to and fro until there are `padded`; diffusers' walk, one step at a time."""
    index, backwards, walk = 0, False, []
    for _ in range(padded):
        walk.append(index)
        index += -1 if backwards else 1
        if index in (0, frames - 1):
            backwards = not backwards
    return walk


@pytest.mark.parametrize("carried", CARRIED)
@pytest.mark.parametrize("sizing", list(Sizing))
def test_every_clip_is_covered_once_by_legal_segments(carried: int, sizing: Sizing) -> None:
    for frames in LENGTHS:
        segments = plan_segments(frames, carried, sizing)
        assert [frame for s in segments for frame in range(s.first, s.stop)] == list(range(frames)), frames
        assert all(s.length % 4 == 1 and 5 <= s.length <= 77 for s in segments), frames
        assert all(s.latent_frames == (s.length + 3) // 4 for s in segments)
        assert segments[0].start == segments[0].first == 0
        for before, after in pairwise(segments):
            # it begins with the frames that the one before has ended with, none of them padding
            assert after.start == before.start + before.length - carried == before.stop - carried, frames
            assert after.first == before.stop < after.stop, frames


@pytest.mark.parametrize("carried", CARRIED)
def test_fixed_segments_are_the_published_loop(carried: int) -> None:
    for frames in LENGTHS:
        segments = plan_segments(frames, carried, Sizing.FIXED)
        assert {s.length for s in segments} == {77}
        assert segments[-1].start + 77 == published_length(frames, carried), frames


@pytest.mark.parametrize("carried", CARRIED)
def test_tail_segments_are_fixed_ones_but_for_a_last_one_just_long_enough(carried: int) -> None:
    for frames in LENGTHS:
        fixed, tail = (plan_segments(frames, carried, sizing) for sizing in (Sizing.FIXED, Sizing.TAIL))
        assert tail[:-1] == fixed[:-1]
        assert tail[-1].start == fixed[-1].start
        padding = tail[-1].start + tail[-1].length - frames
        assert padding < 4 or tail[-1].length == 5, frames


@pytest.mark.parametrize("carried", CARRIED)
def test_balanced_segments_are_as_many_and_never_short(carried: int) -> None:
    for frames in LENGTHS:
        balanced = plan_segments(frames, carried, Sizing.BALANCED)
        assert len(balanced) == len(plan_segments(frames, carried, Sizing.FIXED)), frames
        lengths = [s.length for s in balanced]
        assert max(lengths) - min(lengths) <= 4, frames
        assert frames <= 77 or min(lengths) >= 37, frames
        # no more padding than the grid of four frames asks for
        assert balanced[-1].start + balanced[-1].length - frames < 4 or lengths == [5], frames


@pytest.mark.parametrize(
    ("frames", "segments"),
    [
        (1, [Segment(0, 77, 0, 1)]),
        (77, [Segment(0, 77, 0, 77)]),
        (78, [Segment(0, 77, 0, 77), Segment(76, 77, 77, 78)]),
        (
            230,
            [Segment(0, 77, 0, 77), Segment(76, 77, 77, 153), Segment(152, 77, 153, 229), Segment(228, 77, 229, 230)],
        ),
    ],
)
def test_known_clips(frames: int, segments: list[Segment]) -> None:
    assert list(plan_segments(frames)) == segments


@given(st.integers(2, 400), st.integers(0, 1000))
def test_padding_is_that_of_the_published_pipeline(frames: int, index: int) -> None:
    assert mirrored(index, frames) == published_padding(frames, index + 1)[-1]


def test_a_clip_of_one_or_two_frames_can_be_padded() -> None:
    """The published padding runs out of a list of one."""
    assert [mirrored(index, 1) for index in range(5)] == [0] * 5
    assert [mirrored(index, 2) for index in range(5)] == published_padding(2, 5) == [0, 1, 0, 1, 0]
    with pytest.raises(IndexError):
        _ = [[0][index] for index in published_padding(1, 5)]
