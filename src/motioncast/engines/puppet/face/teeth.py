"""A drawn mouth interior: for performers whose own is too small or blurred, and for drawn characters."""

from dataclasses import dataclass

import cv2
import numpy as np

from motioncast.arrays import Float32, Float64
from motioncast.engines.puppet.face.skin import LUMA, chroma_of
from motioncast.perception.smoothing import smoothstep

ROWS, COLUMNS = 128, 256
LEVELS = 4
HEIGHT = 0.30  #: of the inner mouth width, that a full texture spans


@dataclass(frozen=True)
class TeethTextures:
    """Textures (ROWS, COLUMNS, 4) float32 RGB 0..255 and alpha 0..1, one inner mouth width across."""

    upper: Float32
    lower: Float32
    tongue: Float32
    dark_rgb: Float64  #: (3,) colour of the cavity

    def halved(self) -> "TeethTextures":
        """Half as large."""
        return TeethTextures(_half(self.upper), _half(self.lower), _half(self.tongue), self.dark_rgb)


def tooth_levels(skin_rgb: Float64, lip_rgb: Float64, white_rgb: Float64, seed: int) -> tuple[TeethTextures, ...]:
    """`draw_teeth` and halved copies, so that the edges of small teeth do not come out ragged."""
    levels = [draw_teeth(skin_rgb, lip_rgb, white_rgb, seed)]
    while len(levels) < LEVELS:
        levels.append(levels[-1].halved())
    return tuple(levels)


def fitting_level(levels: tuple[TeethTextures, ...], width_px: float) -> TeethTextures:
    """The copy to draw a mouth with that is `width_px` wide inside."""
    wanted = np.log2(COLUMNS / max(width_px, 1.0)) + 0.25
    return levels[int(np.clip(wanted, 0, len(levels) - 1))]


def tooth_chroma(skin_rgb: Float64, white_rgb: Float64) -> Float64:
    """Colour (3,) of teeth over their luma: filmed ones have two thirds of the skin's tinge."""
    return 0.2 + 0.2 * chroma_of(white_rgb) + 0.6 * chroma_of(skin_rgb)


def draw_teeth(skin_rgb: Float64, lip_rgb: Float64, white_rgb: Float64, seed: int) -> TeethTextures:
    """Teeth and tongue in the light of a character; `seed` varies the teeth a little."""
    rng = np.random.default_rng([seed, 0x7EE7])
    luma = float(np.clip(skin_rgb @ LUMA / 165.0, 0.35, 1.15))
    # not much whiter than the eyes
    white = min(228.0 * luma, 1.25 * float(white_rgb @ LUMA) + 8.0) * tooth_chroma(skin_rgb, white_rgb)
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    u, v = columns / (COLUMNS - 1) * 2 - 1, rows / (ROWS - 1)
    widths = np.array([0.21, 0.17, 0.17, 0.15, 0.12, 0.10]) * (1 + 0.05 * rng.uniform(-1, 1, 6))
    upper = _tooth_row(u, v, widths, 0.62, white, 0.05 + 0.02 * rng.uniform(-1, 1))
    lower = _tooth_row(u, 1 - v, widths[::-1] * 0.9, 0.42, 0.9 * white, 0.03)
    pink = 0.75 * (lip_rgb * 0.7 + np.array([120.0, 60.0, 65.0]) * 0.3 * luma)
    shade = 1 - 0.35 * np.abs(u) - 0.08 * np.exp(-((u / 0.05) ** 2))
    edge = (u / 0.80) ** 2 + ((v - 1.05) / 0.90) ** 2
    tongue = np.dstack([pink * shade[..., None], 1 - smoothstep(0.7, 1.0, edge)]).astype(np.float32)
    return TeethTextures(upper, lower, tongue, lip_rgb * 0.12 + np.array([12.0, 6.0, 8.0]))


def _tooth_row(u: Float64, v: Float64, widths: Float64, height: float, white: Float64, uneven: float) -> Float32:
    """Teeth hanging from v = 0, mirrored about u = 0."""
    edges = np.r_[0.0, np.cumsum(widths)]
    edges = edges / edges[-1] * 0.98
    across = np.abs(u)
    tooth = np.clip(np.searchsorted(edges, across) - 1, 0, len(widths) - 1)
    inside = (across - edges[tooth]) / np.diff(edges)[tooth]
    tip = height * (1 - uneven * (tooth % 2 == 1) - 0.22 * across**2)
    # rounded incisal corners
    tip = tip * (1 - 0.06 * np.abs(2 * inside - 1) ** 4)
    alpha = smoothstep(0.0, 0.06, tip - v)
    gaps = 1 - 0.14 * np.exp(-((np.minimum(inside, 1 - inside) / 0.045) ** 2))
    curve = (1 - 0.5 * across**2.2) * (0.9 + 0.1 * np.sin(np.pi * np.clip(inside, 0, 1)))
    # the lip shades their roots
    root = 0.84 + 0.16 * smoothstep(0.2, 0.8, v / np.maximum(tip, 1e-3))
    return np.dstack([white * (gaps * curve * root)[..., None], alpha]).astype(np.float32)


def _half(texture: Float32) -> Float32:
    size = (texture.shape[1] // 2, texture.shape[0] // 2)
    return cv2.resize(texture, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
