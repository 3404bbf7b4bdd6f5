"""Whether a picture has irises at all. A statue has none: what a judge reads as its gaze means nothing."""

import cv2
import numpy as np

from motioncast.arrays import Floats, Image

#: landmarks of both eyes: middle of the iris, its rim, and the outline of the lids
EYES = (
    (468, range(469, 473), (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)),
    (473, range(474, 478), (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)),
)
_WITHIN, _BEYOND = 0.8, 1.15  #: radii of the iris
_FEWEST_PX = 4
#: least darkness: people, painted ones and dolls have .18 to .79 (a pale elf the least), a marble head -.17
DARKER = 0.1


def iris_darkness(picture: Image, face_px: Floats) -> float:
    """How much darker the irises are than the white around them, 0..1, mean of the eyes that can be read; NaN of none.

    picture (H, W, 3) RGB, landmarks (478, 2 or more) in its pixels, NaN where there is no face.
    """
    if not np.isfinite(face_px).all():
        return float("nan")
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float64)
    y, x = np.indices(luma.shape)
    found = []
    for middle, rim, outline in EYES:
        centre = face_px[middle, :2]
        radius = np.linalg.norm(face_px[list(rim), :2] - centre, axis=1).mean()
        between = np.zeros(luma.shape, np.uint8)
        cv2.fillPoly(between, [np.round(face_px[list(outline), :2]).astype(np.int32)], 1)
        apart = np.hypot(x - centre[0], y - centre[1]) / radius
        iris, white = (between > 0) & (apart < _WITHIN), (between > 0) & (apart > _BEYOND)
        if min(iris.sum(), white.sum()) >= _FEWEST_PX:
            found.append(1.0 - luma[iris].mean() / max(luma[white].mean(), 1.0))
    return float(np.mean(found)) if found else float("nan")
