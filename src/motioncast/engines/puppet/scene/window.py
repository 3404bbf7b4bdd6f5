"""The part of a frame that replace mode touches: everything outside stays the source, and costs nothing."""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Image

Box = tuple[slice, slice]  #: rows, columns


@dataclass(frozen=True)
class Window:
    """A box of the output, and the same box on a smaller grid of it."""

    px: Box  #: output px
    work: Box  #: grid px

    @property
    def size(self) -> tuple[int, int]:
        """(W, H), output px."""
        return self.px[1].stop - self.px[1].start, self.px[0].stop - self.px[0].start

    @property
    def work_size(self) -> tuple[int, int]:
        """(w, h), grid px."""
        return self.work[1].stop - self.work[1].start, self.work[0].stop - self.work[0].start


def box_of(mask: Image, margin: int = 0) -> Box | None:
    """The box of all that is not 0 in `mask` (h, w), `margin` px larger; None if nothing is."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return None

    def span(used: np.ndarray, length: int) -> slice:
        return slice(max(0, int(used[0]) - margin), min(length, int(used[-1]) + 1 + margin))

    return span(rows, mask.shape[0]), span(columns, mask.shape[1])


def window_around(mask: Image, margin: int, size: tuple[int, int]) -> Window | None:
    """The window of output frames of `size` (W, H) around what is not 0 in the grid `mask`; None if nothing is."""
    work = box_of(mask, margin)
    if work is None:
        return None
    scale = size[1] / mask.shape[0], size[0] / mask.shape[1]
    rows, columns = (
        slice(int(part.start * k), min(whole, int(np.ceil(part.stop * k))))
        for part, k, whole in zip(work, scale, size[::-1], strict=True)
    )
    return Window((rows, columns), work)
