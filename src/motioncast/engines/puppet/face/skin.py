"""Typical colours of a face: skin, lips, and how one face's colours translate into another's."""

import cv2
import numpy as np

from motioncast.arrays import Float64, Floats, Image
from motioncast.engines.puppet.face.topology import (
    INNER_LOWER,
    INNER_UPPER,
    OUTER_LOWER,
    OUTER_UPPER,
    SIDES,
    contour,
)

#: cheeks, forehead, beside the nose
_SKIN_POINTS = [50, 280, 205, 425, 36, 266, 117, 346, 118, 347, 9, 151, 108, 337]
_WHITEST = 0.75  #: of the skin's colourfulness
LUMA = np.array([0.21, 0.72, 0.07])  #: Rec. 709, for linear light


def luma_of(rgb: Float64) -> float:
    """Luma of one colour (3,), at least 1."""
    return max(float(rgb @ LUMA), 1.0)


def chroma_of(rgb: Float64) -> Float64:
    """One colour (3,) over its luma: grey is 1, 1, 1."""
    return np.asarray(rgb / luma_of(rgb), np.float64)


def skin_rgb(image: Image, landmarks_px: Floats) -> Float64:
    """Median colour (3,) of small skin patches; `landmarks_px` are pixels of `image`."""
    height, width = image.shape[:2]
    radius = max(1, int(np.linalg.norm(landmarks_px[SIDES[0], :2] - landmarks_px[SIDES[1], :2]) * 0.03))
    colours = []
    for x, y in np.round(landmarks_px[_SKIN_POINTS, :2]).astype(int):
        if radius <= x < width - radius and radius <= y < height - radius:
            patch = image[y - radius : y + radius + 1, x - radius : x + radius + 1]
            colours.append(patch.reshape(-1, 3).mean(axis=0))
    return np.median(colours, axis=0) if colours else np.full(3, 128.0)


def lip_rgb(image: Image, landmarks_px: Floats) -> Float64:
    """Mean colour (3,) of the lips, without what is seen between them."""
    mask = np.zeros(image.shape[:2], np.uint8)
    for upper, lower, value in ((OUTER_UPPER, OUTER_LOWER, 255), (INNER_UPPER, INNER_LOWER, 0)):
        cv2.fillPoly(mask, [np.round(landmarks_px[contour(upper, lower), :2]).astype(np.int32)], value)
    inside = image[mask > 0]
    return inside.mean(axis=0).astype(np.float64) if len(inside) else skin_rgb(image, landmarks_px)


def to_linear(rgb: Floats) -> Float64:
    """0..255 display values to 0..1 linear light (gamma 2.2)."""
    linear: Float64 = (np.asarray(rgb, np.float64) / 255.0) ** 2.2
    return linear


def colour_gain(target_rgb: Floats, source_rgb: Floats) -> Float64:
    """Gain (3,) in linear light that gives pixels of the `source` skin the light of the `target` skin.

    Luma ratio ^ .8 times chroma ratio ^ .4: the full ratio would paint the inside of the mouth in skin colour.
    """
    target, source = np.maximum(to_linear(target_rgb), 1e-3), np.maximum(to_linear(source_rgb), 1e-3)
    target_luma, source_luma = float(target @ LUMA), float(source @ LUMA)
    chroma = (target / target_luma) / (source / source_luma)
    gain: Float64 = np.clip(target_luma / source_luma, 0.25, 2.2) ** 0.8 * np.clip(chroma, 0.6, 1.6) ** 0.4
    return gain


def greyer(rgb: Float64, skin_rgb: Float64) -> Float64:
    """A white (3,) read from a face, less colourful than its skin in any case: between small lids it is mostly skin."""
    colour, most = chroma_of(rgb) - 1.0, _WHITEST * float(np.linalg.norm(chroma_of(skin_rgb) - 1.0))
    share = min(1.0, most / max(float(np.linalg.norm(colour)), 1e-6))
    return luma_of(rgb) * (1.0 + share * colour)


def lip_hue(skin_rgb: Float64, lip_rgb: Float64) -> float:
    """How far the lips differ from the skin in hue: about the sine of the angle in the CIE a*b* plane, + is redder."""
    skin, lip = _to_lab(skin_rgb)[1:], _to_lab(lip_rgb)[1:]
    along = skin / max(float(np.linalg.norm(skin)), 1e-3)
    return float(lip[0] * along[1] - lip[1] * along[0]) / max(float(np.linalg.norm(lip)), 12.0)


def lip_redness(skin_rgb: Float64, lip_rgb: Float64) -> float:
    """How much redder the lips are than the skin: difference of CIE a*."""
    return float(_to_lab(lip_rgb)[1] - _to_lab(skin_rgb)[1])


def redder_lips(skin_rgb: Float64, lip_rgb: Float64) -> Float64:
    """A colour (3,) for lips that stand out from the skin: darker, and clearly redder in CIE L*a*b*."""
    skin, lip = _to_lab(skin_rgb), _to_lab(lip_rgb)
    # on cold skin, as of elves, red would be lipstick
    warm = float(np.clip((skin[2] + 4.0) / 14.0, 0.3, 1.0))
    red = max(lip[1], min(skin[1] + 19.0 * warm, 26.0))
    # lips that are red by themselves keep their hue
    own = float(np.clip((lip[1] - skin[1] - 2.0) / 4.0, 0.0, 1.0))
    yellow = 0.72 * skin[2] + own * max(lip[2] - 0.72 * skin[2], 0.0)
    redder = np.array([0.78 * lip[0], red, yellow], np.float32).reshape(1, 1, 3)
    display: Float64 = cv2.cvtColor(redder, cv2.COLOR_LAB2RGB)[0, 0].astype(np.float64) * 255.0
    return display


def _to_lab(rgb: Float64) -> Float64:
    pixel = np.asarray(rgb, np.float32).reshape(1, 1, 3) / np.float32(255.0)
    lab: Float64 = cv2.cvtColor(pixel, cv2.COLOR_RGB2LAB)[0, 0].astype(np.float64)
    return lab
