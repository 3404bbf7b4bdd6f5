"""Whether a picture or a clip shows nudity."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from motioncast.arrays import Image
from motioncast.media.probe import VideoInfo
from motioncast.media.reader import VideoReader
from motioncast.safety.body_parts import INPUT_PX, BodyPartDetector

#: What counts. Bare male chests, bellies, armpits and feet do not: they are everyday in dance and sports; covered parts
#: are clothed.
EXPLICIT = frozenset(
    {
        "ANUS_EXPOSED",
        "BUTTOCKS_EXPOSED",
        "FEMALE_BREAST_EXPOSED",
        "FEMALE_GENITALIA_EXPOSED",
        "MALE_GENITALIA_EXPOSED",
    }
)
#: Of the clothed people at hand (11 clips, 11 stills) none has more than 0.42 in both views; one view alone gives 0.60.
THRESHOLD = 0.5
SAMPLED_FRAMES = 8


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a picture or a clip shows."""

    nsfw: bool
    labels: tuple[tuple[str, float], ...]  #: the explicit labels over the threshold with their best scores, best first


class Moderator:
    """Looks at pictures. Several threads may share it."""

    def __init__(self, model: Path, threshold: float = THRESHOLD, explicit: frozenset[str] = EXPLICIT) -> None:
        """`model` is what `models.ensure_moderation_model` gives; labels `explicit` count from `threshold` (0..1) on.

        Raises `ProcessingError` if the model is missing or damaged.
        """
        self._detector = BodyPartDetector(model)
        self._threshold = threshold
        self._explicit = explicit

    def check_image(self, rgb: Image) -> Verdict:
        """The verdict on `rgb` (H, W, 3) uint8."""
        return self.check_frames([rgb])

    def check_frames(self, frames: Iterable[Image]) -> Verdict:
        """The verdict on pictures (H, W, 3) uint8 together: explicit as soon as one of them is."""
        best: dict[str, float] = {}
        for frame in frames:
            for label, score in self._scores(frame).items():
                best[label] = max(score, best.get(label, 0.0))
        labels = tuple(sorted(best.items(), key=lambda item: (-item[1], item[0])))
        return Verdict(nsfw=bool(labels), labels=labels)

    def _scores(self, rgb: Image) -> dict[str, float]:
        """Explicit labels over the threshold, each with the lower of its scores in the picture and its mirror image.

        The network sees a cartoon's trousers as genitals in one view and hardly in the other; a second look costs
        nothing where the first finds nothing.
        """
        found = self._over_threshold(rgb)
        if not found:
            return found
        mirrored = self._over_threshold(rgb[:, ::-1])
        return {label: min(score, mirrored[label]) for label, score in found.items() if label in mirrored}

    def _over_threshold(self, rgb: Image) -> dict[str, float]:
        parts = [p for p in self._detector.detect(rgb) if p.label in self._explicit and p.score >= self._threshold]
        return {part.label: part.score for part in reversed(parts)}  # best first, so the best one is written last


def sample_frames(info: VideoInfo, count: int = SAMPLED_FRAMES) -> Iterator[Image]:
    """Up to `count` frames (H, W, 3) uint8 RGB, 320 px long, from the middles of equal parts of a probed video.

    Each run of frames between two key frames is decoded at most once and only as far as needed; nothing is held.
    Raises InputError if the file no longer decodes.
    """
    length = len(info.timeline)
    wanted = np.unique((np.arange(count) + 0.5) * length / count).astype(np.int64)
    runs = np.searchsorted(info.timeline.key_pts, info.timeline.source_pts[wanted], side="right")
    for _, run in groupby(zip(runs.tolist(), wanted.tolist(), strict=True), key=lambda pair: pair[0]):
        due = [index for _, index in run]
        for index, image in VideoReader(info, max_side=INPUT_PX, start=due[0], stop=due[-1] + 1):
            if index in due:
                yield image
