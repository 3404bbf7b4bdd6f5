"""Pixel loops of the mouth layer. Colours are float32 RGB 0..255; gamma 2.2 stands for the display."""

import numba as nb
import numpy as np

from motioncast.arrays import Float32, Image
from motioncast.engines.puppet.face.sampling import bilinear

_TO_LINEAR: Float32 = ((np.arange(256) / 255.0) ** 2.2).astype(np.float32)
_FROM_LINEAR: Float32 = (255.0 * (np.arange(4097) / 4096.0) ** (1 / 2.2)).astype(np.float32)


@nb.njit(nogil=True, cache=True, inline="always")
def _ramp(low: float, high: float, x: float) -> float:
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@nb.njit(nogil=True, cache=True)
def grade(
    frame: Image,
    uv: Float32,
    depth: Float32,
    inside: Float32,
    gain: Float32,
    tooth_gain: float,
    dark_tint: Float32,
    tooth_tint: Float32,
    bluest: float,
    flesh: float,
    rim: float,
) -> None:
    """Sample the driver's mouth at `uv` and give it the character's light.

    Gain in linear light; bright unsaturated pixels (teeth) are lifted by `tooth_gain` and turned 60 % to
    `tooth_tint`, dark ones take 75 % of the lips' tint, so that cavities are never blue. Blue stays below
    `bluest` times the green, as lipstick or cold light would make flesh purple. Pixels without coordinates become dark.
    What is no tooth stays below the luma `flesh`, so that a tongue is never taken for a lip, and is shaded within `rim`
    of the lips (`depth` is the distance from them), where the driver's own lips show.
    """
    colour = np.zeros(3, np.float32)
    for y in range(inside.shape[0]):
        for x in range(inside.shape[1]):
            u, v = uv[y, x, 0], uv[y, x, 1]
            if u < -1e5:
                for c in range(3):
                    inside[y, x, c] = 16.0 * dark_tint[c]
                continue
            high, low = 0.0, 255.0
            for c in range(3):
                value = bilinear(frame, u, v, c)
                high, low = max(high, value), min(low, value)
                colour[c] = _TO_LINEAR[int(value + 0.5)] * gain[c]
            white = _ramp(90.0, 150.0, high) * (1.0 - _ramp(0.22, 0.42, (high - low) / (high + 1.0)))
            lift = 1.0 + (tooth_gain - 1.0) * white
            luma = 0.0
            for c in range(3):
                level = min(colour[c] * lift, 1.0)
                colour[c] = _FROM_LINEAR[int(level * 4096.0)]
                luma += colour[c] * (0.21 if c == 0 else (0.72 if c == 1 else 0.07))
            soft = flesh * np.tanh(luma / flesh) / max(luma, 1.0) * (0.70 + 0.30 * _ramp(0.0, rim, depth[y, x]))
            shade = white + (1.0 - white) * soft
            dark = 0.75 * (1.0 - _ramp(35.0, 120.0, luma))
            luma *= shade
            for c in range(3):
                colour[c] *= shade
            neutral = 0.6 * white
            for c in range(3):
                tooth = luma * tooth_tint[c]
                value = colour[c] * (1 - neutral) + tooth * neutral
                inside[y, x, c] = value * (1 - dark) + luma * dark_tint[c] * dark
            inside[y, x, 2] = min(inside[y, x, 2], bluest * inside[y, x, 1])


@nb.njit(nogil=True, cache=True)
def draw_interior(
    inside: Float32,
    frame: Float32,
    upper: Float32,
    lower: Float32,
    tongue: Float32,
    dark: Float32,
    shown: float,
    light_above: float,
    below: float,
    clench: float,
) -> None:
    """Cavity, tongue, lower teeth on the jaw and upper teeth on the skull, back to front.

    frame (10,): unit axis along the mouth (2), unit axis down (2), middle of the inner corners (2), inner width, upper
    and lower lip in widths below the middle, height of a full texture in widths. shown 0..1: how far the upper teeth
    come out from under the lip. light_above 0..1: and out of its shade. below 0..1: how far lower teeth show in a wide
    open mouth. clench 0..1: the rows of teeth meet.
    """
    width, top, bottom, height = frame[6], frame[7], frame[8], frame[9]
    rows, columns = upper.shape[0], upper.shape[1]
    span = max(bottom - top, np.float32(1e-3))
    tongue_light = 0.55 + 0.45 * min(max(span / 0.35, 0.0), 1.0)
    lower_light = max(below * min(max((span - 0.20) / 0.20, 0.0), 1.0), _ramp(0.6, 0.9, clench))
    # the incisal edges lie at 0.62 of the upper texture and at 0.58 of the lower one
    jaw = (1.0 - clench) * (bottom - height * 0.84) + clench * min(top - 0.055 - height * 0.03, bottom - height * 0.84)
    hang = top - 0.055 - 0.10 * (1.0 - shown)
    for y in range(inside.shape[0]):
        for x in range(inside.shape[1]):
            px, py = x - frame[4], y - frame[5]
            u = (px * frame[0] + py * frame[1]) / (0.5 * width)
            v = (px * frame[2] + py * frame[3]) / width
            tx = (u + 1.0) * 0.5 * (columns - 1)
            deep = 1.0 + 0.6 * min(max((v - top) / span, 0.0), 1.0)
            for c in range(3):
                inside[y, x, c] = dark[c] * deep
            for layer in range(3):
                if layer == 0:
                    texture, start, share, light = tongue, bottom - height * 0.96, 1.0 - clench, tongue_light
                elif layer == 1:
                    texture, start, share, light = lower, jaw, lower_light, 0.85 + 0.15 * clench
                else:
                    texture, start, share, light = upper, hang, 1.0, light_above
                ty = (v - start) / height * (rows - 1)
                if ty < 0.0 or ty > rows - 1 or tx < 0.0 or tx > columns - 1:
                    continue
                a = bilinear(texture, tx, ty, 3) * share
                for c in range(3):
                    inside[y, x, c] = inside[y, x, c] * (1 - a) + bilinear(texture, tx, ty, c) * light * a


@nb.njit(nogil=True, cache=True)
def hang_own_teeth(inside: Float32, image: Image, cover: Image, to_source: Float32, share: float, gum: Float32) -> None:
    """Fade `inside` by `share` to the picture's own mouth, gum colour where `cover` does not have it."""
    for y in range(inside.shape[0]):
        for x in range(inside.shape[1]):
            a = cover[y, x] / 255.0
            u = to_source[0, 0] * x + to_source[0, 1] * y + to_source[0, 2]
            v = to_source[1, 0] * x + to_source[1, 1] * y + to_source[1, 2]
            for c in range(3):
                own = gum[c] * (1 - a) + bilinear(image, u, v, c) * a
                inside[y, x, c] = inside[y, x, c] * (1 - share) + own * share


@nb.njit(nogil=True, cache=True)
def blend_interior(
    canvas: Image, coverage: Image, inside: Float32, mask: Image, depth: Float32, reach: float, opacity: float
) -> None:
    """Blend over the canvas, darkened to 80 % along the lips: `depth` is the distance from them, up to `reach`."""
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            if mask[y, x] == 0 or coverage[y, x] == 0:
                continue
            a = opacity * mask[y, x] * coverage[y, x] / 65025.0
            light = 0.80 + 0.20 * _ramp(0.0, reach, depth[y, x])
            for c in range(3):
                value = canvas[y, x, c] * (1 - a) + inside[y, x, c] * light * a
                canvas[y, x, c] = int(min(max(value, 0.0), 255.0) + 0.5) if value < 254.5 else 255


@nb.njit(nogil=True, cache=True)
def tint(canvas: Image, coverage: Image, mask: Image, gain: Float32, share: float) -> None:
    """Multiply the canvas by `gain` (3,) where the mask is, to the extent of `share`."""
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            a = share * mask[y, x] * coverage[y, x] / 65025.0
            if a <= 0.0:
                continue
            for c in range(3):
                canvas[y, x, c] = int(min(canvas[y, x, c] * (1.0 + a * (gain[c] - 1.0)) + 0.5, 255.0))
