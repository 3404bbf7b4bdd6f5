"""The shadow a character throws on the floor: dark where a sole touches, fading as it lifts."""

from dataclasses import dataclass

import cv2
import numpy as np

from motioncast.arrays import Float32, Float64, Floats, Image

DARKNESS = 0.42
DETAIL = 4  #: the shadow is drawn at a quarter of the size


@dataclass(frozen=True)
class Sole:
    """One foot on (or above) the floor, output px."""

    heel_px: Floats  #: (2,)
    toe_px: Floats  #: (2,)
    lift_px: float = 0.0  #: height above the floor; 0 touches


def draw_shadow(
    image: Image,
    soles: tuple[Sole, ...],
    thickness_px: float,
    *,
    darkness: float = DARKNESS,
    cast_px: Floats | None = None,
) -> None:
    """Darken `image` (H, W, 3) in place under the soles, before the character is drawn.

    thickness_px: radius of the character's shank, the unit of all sizes. cast_px: (2,) where the shadow of a point at
    hip height falls relative to the foot; adds a fainter shadow that way.
    """
    height, width = image.shape[:2]
    size = (max(1, width // DETAIL), max(1, height // DETAIL))
    layer = np.zeros(size[::-1], np.float32)
    scale = np.array([size[0] / width, size[1] / height])
    for sole in soles:
        strength = darkness * float(np.clip(1 - sole.lift_px / (3 * thickness_px), 0, 1))
        if strength > 0:
            np.maximum(layer, _sole_shadow(sole, thickness_px, strength, scale, layer.shape), out=layer)
            if cast_px is not None:
                np.maximum(layer, _cast_shadow(sole, cast_px, thickness_px, strength, scale, layer.shape), out=layer)
    rows, columns = np.flatnonzero(layer.max(axis=1) > 0.004), np.flatnonzero(layer.max(axis=0) > 0.004)
    if len(rows) == 0:
        return
    top, bottom = int(rows[0] / scale[1]), min(height, int((rows[-1] + 2) / scale[1]))
    left, right = int(columns[0] / scale[0]), min(width, int((columns[-1] + 2) / scale[0]))
    if bottom <= top or right <= left:
        return
    # pixel centres: output px x lies at (x + .5) * scale - .5 of the layer
    to_layer = np.array([[scale[0], 0, (left + 0.5) * scale[0] - 0.5], [0, scale[1], (top + 0.5) * scale[1] - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shade = cv2.warpAffine(layer, to_layer, (right - left, bottom - top), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    image[top:bottom, left:right] = (image[top:bottom, left:right] * (1 - shade[..., None]) + 0.5).astype(np.uint8)


def _sole_shadow(sole: Sole, thickness: float, strength: float, scale: Float64, shape: tuple[int, ...]) -> Float32:
    """An ellipse as long as the foot, lying flat: at least .32 of the thickness high."""
    foot = np.asarray(sole.toe_px, float) - np.asarray(sole.heel_px, float)
    centre = (np.asarray(sole.toe_px, float) + np.asarray(sole.heel_px, float)) / 2 + [
        0,
        0.25 * thickness + sole.lift_px,
    ]
    reach = 0.5 * float(np.linalg.norm(foot)) + 0.6 * thickness
    angle = float(np.degrees(np.arctan2(foot[1], foot[0]))) if abs(foot[0]) > abs(foot[1]) else 0.0
    axes = (max(1.15 * thickness, reach), 0.45 * thickness)
    spread = 1 + 0.5 * sole.lift_px / max(thickness, 1e-6)
    layer = np.zeros(shape, np.float32)
    where, radii = centre * scale, np.array(axes) * spread * scale
    box = (tuple(where.tolist()), tuple((2 * np.maximum(radii, 0.6)).tolist()), angle)
    cv2.ellipse(layer, box, strength, -1, cv2.LINE_AA)
    return _soft(layer, 0.3 * thickness * spread * scale[0])


def _cast_shadow(
    sole: Sole, cast: Floats, thickness: float, strength: float, scale: Float64, shape: tuple[int, ...]
) -> Float32:
    layer = np.zeros(shape, np.float32)
    start = np.asarray(sole.toe_px, float)
    for part, share in ((0.45, 0.55), (1.0, 0.3)):
        end = (start + np.asarray(cast, float) * part) * scale
        line = np.zeros(shape, np.float32)
        points = np.rint(start * scale).astype(int).tolist(), np.rint(end).astype(int).tolist()
        cv2.line(line, *points, strength * share, max(1, round(1.6 * thickness * scale[0])), cv2.LINE_AA)
        np.maximum(layer, _soft(line, (0.4 + 0.5 * part) * thickness * scale[0]), out=layer)
    return layer


def _soft(layer: Float32, sigma: float) -> Float32:
    return np.asarray(cv2.GaussianBlur(layer, (0, 0), max(0.5, float(sigma))), np.float32)
