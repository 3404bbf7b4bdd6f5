"""Where one shot ends and the next begins."""

from collections import deque

import numpy as np

from motioncast.arrays import Float64, Image

_THUMBNAIL = 40  #: every so-manieth pixel, so that about 40 remain along the shorter side
_LEAST = 0.3  #: distance below which neighbouring frames are always one shot
_STAND_OUT = 4.0  #: a cut is this many times the usual distance
_USUAL_OVER = 12  #: frames that tell what is usual


class CutDetector:
    """Tells shot cuts by the colour histograms of neighbouring frames. Give it every frame in order."""

    def __init__(self) -> None:
        self._last: Float64 | None = None
        self._usual: deque[float] = deque(maxlen=_USUAL_OVER)

    def __call__(self, image: Image) -> bool:
        """Does a new shot begin with `image`?"""
        now = _colours(image)
        before, self._last = self._last, now
        if before is None:
            return False
        # Hellinger distance: 0 same .. 1 nothing in common
        distance = float(np.sqrt(max(0.0, 1.0 - np.sqrt(before * now).sum())))
        usual = float(np.median(self._usual)) if self._usual else 0.0
        cut = distance > max(_LEAST, _STAND_OUT * usual)
        if cut:
            self._usual.clear()
        else:
            self._usual.append(distance)
        return cut


def _colours(image: Image) -> Float64:
    """(4 x 512,) histograms of the quarters of the picture, together summing to 1."""
    stride = max(1, min(image.shape[:2]) // _THUMBNAIL)
    small = image[stride // 2 :: stride, stride // 2 :: stride].astype(np.int64)
    bins = (small[..., 0] >> 5 << 6) | (small[..., 1] >> 5 << 3) | (small[..., 2] >> 5)
    quarter = (np.arange(small.shape[0]) * 2 // small.shape[0])[:, None] * 2
    quarter = quarter + (np.arange(small.shape[1]) * 2 // small.shape[1])[None]
    counts = np.bincount((bins + 512 * quarter).ravel(), minlength=2048).reshape(4, 8, 8, 8).astype(np.float64)
    for axis in (1, 2, 3):  # colours drift by a bin from frame to frame
        counts = _spread(counts, axis)
    flat = counts.reshape(-1)
    return np.asarray(flat / flat.sum(), np.float64)


def _spread(counts: Float64, axis: int) -> Float64:
    """Half of every bin is added to each of its two neighbours along `axis`."""
    spread = counts.copy()
    to, of = np.moveaxis(spread, axis, 0), np.moveaxis(counts, axis, 0)
    to[1:] += 0.5 * of[:-1]
    to[:-1] += 0.5 * of[1:]
    return spread
