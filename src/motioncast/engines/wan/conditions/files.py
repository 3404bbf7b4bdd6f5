"""Conditions as files: the five that the official preprocessing writes, in both directions.

src_pose.mp4, src_face.mp4 and src_ref.png, in replace mode src_bg.mp4 and src_mask.mp4 as well. Ours are lossless and
run at the driving video's own rate; those of the official repository are lossy, which reading makes up for.
"""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from motioncast.arrays import Image
from motioncast.engines.wan.conditions.condition import Condition
from motioncast.engines.wan.conditions.face_crop import FACE_PX
from motioncast.engines.wan.conditions.person_mask import PERSON, without_person
from motioncast.engines.wan.conditions.reference import letterboxed
from motioncast.errors import InputError, ProcessingError
from motioncast.media.geometry import MIN_SIDE, STEP
from motioncast.media.image import load_image
from motioncast.media.lossless import LosslessVideo
from motioncast.media.preview import save_png
from motioncast.media.probe import VideoInfo, probe_video
from motioncast.media.reader import VideoReader
from motioncast.request import Mode

POSE, FACE, BACKGROUND, MASK = "src_pose.mp4", "src_face.mp4", "src_bg.mp4", "src_mask.mp4"
REFERENCE = "src_ref.png"
_VIDEOS = {Mode.ANIMATE: (POSE, FACE), Mode.REPLACE: (POSE, FACE, BACKGROUND, MASK)}
_HALF = 128


class ConditionWriter:
    """Writes conditions into a folder, one at a time. Use it as a context manager.

    The files appear together when it is left without an error; until then, and after an error, the folder holds what
    it held before. Files of an earlier run in the other mode are removed. Raises `InputError` where the folder cannot
    be made, `ProcessingError` where writing fails.
    """

    def __init__(self, folder: Path, mode: Mode, size: tuple[int, int], rate: Fraction, reference: Image) -> None:
        """`size` (W, H) is the output's, `reference` (H, W, 3) the picture on its canvas, `rate` in frames/s."""
        self._folder, self._size, self._rate, self._reference = folder, size, rate, reference
        self._names = _VIDEOS[mode]
        self._partial = folder / f".part-{secrets.token_hex(4)}"
        self._videos: dict[str, LosslessVideo] = {}

    def __enter__(self) -> Self:
        self._is_new = not self._folder.exists()
        try:
            self._partial.mkdir(parents=True)
        except OSError as error:
            raise InputError(f"The folder {self._folder} cannot be written to ({error.strerror}).") from error
        try:
            for name in self._names:
                size = (FACE_PX, FACE_PX) if name == FACE else self._size
                self._videos[name] = LosslessVideo(self._partial / name, size, self._rate)
        except BaseException:
            self._clear()
            raise
        return self

    def write(self, condition: Condition) -> None:
        """Add the condition of the next frame."""
        for name, image in _images(condition).items():
            if name in self._videos:
                self._videos[name].add(image)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                for video in self._videos.values():
                    video.close()
                self._publish()
        except OSError as failure:
            raise ProcessingError(f"The folder {self._folder} cannot be written to: {failure.strerror}.") from failure
        finally:
            self._clear()

    def _clear(self) -> None:
        self._videos.clear()
        shutil.rmtree(self._partial, ignore_errors=True)
        if self._is_new:
            with suppress(OSError):
                self._folder.rmdir()  # only goes if nothing was written

    def _publish(self) -> None:
        save_png(self._partial / REFERENCE, self._reference)
        for name in (BACKGROUND, MASK):
            (self._folder / name).unlink(missing_ok=True)
        for path in self._partial.iterdir():
            path.replace(self._folder / path.name)


@dataclass(frozen=True)
class StoredConditions:
    """Conditions that lie in files."""

    mode: Mode
    videos: dict[str, VideoInfo]  #: by file name; all have as many frames
    size: tuple[int, int]  #: (W, H) of the output, multiples of 16
    reference: Image  #: (H, W, 3) the reference image on the output canvas

    def __len__(self) -> int:
        return len(self.videos[POSE].timeline)

    def conditions(self, first: int = 0) -> Iterator[Condition]:
        """The conditions of frames `first`, `first` + 1 … Raises `InputError` if a file no longer decodes."""
        readers = [self._reader(name, first) for name in _VIDEOS[self.mode]]
        for items in zip(*readers, strict=True):
            pose, face, *rest = [image for _, image in items]
            if not rest:
                yield Condition(pose, face)
                continue
            background, grey = rest
            # lossy files blur the mask's values and the rim of the hole: both are made sharp again
            mask = np.where(grey[..., 0] >= _HALF, np.uint8(PERSON), np.uint8(0))
            yield Condition(pose, face, mask, without_person(background, mask))

    def _reader(self, name: str, first: int) -> VideoReader:
        return VideoReader(self.videos[name], size=(FACE_PX, FACE_PX) if name == FACE else self.size, start=first)


def read_conditions(folder: Path, mode: Mode) -> StoredConditions:
    """Open the files of a folder, ours or the official preprocessing's.

    Pictures whose sides are not multiples of 16 are fitted to the next smaller ones. Raises `InputError` for a file
    that is missing or unreadable, and for videos of different lengths or sizes.
    """
    names = _VIDEOS[mode]
    for name in (*names, REFERENCE):
        if not (folder / name).is_file():
            raise InputError(f"The folder {folder} has no {name}: give that of a finished preprocessing ({mode}).")
    videos = {name: probe_video(folder / name) for name in names}
    _check_alike(videos)
    pose = videos[POSE]
    size = (max(MIN_SIDE, pose.width // STEP * STEP), max(MIN_SIDE, pose.height // STEP * STEP))
    return StoredConditions(mode, videos, size, letterboxed(load_image(folder / REFERENCE).rgb, size))


def _images(condition: Condition) -> dict[str, Image]:
    """The pictures of a condition, (H, W, 3), by the name of their file."""
    images = {POSE: condition.pose, FACE: condition.face}
    if condition.mask is not None and condition.background is not None:
        images[BACKGROUND] = condition.background
        images[MASK] = np.repeat(condition.mask[..., None], 3, axis=2)
    return images


def _check_alike(videos: dict[str, VideoInfo]) -> None:
    pose = videos[POSE]
    for name, video in videos.items():
        frames, expected = len(video.timeline), len(pose.timeline)
        if frames != expected:
            raise InputError(
                f"{name} has {frames} frames and {POSE} has {expected}: they must be of one preprocessing run."
            )
        if name != FACE and (video.width, video.height) != (pose.width, pose.height):
            raise InputError(
                f"{name} is {video.width}x{video.height} and {POSE} is {pose.width}x{pose.height}: "
                "they must have one size."
            )
