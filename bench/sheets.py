"""Contact sheets: beside each reference, columns of driver frame over output frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bench.frames import fit, read_frames
from motioncast.arrays import Image

SHEET_WIDTH_PX = 1600  #: aimed at, by the height of each row
LEAST_HEIGHT_PX, MOST_HEIGHT_PX = 160, 420
GAP_PX = 6
BACKGROUND = 24


@dataclass(frozen=True)
class SheetRow:
    """One job that has run."""

    reference: Path
    driving: Path
    output: Path


def contact_sheet(rows: Sequence[SheetRow], columns: int) -> Image:
    """(H, W, 3) picture of all rows, `columns` moments of each at equal distances, first and last included."""
    bands = [_band(row, columns) for row in rows]
    width = max(band.shape[1] for band in bands)
    return np.vstack([_padded(band, width) for band in bands])


def moments(clip: Path, columns: int, count: int, height: int) -> list[Image]:
    """`columns` tiles of `height` from the first `count` frames of a clip, at equal distances."""
    wanted = np.linspace(0, count - 1, columns).round().astype(int)
    needed = set(wanted.tolist())
    kept = {index: _tile(frame, height) for index, frame in enumerate(read_frames(clip)) if index in needed}
    return [kept[index] for index in wanted.tolist()]


def _band(row: SheetRow, columns: int) -> Image:
    count = min(sum(1 for _ in read_frames(clip)) for clip in (row.driving, row.output))
    height = _tile_height([next(read_frames(clip)) for clip in (row.reference, row.driving, row.output)], columns)
    driving, output = (moments(clip, columns, count, height) for clip in (row.driving, row.output))
    pairs = [_stacked(above, below) for above, below in zip(driving, output, strict=True)]
    reference = _centred(_tile(next(read_frames(row.reference)), height), pairs[0].shape[0])
    return np.hstack([reference, *pairs])


def _tile_height(pictures: list[Image], columns: int) -> int:
    reference, *clips = (picture.shape[1] / picture.shape[0] for picture in pictures)
    fills = SHEET_WIDTH_PX / (reference + columns * max(clips))
    return int(np.clip(fills, LEAST_HEIGHT_PX, MOST_HEIGHT_PX))


def _tile(picture: Image, height: int) -> Image:
    tile = fit(picture, (round(picture.shape[1] * height / picture.shape[0]), height))
    return _bordered(tile, 0, GAP_PX, 0, GAP_PX)


def _stacked(above: Image, below: Image) -> Image:
    width = max(above.shape[1], below.shape[1])
    return np.vstack([_padded(above, width), _padded(below, width)])


def _padded(picture: Image, width: int) -> Image:
    return _bordered(picture, 0, 0, 0, width - picture.shape[1])


def _centred(picture: Image, height: int) -> Image:
    spare = height - picture.shape[0]
    return _bordered(picture, spare // 2, spare - spare // 2, 0, 0)


def _bordered(picture: Image, top: int, bottom: int, left: int, right: int) -> Image:
    grey = (BACKGROUND,) * 3
    framed = cv2.copyMakeBorder(picture, top, bottom, left, right, cv2.BORDER_CONSTANT, value=grey)
    return framed.astype(np.uint8, copy=False)
