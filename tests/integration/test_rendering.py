"""Rendering and encoding side by side: whatever stops it, the next run gives the packets of an undisturbed one.

The engine here is a small one whose every image depends on all before it, so that its segments hand something on.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from motioncast.arrays import Image
from motioncast.engines.engine import OnStep, ReadFrames, ignore_steps
from motioncast.errors import Cancelled, ProcessingError
from motioncast.media.probe import VideoInfo, probe_video
from motioncast.media.segment import EncodedSegment
from motioncast.parallel import ahead
from motioncast.progress import Progress, ignore_progress
from motioncast.rendering import render_segments
from tests.clips import Clip, make_clip

pytestmark = pytest.mark.timeout(60, method="thread")  # a loop that waits for ever ends with the process

SEGMENTS = (range(5), range(5, 9), range(9, 14), range(14, 18))
LONG_SEGMENTS = (range(60), range(60, 100))  # more frames than may wait for the encoder
STEPS = 3


class KilledError(Exception):
    """Stands for whatever ends a run."""


@dataclass
class Chained:
    """Each image is noise whose seed is made of the one before and the driving frame."""

    segments: Sequence[range] = SEGMENTS
    fails_at: int = -1  #: before this image
    misshapen: int = -1  #: this image has another shape
    size: tuple[int, int] = (64, 48)
    driving_size: tuple[int, int] = (32, 32)
    warnings: Sequence[str] = ()
    begun: Counter[int] = field(default_factory=Counter)  #: how often each segment was rendered
    _state: int = 1
    _next: int = 0

    def render(
        self, read: ReadFrames, number: int = 0, carried: bytes | None = None, on_step: OnStep = ignore_steps
    ) -> Iterator[Image]:
        self._state, self._next = map(int, carried.split()) if carried else (1, 0)
        assert self._next == number, "handed on by another segment"
        on_step(0.0, "loading")
        driving = ahead(read(self.segments[number].start), 4, "conditions")
        try:
            for frames in self.segments[number:]:
                self.begun[self._next] += 1
                for step in range(STEPS + 1):
                    on_step(step / STEPS, f"step {step} of {STEPS}")
                self._next += 1
                for index in frames:
                    at, frame = next(driving)
                    assert at == index
                    yield self._image(index, frame)
        finally:
            driving.close()  # type: ignore[attr-defined]

    def _image(self, index: int, frame: Image) -> Image:
        if index == self.fails_at:
            raise KilledError(f"image {index}")
        self._state = (self._state * 31 + int(frame.sum())) % 2**31
        coarse = np.random.default_rng(self._state).integers(0, 256, (6, 8, 3), np.uint8)
        return np.kron(coarse, np.ones((8, 8, 1), np.uint8))[: 40 if index == self.misshapen else 48]

    def carry(self) -> bytes | None:
        return b"%d %d" % (self._state, self._next)


class Store:
    """Finished work in memory, which may fail once at its n-th save."""

    def __init__(self, pieces: dict[str, bytes] | None = None, fails_at: int = -1) -> None:
        self.pieces, self.log, self._fails_at = dict(pieces or {}), [], fails_at
        self.log: list[tuple[str, bytes]]

    def load(self, name: str) -> bytes | None:
        return self.pieces.get(name)

    def save(self, name: str, data: bytes) -> None:
        self.log.append((name, data))
        if len(self.log) - 1 == self._fails_at:
            raise ProcessingError("the disk is full")
        self.pieces[name] = data


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> VideoInfo:
    path: Path = tmp_path_factory.mktemp("rendering") / "driving.mp4"
    return probe_video(make_clip(path, Clip(100, (64, 64))))


@pytest.fixture(scope="module")
def undisturbed(clip: VideoInfo) -> list[EncodedSegment]:
    """What every run must give in the end."""
    return list(render_segments(Chained(), clip, ignore_progress, None))


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def stopped(run: Callable[[], object], kind: type[BaseException]) -> BaseException:
    """Run until `kind` is raised. Threads must be gone while the error is still held by somebody."""
    before = set(threading.enumerate())
    with pytest.raises(kind) as caught:
        run()
    assert set(threading.enumerate()) <= before
    return caught.value


def resumed(clip: VideoInfo, store: Store) -> tuple[list[EncodedSegment], Counter[int]]:
    engine = Chained()
    return list(render_segments(engine, clip, ignore_progress, store)), engine.begun


def test_segments_are_those_of_the_plan(undisturbed: list[EncodedSegment]) -> None:
    assert [range(s.first_index, s.first_index + s.count) for s in undisturbed] == list(SEGMENTS)
    assert len({packet.data for segment in undisturbed for packet in segment.packets}) == SEGMENTS[-1].stop


@pytest.mark.parametrize("image", range(SEGMENTS[-1].stop))
def test_stopped_at_any_image(clip: VideoInfo, undisturbed: list[EncodedSegment], image: int) -> None:
    store = Store()
    engine = Chained(fails_at=image)
    stopped(lambda: list(render_segments(engine, clip, ignore_progress, store)), KilledError)
    segments, begun = resumed(clip, store)
    assert segments == undisturbed
    # only the segment in the making is rendered again
    assert [n for n, count in (engine.begun + begun).items() if count > 1] == [
        next(n for n, frames in enumerate(SEGMENTS) if image in frames)
    ]


def test_killed_between_any_two_saves(clip: VideoInfo, undisturbed: list[EncodedSegment]) -> None:
    """What one segment hands on is kept before the segment itself, and not over what the one before needs."""
    whole = Store()
    list(render_segments(Chained(), clip, ignore_progress, whole))
    kept = [name.split("-")[0] for name, _ in whole.log]
    assert kept == ["carry", "segment"] * len(SEGMENTS)
    for saves in range(len(whole.log) + 1):
        store = Store(dict(whole.log[:saves]))
        segments, begun = resumed(clip, store)
        assert segments == undisturbed, saves
        assert begun.total() == len(SEGMENTS) - saves // 2


@pytest.mark.parametrize("save", range(2 * len(SEGMENTS)))
def test_a_save_that_fails_is_reported_and_harms_nothing(
    clip: VideoInfo, undisturbed: list[EncodedSegment], save: int
) -> None:
    store = Store(fails_at=save)
    error = stopped(lambda: list(render_segments(Chained(), clip, ignore_progress, store)), ProcessingError)
    assert str(error) == "the disk is full"
    assert len(store.log) == save + 1  # nothing is kept that cannot be used
    assert resumed(clip, store)[0] == undisturbed


def test_a_failed_save_is_noticed_before_the_next_segment_is_through(clip: VideoInfo) -> None:
    engine = Chained(segments=LONG_SEGMENTS)
    images: list[Image] = []

    def on_progress(progress: Progress) -> None:
        if progress.image is not None:
            images.append(progress.image)

    stopped(lambda: list(render_segments(engine, clip, on_progress, Store(fails_at=0))), ProcessingError)
    assert len(images) < LONG_SEGMENTS[-1].stop


@pytest.mark.parametrize("call", [0, 1, 3, 5, 8, 12, 17, 25, 34])
def test_stopped_from_the_progress_callback(clip: VideoInfo, undisturbed: list[EncodedSegment], call: int) -> None:
    calls = 0

    def cancel(_: Progress) -> None:
        nonlocal calls
        calls += 1
        if calls > call:
            raise Cancelled("stop here")

    store = Store()
    stopped(lambda: list(render_segments(Chained(), clip, cancel, store)), Cancelled)
    kept = [EncodedSegment.from_bytes(data) for name, data in sorted(store.pieces.items()) if "segment" in name]
    assert kept == undisturbed[: len(kept)]  # whole segments only
    assert resumed(clip, store)[0] == undisturbed


def test_a_caller_who_loses_interest_leaves_no_thread(clip: VideoInfo, undisturbed: list[EncodedSegment]) -> None:
    store = Store()
    running = render_segments(Chained(), clip, ignore_progress, store)
    assert next(running) == undisturbed[0]
    running.close()  # type: ignore[attr-defined]
    assert resumed(clip, store)[0] == undisturbed


@pytest.mark.parametrize("segments", [SEGMENTS, LONG_SEGMENTS])
@pytest.mark.parametrize("image", [0, 3, 7, 17])
def test_a_failing_encoder_is_reported(clip: VideoInfo, segments: Sequence[range], image: int) -> None:
    store = Store()
    engine = Chained(segments=segments, misshapen=image)
    error = stopped(lambda: list(render_segments(engine, clip, ignore_progress, store)), ValueError)
    assert "a frame of shape (40, 64, 3)" in str(error)
    broken = next(n for n, frames in enumerate(segments) if image in frames)
    assert sorted(name for name in store.pieces if "segment" in name) == [f"segment-{n:04d}" for n in range(broken)]


def watched(clip: VideoInfo, store: Store | None) -> list[Progress]:
    seen: list[Progress] = []
    list(render_segments(Chained(), clip, seen.append, store))
    return seen


def test_progress_counts_steps_and_images_and_never_runs_backwards(clip: VideoInfo) -> None:
    seen = watched(clip, None)
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert {p.stage for p in seen} == {"render"}
    assert {p.total for p in seen} == {100}
    assert sum(p.image is not None for p in seen) == SEGMENTS[-1].stop
    doing = [p.doing for p in seen if p.doing]
    assert doing[0] == "segment 1 of 4, loading"
    assert doing[1:] == [f"segment {n + 1} of 4, step {k} of {STEPS}" for n in range(4) for k in range(STEPS + 1)]
    # two thirds of the second segment's steps are done: so are two thirds of its four frames
    assert next(p.done for p in seen if p.doing == "segment 2 of 4, step 2 of 3") == 5 + 2


def test_progress_of_a_resumed_run_goes_on_where_it_was(clip: VideoInfo) -> None:
    store = Store()
    stopped(lambda: list(render_segments(Chained(fails_at=10), clip, ignore_progress, store)), KilledError)
    seen = watched(clip, store)
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert [p.done for p in seen[:2]] == [5, 9]
    assert seen[2].doing == "segment 3 of 4, loading"
    assert seen[-1].done == SEGMENTS[-1].stop


def test_a_finished_clip_is_not_rendered_at_all(clip: VideoInfo, undisturbed: list[EncodedSegment]) -> None:
    store = Store()
    assert resumed(clip, store)[0] == undisturbed
    saves = len(store.log)
    segments, begun = resumed(clip, store)
    assert segments == undisturbed
    assert not begun
    assert len(store.log) == saves


def test_damaged_work_is_named(clip: VideoInfo) -> None:
    store = Store()
    resumed(clip, store)
    store.pieces["segment-0001"] = store.pieces["segment-0001"][:-1]
    stopped(lambda: resumed(clip, store), ProcessingError)


@pytest.mark.parametrize("other", [(range(5), range(5, 14), range(14, 18)), (range(5), range(5, 9))])
def test_work_of_another_plan_is_not_mixed_in(clip: VideoInfo, other: Sequence[range]) -> None:
    store = Store()
    resumed(clip, store)
    error = stopped(
        lambda: list(render_segments(Chained(segments=other), clip, ignore_progress, store)), ProcessingError
    )
    assert "delete it" in str(error)
