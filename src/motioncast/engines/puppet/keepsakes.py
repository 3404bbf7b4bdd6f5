"""Driving frames kept while the performer is followed: the clip need not be read again before the first image."""

from motioncast.arrays import Image

_MOST = 48  #: frames of a clip, whatever its length: 60 MB


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
