"""Driving frames kept while the performer is followed: the clip need not be read again before the first image."""

from collections.abc import Mapping

from motioncast.arrays import Image
from motioncast.media.geometry import cover

_MOST = 48  #: frames of a clip, whatever its length: 60 to 100 MB


def offered_frames(count: int) -> range:
    """Which of the `count` frames of a clip are kept: equally spaced."""
    return range(0, count, max(1, -(-count // _MOST)))


class Keepsakes:
    """Give it every frame that is followed; it keeps some."""

    def __init__(self, count: int) -> None:
        """For a clip of `count` frames."""
        self._offered = offered_frames(count)
        self.frames: dict[int, Image] = {}  #: by index; a job that goes on in the middle misses some

    def see(self, index: int, image: Image) -> None:
        """Keep the (H, W, 3) RGB frame `index`, if it is one of those offered."""
        if index in self._offered:
            self.frames[index] = image


def as_rendered(
    frames: Mapping[int, Image], source: tuple[int, int], driving_size: tuple[int, int]
) -> Mapping[int, Image]:
    """The kept frames if they are pixel by pixel those that the rendering reads at `driving_size`, else none.

    Followed frames are stretched to whole pixels; those of the rendering may lose a row or a column instead. A job that
    goes on after a stop reads again what it did not keep, and must see the same.
    """
    return frames if cover(source, driving_size) == driving_size else {}
