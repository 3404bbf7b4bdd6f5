"""The hand networks: landmarks of one hand, and the exact region of a hand within a rough one."""

from pathlib import Path

import numpy as np

from motioncast.arrays import Float32, Image
from motioncast.perception.landmarks import HAND_POINTS
from motioncast.perception.networks import Network, Points
from motioncast.perception.roi import Roi

HAND_SIDE, RECROP_SIDE = 224, 256
_DEPTH = 0.4  #: the network's z is this share of its x unit
_OUTPUTS = 2  #: landmarks and score; then handedness and metres, which nobody needs


class HandLandmarks:
    """21 points of one hand.

    `lite` takes half the time and comes within 1.5 % of the region on large hands, but misses most that are small or
    blurred.
    """

    def __init__(self, models: Path, lite: bool = False) -> None:
        self._network = Network.from_file(f"hand_landmark_{'lite' if lite else 'full'}.tflite", models)

    def __call__(self, image: Image, roi: Roi) -> Points:
        """The hand in `roi` of `image`, which must point up."""
        raw, flag = self._network.see(roi.crop(image, HAND_SIDE), outputs=_OUTPUTS)
        points = np.divide(raw.reshape(HAND_POINTS, 3), np.array([1, 1, _DEPTH], np.float32), dtype=np.float32)
        return Points(float(flag.ravel()[0]), roi.landmarks_px(points, HAND_SIDE))


class HandRecrop:
    """Finds the exact region of a hand within a rough one."""

    def __init__(self, models: Path) -> None:
        self._network = Network.from_file("hand_recrop.tflite", models)

    def __call__(self, image: Image, roi: Roi) -> Float32:
        """(2, 2) centre of the hand, and the rim of its circle towards the wrist, in picture pixels."""
        (raw,) = self._network.see(roi.crop(image, RECROP_SIDE))
        affine = roi.to_px(RECROP_SIDE)
        return (raw.reshape(2, 2) @ affine[:, :2].T + affine[:, 2]).astype(np.float32)
