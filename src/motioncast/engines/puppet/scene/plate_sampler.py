"""The frames that a clean plate is made of."""

import cv2
import numpy as np

from motioncast.arrays import Image

SHOT_SAMPLES = 24  #: frames kept of one shot, between half of this and this
CLIP_SAMPLES = 8 * SHOT_SAMPLES  #: frames kept of the whole clip


class PlateSampler:
    """Keeps a bounded number of well-spread frames of every shot, as JPEG. Feed it every frame once, in order.

    A shot keeps every n-th frame; when it has too many, every other one goes and n doubles. When the clip has too many,
    the fullest shot is thinned the same way.
    """

    def __init__(self) -> None:
        self._shots: list[dict[int, bytes]] = []
        self._strides: list[int] = []
        self._starts: list[int] = []

    def add(self, index: int, rgb: Image, *, cut: bool = False) -> None:
        """rgb: frame `index` (H, W, 3), whole, at tracking size or larger; cut: a shot begins here."""
        if cut or not self._shots:
            self._shots.append({})
            self._strides.append(1)
            self._starts.append(index)
        if (index - self._starts[-1]) % self._strides[-1]:
            return
        bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
        self._shots[-1][index] = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
        if len(self._shots[-1]) > SHOT_SAMPLES:
            self._thin(len(self._shots) - 1)
        if sum(map(len, self._shots)) > CLIP_SAMPLES:
            self._thin(max(range(len(self._shots)), key=lambda s: len(self._shots[s])))

    def _thin(self, shot: int) -> None:
        self._strides[shot] *= 2
        start, stride = self._starts[shot], self._strides[shot]
        self._shots[shot] = {t: blob for t, blob in self._shots[shot].items() if (t - start) % stride == 0}

    def samples(self, shot: int) -> dict[int, Image]:
        """Frame index -> RGB image for the kept frames of a shot, in order."""
        decoded: dict[int, Image] = {}
        for index, blob in sorted(self._shots[shot].items()):
            rgb = cv2.imdecode(np.frombuffer(blob, np.uint8), cv2.IMREAD_COLOR_RGB)
            decoded[index] = np.asarray(rgb, np.uint8)
        return decoded
