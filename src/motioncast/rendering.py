"""From a planned rendering to encoded segments: rendered here, encoded in a thread of its own, kept when finished."""

import queue
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

from motioncast.arrays import Image
from motioncast.engines.engine import Rendering
from motioncast.errors import ProcessingError
from motioncast.finished_work import FinishedWork, load_pieces, piece_name
from motioncast.heap import release_freed_memory
from motioncast.media.probe import VideoInfo
from motioncast.media.reader import VideoReader
from motioncast.media.segment import EncodedSegment, encode_segment
from motioncast.progress import OnProgress, Progress

_AHEAD = 16  #: frames that may wait for the encoder
_POLL_S = 0.1
_SEGMENT, _CARRY = "segment", "carry"


def render_segments(
    rendering: Rendering, info: VideoInfo, on_progress: OnProgress, finished: FinishedWork | None
) -> Iterator[EncodedSegment]:
    """Render and encode the clip segment by segment, each its own encoder and closed group of pictures.

    Segments in `finished` are not rendered again. A segment is gone from memory once the caller has taken it. Whatever
    ends this iterator ends its threads and the engine's. Raises `ProcessingError` when what is `finished` cannot be
    used.
    """
    segments, total = rendering.segments, len(info.timeline)
    first = 0
    for stored in _stored(rendering, finished):
        yield stored
        first += 1
        on_progress(Progress("render", segments[first - 1].stop, total))
    if first == len(segments):
        return
    carried = finished.load(_carry_name(first - 1)) if finished and first else None
    watched = _Watched(rendering, first, total, on_progress)
    images = rendering.render(
        lambda start: VideoReader(info, size=rendering.driving_size, start=start), first, carried, watched.step
    )
    try:
        yield from _encoded(rendering, first, watched.images(images), _Encoder(rendering, info, finished))
    finally:
        images.close()  # type: ignore[attr-defined]  # a generator; the traceback of an error would keep it alive


def _stored(rendering: Rendering, finished: FinishedWork | None) -> Iterator[EncodedSegment]:
    """The segments that are finished. Raises `ProcessingError` when one is damaged or of another plan."""
    for number, piece in enumerate(load_pieces(finished, _SEGMENT)):
        try:
            segment = EncodedSegment.from_bytes(piece)
        except ValueError as error:
            raise ProcessingError("The finished work is damaged: delete it and run the job again.") from error
        frames = range(segment.first_index, segment.first_index + segment.count)
        if segment.size != rendering.size or frames not in rendering.segments[number : number + 1]:
            raise ProcessingError("The finished work was made with other settings: delete it and run the job again.")
        yield segment


def _carry_name(number: int) -> str:
    """What a segment hands on is kept until the one after the next is finished: two places are enough."""
    return piece_name(_CARRY, number % 2)


class _Watched:
    """Progress of a rendering: steps within a segment, images as they come out, and never backwards."""

    def __init__(self, rendering: Rendering, first: int, total: int, on_progress: OnProgress) -> None:
        self._segments, self._total, self._on_progress = rendering.segments, total, on_progress
        self._out = self._done = self._segments[first].start

    def step(self, share: float, doing: str) -> None:
        """A part of the segment in the making is done."""
        number = next(n for n, frames in enumerate(self._segments) if self._out < frames.stop)
        frames = self._segments[number]
        self._done = max(self._done, frames.start + int(share * len(frames)))
        place = f"segment {number + 1} of {len(self._segments)}, {doing}"
        self._on_progress(Progress("render", self._done, self._total, doing=place))

    def images(self, images: Iterator[Image]) -> Iterator[Image]:
        """The images themselves."""
        for image in images:
            self._out += 1
            self._done = max(self._done, self._out)
            self._on_progress(Progress("render", self._done, self._total, image))  # nobody comes back after the last
            yield image


def _encoded(
    rendering: Rendering, first: int, images: Iterator[Image], encoder: "_Encoder"
) -> Iterator[EncodedSegment]:
    """While a segment is encoded and kept, the next one is rendered."""
    waiting: Future[EncodedSegment] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="encoder") as thread:
        for number, frames in enumerate(rendering.segments[first:], start=first):
            feed = _Feed()
            task = thread.submit(encoder.encode, feed, number, frames.start)
            feed.fill(islice(images, len(frames)), rendering.carry, task)
            if waiting is not None:
                yield waiting.result()
                release_freed_memory()
            waiting = task
        if waiting is not None:
            yield waiting.result()


class _Encoder:
    """Encodes segments one after the other and keeps each in `finished`, with what it hands on."""

    def __init__(self, rendering: Rendering, info: VideoInfo, finished: FinishedWork | None) -> None:
        self._size, self._rate, self._finished = rendering.size, info.rate, finished
        self._failure: BaseException | None = None

    def encode(self, feed: "_Feed", number: int, start: int) -> EncodedSegment:
        """Encode segment `number`, whose first frame is `start`. After a failure, every later one fails the same way.

        A segment kept behind a missing one would be lost, and what it hands on would take a place still needed.
        """
        if self._failure is not None:
            raise self._failure
        try:
            segment = encode_segment(feed, start, self._size, self._rate)
            if self._finished is not None:
                if feed.carried is not None:
                    self._finished.save(_carry_name(number), feed.carried)
                self._finished.save(piece_name(_SEGMENT, number), segment.to_bytes())
        except BaseException as error:
            self._failure = error
            raise
        return segment


class _Feed(Iterable[Image]):
    """Frames of one segment on their way to the encoder's thread."""

    def __init__(self) -> None:
        self._frames: queue.Queue[Image | None] = queue.Queue(_AHEAD)
        self._broken = False
        self.carried: bytes | None = None  #: known when the last frame has been taken

    def __iter__(self) -> Iterator[Image]:
        while (image := self._frames.get()) is not None:
            yield image
        if self._broken:
            raise RuntimeError("the rendering was stopped")

    def fill(self, images: Iterable[Image], carry: Callable[[], bytes | None], task: Future[EncodedSegment]) -> None:
        """Hand all images over. What goes wrong with `task` is raised here; a failure here ends `task`."""
        try:
            for image in images:
                self._put(image, task)
            self.carried = carry()
        except BaseException:
            self._broken = True
            raise
        finally:
            self._put(None, task)

    def _put(self, image: Image | None, task: Future[EncodedSegment]) -> None:
        while True:
            try:
                return self._frames.put(image, timeout=_POLL_S)
            except queue.Full:
                if task.done():
                    task.result()
                    return None
