"""The reference image as the model gets it, and the person in it."""

import math
from pathlib import Path

import cv2
import numpy as np

from motioncast.arrays import Image
from motioncast.media.geometry import fit, within
from motioncast.media.image import ReferenceImage
from motioncast.perception.landmarks import StillLandmarks
from motioncast.perception.still import analyse_still
from motioncast.request import Mode

_NEAR = 0.03
_ANALYSIS_SIDE_PX = 1600  #: perception gains nothing from larger pictures


def reference_canvas(image: ReferenceImage, size: tuple[int, int], mode: Mode) -> Image:
    """(H, W, 3) the reference image on the output canvas of `size` (W, H).

    animate: fitted without bars, as the canvas has the picture's own aspect. replace: the canvas is the driving
    video's, so the picture stands in its middle between black bars, as in the model's training. Transparency is white.
    """
    return fit(image.rgb, size) if mode is Mode.ANIMATE else letterboxed(image.rgb, size)


def letterboxed(image: Image, size: tuple[int, int]) -> Image:
    """The whole (H, W, 3) picture as large as it goes, in the middle of a black canvas of `size` (W, H).

    No bars where the two aspects differ by 3 % or less, as they do in the files of the official preprocessing.
    """
    height, width = image.shape[:2]
    if abs(math.log(width / height * size[1] / size[0])) <= _NEAR:
        return fit(image, size)
    scale = min(size[0] / width, size[1] / height)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    resized = cv2.resize(image, inner, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = resized
    return canvas


def find_person(image: ReferenceImage, models: Path) -> StillLandmarks:
    """The landmarks of the character, on a canvas of the picture's aspect; parts that are not found are None.

    Raises `ProcessingError` where the network weights are missing.
    """
    size = within((image.rgb.shape[1], image.rgb.shape[0]), _ANALYSIS_SIDE_PX)
    alpha = None if image.alpha is None else fit(image.alpha, size)
    return analyse_still(fit(image.rgb, size), alpha, models)
