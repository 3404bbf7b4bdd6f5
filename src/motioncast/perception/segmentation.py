"""The person mask of a pose and of a close view."""

from pathlib import Path

import cv2
import numpy as np

from motioncast.arrays import Float32, Image
from motioncast.perception.networks import Network, pose_parts, sigmoid
from motioncast.perception.pose_network import Pose
from motioncast.perception.roi import Roi

SELFIE_SIDE = 256
_LOGIT_STEPS = 16.0  #: mask logits are quantised to sixteenths within -8..8 before the sigmoid
_SIGMOID_TABLE = np.round(255 * sigmoid((np.arange(256) - 128) / _LOGIT_STEPS)).astype(np.uint8)


class PoseMask:
    """The other part of BlazePose: the person mask."""

    def __init__(self, models: Path) -> None:
        self._network = Network(lambda: pose_parts(models)[1])

    def __call__(self, pose: Pose) -> Image:
        """(256, 256) uint8 mask in the pose's region, 255 = person."""
        (logits,) = self._network(*pose.mask_features)
        return _soft_mask(logits)


def _soft_mask(logits: Float32) -> Image:
    """Sigmoid of a (H, W, 1) map of logits as uint8, by table."""
    steps = cv2.addWeighted(logits[..., 0], _LOGIT_STEPS, logits[..., 0], 0.0, 128.0, dtype=cv2.CV_8U)
    return np.asarray(cv2.LUT(steps, _SIGMOID_TABLE), np.uint8)


class SelfieSegmentation:
    """Person mask of a close view."""

    def __init__(self, models: Path) -> None:
        self._network = Network.from_file("selfie_segmentation.tflite", models)

    def __call__(self, image: Image, roi: Roi) -> Image:
        """(256, 256) uint8 mask of what `roi` of `image` shows, 255 = person."""
        (mask,) = self._network.see(roi.crop(image, SELFIE_SIDE))
        return np.clip(np.round(mask[..., 0] * 255), 0, 255).astype(np.uint8)
