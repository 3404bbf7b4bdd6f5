"""What may stand in for our own perception, and how it looks at a whole clip.

Our tracker stays the authority on who the performer is: a stand-in is told in every frame where that person is.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeAlias

import cv2
import numpy as np

from motioncast.arrays import Float32, Image
from motioncast.engines.wan.conditions.wholebody import WholeBody
from motioncast.perception.landmarks import MASK_SIDE, PerformanceTrack, PersonMasks

Box: TypeAlias = tuple[float, float, float, float]  #: left, top, right, bottom in px
Found: TypeAlias = tuple[Float32, Float32]  #: (133, 2) px in COCO-WholeBody order, (133,) scores 0..1

_SEEN = 0.5  #: visibility of a body landmark that counts
_BOX_MARGIN = 0.08  #: of the longer side: landmarks end at ears and toes, a detector's box at hair and shoes
_EMPTY: Float32 = np.zeros((2, 3), np.float32)
_PERSON = 127  #: mask values above this are the person
_MASK_MARGIN_PX = 8  #: kept around a packed mask, so that its soft edge is not cut


class WholeBodyDetector(Protocol):
    """Finds the 133 points of one person."""

    def __call__(self, frame: Image, near_px: Box | None = None) -> Found:
        """The points of the person at `near_px` in `frame` (H, W, 3) RGB; all scores are 0 if nobody is found."""


class PersonSegmenter(Protocol):
    """Follows one person through a clip pixel by pixel."""

    def masks(self, frames: Iterable[tuple[int, Image]], track: PerformanceTrack) -> Iterator[Image]:
        """(H, W) uint8, 255 = the performer of `track`, for each (index, (H, W, 3) RGB) of `frames`, in order."""


def performer_box(track: PerformanceTrack, index: int) -> Box | None:
    """Where our tracker has the performer in frame `index`, inside the canvas; None where it has lost the person."""
    seen = track.body_visibility[index] > _SEEN
    if not track.body_valid[index] or not seen.any():
        return None
    parts = [track.body_px[index, seen]]
    for points, valid in (
        (track.face_px, track.face_valid),
        (track.left_hand_px, track.left_hand_valid),
        (track.right_hand_px, track.right_hand_valid),
    ):
        if valid[index]:
            parts.append(points[index])
    points_px = np.concatenate(parts)[:, :2]
    low, high = points_px.min(axis=0), points_px.max(axis=0)
    margin = _BOX_MARGIN * float((high - low).max())
    edge = np.array([track.width, track.height], np.float32)
    left, top = np.clip(low - margin, 0, edge).tolist()
    right, bottom = np.clip(high + margin, 0, edge).tolist()
    return (left, top, right, bottom) if left < right and top < bottom else None


def detect_clip(frames: Iterable[tuple[int, Image]], track: PerformanceTrack, detector: WholeBodyDetector) -> WholeBody:
    """The performer's points in each (index, (H, W, 3) RGB) of `frames`, one row a frame, on the canvas of `track`.

    Where our tracker has lost the performer nobody is looked for (score 0): whoever is there may be somebody else.
    A frame that repeats the one before it is not looked at again.
    """
    points, scores = [], []
    last: tuple[int, Image] | None = None
    for index, frame in frames:
        if last is None or not _repeats(last, index, frame):
            if frame.shape[:2] != (track.height, track.width):
                raise ValueError(f"a frame of {frame.shape[:2]} with a track of {(track.height, track.width)}")
            near_px = performer_box(track, index)
            found = detector(frame, near_px) if near_px is not None else nobody()
            last = index, frame
        points.append(found[0])
        scores.append(found[1])
    count = len(points)
    return WholeBody(
        np.array(points, np.float32).reshape(count, 133, 2),
        np.array(scores, np.float32).reshape(count, 133),
        track.width,
        track.height,
    )


def nobody() -> Found:
    """What a detector says of a picture without a person."""
    return np.zeros((133, 2), np.float32), np.zeros(133, np.float32)


def masks_of_clip(
    frames: Iterable[tuple[int, Image]], track: PerformanceTrack, segmenter: PersonSegmenter
) -> PersonMasks:
    """One mask a frame, for `dataclasses.replace(track, masks=...)`; `frames` are all those of `track`, in order."""
    packed, to_px = zip(*(pack_mask(mask) for mask in segmenter.masks(frames, track)), strict=True)
    return PersonMasks(packed, np.stack(to_px))


def pack_mask(mask: Image) -> tuple[bytes, Float32]:
    """A mask (H, W) uint8 as `PersonMasks` keeps it: the box of the person at 256 x 256, and its (2, 3) affine to px.

    The canvas is continued beyond its border, where a person who is cut off would otherwise fade out.
    """
    if not (mask > _PERSON).any():
        return b"", _EMPTY
    margin = _MASK_MARGIN_PX
    wide = cv2.copyMakeBorder(mask, *(2 * margin,) * 4, cv2.BORDER_REPLICATE)
    rows, columns = (np.flatnonzero((mask > _PERSON).any(axis=axis)) for axis in (1, 0))
    top, bottom = int(rows[0]) + margin, int(rows[-1]) + 1 + 3 * margin
    left, right = int(columns[0]) + margin, int(columns[-1]) + 1 + 3 * margin
    crop = wide[top:bottom, left:right]
    shrinks = max(crop.shape) > MASK_SIDE
    small = cv2.resize(crop, (MASK_SIDE, MASK_SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    x_step, y_step = crop.shape[1] / MASK_SIDE, crop.shape[0] / MASK_SIDE
    to_px = np.array(  # pixel centres
        [
            [x_step, 0, left - 2 * margin + x_step / 2 - 0.5],
            [0, y_step, top - 2 * margin + y_step / 2 - 0.5],
        ],
        np.float32,
    )
    return PersonMasks.pack(small.astype(np.uint8, copy=False)), to_px


def _repeats(last: tuple[int, Image], index: int, frame: Image) -> bool:
    """Whether a frame shows what the one before it shows."""
    return index == last[0] or frame is last[1] or np.array_equal(frame, last[1])
