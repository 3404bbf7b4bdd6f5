"""One person through a clip: frames in, `PerformanceTrack` out.

Each part of the person (body, mask, face, hands) is a chain over the frames: what is found in a frame says where to
look in the next. The parts of a frame hang on its body only, so the chains run side by side, each on its own
thread and in frame order: the result is the same whatever the number of processors.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from motioncast.arrays import Image
from motioncast.errors import InputError
from motioncast.perception.body import GOOD_QUALITY, quality, read_face
from motioncast.perception.body_pace import BodyLook
from motioncast.perception.chains import NETWORKS, Chains, Found, slim
from motioncast.perception.checkpoint import freeze, thaw
from motioncast.perception.hand import Look
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.perception.mask import PlacedMask
from motioncast.perception.networks import Points
from motioncast.perception.shots import CutDetector
from motioncast.perception.track_arrays import assemble
from motioncast.progress import OnProgress, Progress

LARGEST_SIDE_PX = 832  #: longer side at which frames are looked at
SMALLEST_SIDE_PX, SMALL_TO_PX = 480, 720  #: a clip smaller than this is enlarged first
_IN_FLIGHT = 6  #: frames between the first and the last thread
_HEAD_FRAMES = 32  #: frames kept so that a bad start can be tracked backwards
CHUNK_FRAMES = 120  #: finished work is handed out in chunks of so many frames


@dataclass(frozen=True)
class _Pending:
    """What one frame will show, once the threads get there."""

    body: Future[BodyLook]
    mask: Future[PlacedMask | None]
    face: Future[Points | None]
    left: Future[Look]
    right: Future[Look]

    def result(self) -> Found:
        return slim(
            Found(self.body.result(), self.mask.result(), self.face.result(), self.left.result(), self.right.result())
        )


def working_size(width: int, height: int) -> tuple[int, int]:
    """Width and height at which a clip of this size is looked at."""
    side = max(width, height)
    goal = SMALL_TO_PX if side < SMALLEST_SIDE_PX else min(side, LARGEST_SIDE_PX)
    return max(1, round(width * goal / side)), max(1, round(height * goal / side))


def track_video(
    frames: Iterable[tuple[int, Image]],
    width: int,
    height: int,
    rate: float,
    total: int,
    models: Path,
    on_progress: OnProgress,
    masks: bool = True,
    see: Callable[[int, Image], None] | None = None,
    finished: Sequence[bytes] = (),
    on_chunk: Callable[[bytes], None] | None = None,
) -> PerformanceTrack:
    """Follow the largest, most central person through a clip.

    `frames` yields (number, (H, W, 3) uint8 RGB) in order, at any one size with the aspect of the source; `width`,
    `height` are those of the upright source, in whose pixels the track is given; `rate` is in frames a second. Without
    `masks` the track has none, and takes a sixth less work. `on_progress` and `see`, which is shown every frame, are
    called from this thread, and what they raise ends the tracking. Every `CHUNK_FRAMES` frames `on_chunk` gets the
    finished work; given back as `finished` with the frames that are left, it makes the same track. Raises `InputError`
    when no frame shows a person.
    """
    tracker = PersonTracker(models, rate, masks=masks)
    with tracker:
        tracker.resume(finished)
        told = tracker.found
        for number, image in frames:
            tracker.add(image)
            if see is not None:
                see(number, image)
            told = _tell(on_progress, told, tracker.found, total)
            if on_chunk is not None and tracker.count % CHUNK_FRAMES == 0:
                on_chunk(tracker.finish_chunk())
        track = tracker.finish(width, height)
        _tell(on_progress, told, len(track), total)
        return track


def _tell(on_progress: OnProgress, told: int, found: int, total: int) -> int:
    """One call for every frame that was `found` since it was last `told`."""
    for done in range(told + 1, found + 1):
        on_progress(Progress("track", done, total))
    return found


class PersonTracker:
    """Follows one person, frame by frame. Use it as a context manager: it owns threads."""

    def __init__(self, models: Path, rate: float, side_by_side: bool = True, masks: bool = True) -> None:
        self._rate = rate
        self._new_chains = partial(Chains, models, rate, masks)
        self._chains = self._new_chains()
        self._cut_detector = CutDetector()
        self._lines = [ThreadPoolExecutor(1, "track") for _ in range(5)] if side_by_side else []
        self._waiting: deque[_Pending] = deque()
        self._found: list[Found] = []
        self._head: list[Image] = []
        self._cuts: list[int] = []
        self._count = self._handed_out = 0
        self._size = (0, 0)

    def __enter__(self) -> "PersonTracker":
        return self

    def __exit__(self, *_: object) -> None:
        for line in self._lines:
            line.shutdown(wait=True, cancel_futures=True)

    def add(self, image: Image) -> None:
        """Take in the next frame, (H, W, 3) uint8 RGB."""
        image = _at_working_size(image)
        self._size = (image.shape[1], image.shape[0])
        cut = self._cut_detector(image)
        if cut:
            self._cuts.append(self._count)
        if self._count < _HEAD_FRAMES and not self._cuts:
            self._head.append(image)
        self._count += 1
        if self._lines:
            self._submit(image, cut)
        else:
            self._found.append(self._chains.look(image, cut))
        if len(self._found) == _HEAD_FRAMES:
            self._mend_head()

    @property
    def count(self) -> int:
        """Frames taken in so far."""
        return self._count

    @property
    def found(self) -> int:
        """Frames in which everything has been looked for."""
        return len(self._found)

    def finish_chunk(self) -> bytes:
        """What was found since the last chunk, and all that is needed to go on from here in another process.

        Not within the first `_HEAD_FRAMES` frames, which may still be mended.
        """
        self._drain()
        chunk = self._found[self._handed_out :]
        self._handed_out = len(self._found)
        state = (self._chains, self._cut_detector, self._cuts, self._size)
        return freeze((chunk, state), NETWORKS)

    def resume(self, chunks: Sequence[bytes]) -> None:
        """Take over the finished chunks of a clip, in order, in place of its first frames. Raises `ProcessingError`."""
        for chunk in chunks:
            fresh = (self._chains, self._cut_detector)
            found, state = thaw(chunk, fresh, NETWORKS)
            self._found += found
            self._chains, self._cut_detector, self._cuts, self._size = state
        self._count = self._handed_out = len(self._found)

    def finish(self, width: int, height: int) -> PerformanceTrack:
        """The track of all frames in pixels of the (width, height) source. Raises `InputError` if nobody was seen."""
        self._drain()
        self._mend_head()
        if not any(found.body.pose or found.face for found in self._found):
            raise InputError(
                "No person was found in the driving video: use a video that shows one person clearly, "
                "at least from the head to the shoulders."
            )
        return assemble(self._found, self._size, (width, height), self._rate, tuple(self._cuts))

    def _submit(self, image: Image, cut: bool) -> None:
        body_line, mask_line, face_line, left_line, right_line = self._lines
        chains = self._chains
        body = body_line.submit(chains.body, image, cut)
        self._waiting.append(
            _Pending(
                body,
                mask_line.submit(lambda: chains.mask(body.result().pose)),
                face_line.submit(lambda: chains.face(image, body.result().pose, cut)),
                left_line.submit(lambda: chains.left(image, body.result().pose)),
                right_line.submit(lambda: chains.right(image, body.result().pose)),
            )
        )
        if len(self._waiting) > _IN_FLIGHT:
            self._collect()

    def _drain(self) -> None:
        while self._waiting:
            self._collect()

    def _collect(self) -> None:
        self._found.append(self._waiting.popleft().result())
        if len(self._found) == _HEAD_FRAMES:
            self._mend_head()

    def _mend_head(self) -> None:
        """Track the badly seen first frames backwards from the first good one, and keep what became better."""
        images, self._head = self._head, []
        head = self._found[: len(images)]
        good = next((k for k, found in enumerate(head) if _quality(found) >= GOOD_QUALITY), 0)
        if good == 0:
            return
        chains = self._new_chains()
        seed = head[good]
        assert seed.body.pose is not None
        chains.body.seed(seed.body.pose)
        for k in range(good - 1, -1, -1):
            again = chains.look(images[k], cut=False)
            if _quality(again) > _quality(head[k]) + 0.02:
                self._found[k] = again


def _quality(found: Found) -> float:
    if found.body.pose is None:
        return -1.0
    return quality(found.body.pose, read_face(found.face.points_px) if found.face is not None else None)


def _at_working_size(image: Image) -> Image:
    size = working_size(image.shape[1], image.shape[0])
    if size == (image.shape[1], image.shape[0]):
        return image
    way = cv2.INTER_AREA if size[0] < image.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size, interpolation=way), np.uint8)
