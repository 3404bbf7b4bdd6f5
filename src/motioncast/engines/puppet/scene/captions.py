"""Captions that were laid over the finished picture: they run over the performer, and must run over the character.

Writing that changes tells itself from the scene: its strokes stay exactly where they are for seconds, and are gone in
the next line. One colour of it (that of the strokes, inside of their outline) and the width of the outline around it
then find it in every frame, over whatever it lies.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from motioncast.arrays import Bools, Image, Int32

SHARP, SMOOTH = 90, 40  #: contrast over three pixels: an edge of writing, and none
STEADY_LEVELS = 12  #: what stays changes by less
BAND_DENSITY = 0.03  #: share of a row that is edges of changing writing
BAND_HEIGHT = (0.02, 0.25)  #: of the picture's
APART_LEVELS = 40  #: writing against what is behind it
SAME_LEVELS = 48  #: a stroke against its usual colour
REACH = 0.014  #: of the picture's long side: the widest outline
CERTAIN = 0.75  #: F1 score of the found colour and outline
_BIN = 32  #: levels of a bin of the histogram of colours


@dataclass(frozen=True)
class Captions:
    """The writing of one shot."""

    rows: slice  #: output px
    colour: Int32  #: (3,) RGB of the strokes
    reach_px: int  #: width of the outline

    def alpha(self, frame: Image) -> Image:
        """(h, W) uint8 of the writing in the `rows` of `frame` (H, W, 3)."""
        outlined = _outlined(_strokes(frame[self.rows], self.colour), self.reach_px)
        return cv2.blur(outlined, (3, 3)).astype(np.uint8, copy=False)


def find_captions(frames: dict[int, Image], persons: dict[int, Bools]) -> Captions | None:
    """The changing writing of one shot, None when there is none.

    frames: frame index -> (H, W, 3), some samples of the shot in order; persons: where the performer may be, (H, W).
    """
    if len(frames) < 4:
        return None
    band = _band(list(frames.values()), list(persons.values()))
    if band is None:
        return None
    strips = np.array([frame[band] for frame in frames.values()])
    free = ~np.array([person[band] for person in persons.values()])
    clean, known = _unwritten(strips, free)
    usable = free & known
    written = (np.abs(strips.astype(np.int16) - clean).max(axis=-1) > APART_LEVELS) & usable
    longest = max(next(iter(frames.values())).shape)
    found = _best(strips, written, usable, round(REACH * longest))
    if found is None or _worn(strips, free, found[0]):
        return None
    return Captions(band, *found)


def _best(strips: Image, written: Bools, usable: Bools, widest: int) -> tuple[Int32, int] | None:
    """The colour of strokes and the width of the outline that explain what is `written` in the strips (n, h, W)."""
    best: tuple[Int32, int] | None = None
    score = CERTAIN
    for colour in _colours(strips[written]):
        strokes = [_strokes(strip, colour) for strip in strips]
        for reach in range(widest + 1):
            found = np.array([_outlined(stroke, reach) > 0 for stroke in strokes])
            hits = int((found & written).sum())
            f1 = 2 * hits / max(1, int((found & usable).sum()) + int(written.sum()))
            if f1 > score:
                score, best = f1, (colour, reach)
    return best


def _contrast(rgb: Image) -> Image:
    """(H, W) uint8: difference of the brightest and the darkest in 3x3 pixels, in the channel that shows it best."""
    gradient = cv2.morphologyEx(rgb, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.max(cv2.max(gradient[..., 0], gradient[..., 1]), gradient[..., 2]), np.uint8)


def _band(frames: list[Image], persons: list[Bools]) -> slice | None:
    """The rows in which strokes stand still and then go, away from the performer."""
    stayed, gone = np.zeros((2, *persons[0].shape), np.uint8)
    before: tuple[Image, Image] | None = None
    for frame, person in zip(frames, persons, strict=True):
        grey = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)
        contrast = _contrast(frame)
        gone += (contrast < SMOOTH) & ~person
        if before is not None:
            still = cv2.absdiff(grey, before[0]) < STEADY_LEVELS
            stayed += still & (contrast > SHARP) & (before[1] > SHARP) & ~person
        before = grey, contrast
    density = np.asarray(((stayed > 0) & (gone > 1)).mean(axis=1))
    height = len(density)
    dense = cv2.blur(density[:, None], (1, max(3, round(0.008 * height)))).ravel() > BAND_DENSITY
    edges = np.flatnonzero(np.diff(np.concatenate([[False], dense, [False]]).astype(int))).reshape(-1, 2)
    if len(edges) == 0:
        return None
    top, end = max(edges, key=lambda run: run[1] - run[0])
    if not BAND_HEIGHT[0] * height <= end - top <= BAND_HEIGHT[1] * height:
        return None
    margin = round(0.25 * (end - top))
    return slice(max(0, int(top) - margin), min(height, int(end) + margin))


def _unwritten(strips: Image, free: Bools) -> tuple[Image, Bools]:
    """The median of the moments without edges near, (h, W, 3), and where there were such moments, (h, W)."""
    reach = max(3, strips.shape[1] // 12) | 1
    blank = np.array([cv2.dilate(_contrast(strip), np.ones((reach, reach), np.uint8)) < SHARP for strip in strips])
    blank &= free
    known = blank.any(axis=0)
    values = np.where(blank[..., None], strips.astype(np.float32), np.nan)
    values[:, ~known] = 0
    return np.nanmedian(values, axis=0).astype(np.int16), known  # type: ignore[return-value]


def _colours(pixels: Image) -> list[Int32]:
    """The mean colours of the bins that hold most of (K, 3) pixels."""
    if len(pixels) < 200:
        return []
    code = (pixels // _BIN).astype(np.int32) @ np.array([1, 8, 64], np.int32)
    common = np.argsort(-np.bincount(code, minlength=512), kind="stable")[:4]
    return [np.rint(pixels[code == bin_].mean(axis=0)).astype(np.int32) for bin_ in common if (code == bin_).any()]


def _strokes(strip: Image, colour: Int32) -> Image:
    low, high = np.clip(colour - SAME_LEVELS, 0, 255), np.clip(colour + SAME_LEVELS, 0, 255)
    return np.asarray(cv2.medianBlur(cv2.inRange(strip, low, high), 3), np.uint8)


def _outlined(strokes: Image, reach: int) -> Image:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(strokes, kernel), np.uint8)


def _worn(strips: Image, free: Bools, colour: Int32) -> bool:
    """Whether the performer has much more of the colour than what is beside: then it finds no writing over them."""
    strokes = np.array([_strokes(strip, colour) for strip in strips]) > 0
    outside, inside = (float(strokes[where].mean()) if where.any() else 0.0 for where in (free, ~free))
    return inside > 2.5 * outside
