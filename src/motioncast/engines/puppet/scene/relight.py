"""Light the character like the scene: once in its texture (so nothing flickers), plus one smooth gain over time."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numba import njit
from scipy.ndimage import gaussian_filter1d

from motioncast.arrays import Bools, Float32, Float64, Floats, Image

GAMMA = 2.2
CAST_SHARE = 0.85  #: how much of the colour cast of the scene's light is taken over
LEVEL_SHARE = 0.3  #: how much of its brightness
CAST_LIMIT = 1.35  #: largest ratio between two channels of the gain
CHROMA_SHARE, LIGHTNESS_SHARE = 0.4, 0.5
CHROMA_LIMIT, LIGHTNESS_LIMIT = 22.0, 24.0  #: OpenCV's 8-bit Lab units
HUE_LIMIT = 10.0  #: degrees that a colour may turn
COLOURED = (24.0, 48.0)  #: chroma (CIELAB): below the first a pixel is nearly grey, above the second it has a colour
DEFAULT_STRENGTH = 0.7
_NODE_STEP, _NODES, _FINE = 8, 33, 16  #: the map is computed at these colours only, to sixteenths of a level
RING_SIDE = 104  #: px of the long side that ring means are taken at


@dataclass(frozen=True)
class Relight:
    """A fixed colour map: channel gains in linear light, then a shift of Lab and a stretch of its lightness."""

    gain: Float64  #: (3,)
    lightness_pivot: float
    lightness_scale: float
    lab_shift: Float64  #: (3,) added to OpenCV's 8-bit L, a, b
    strength: float  #: 0 leaves the picture as it is, 1 applies all of it

    def apply(self, rgb: Image) -> Image:
        """The relit copy of (H, W, 3) RGB; straight colours, not premultiplied."""
        if self.strength == 0:
            return rgb.copy()
        levels = np.minimum(np.arange(_NODES) * _NODE_STEP, 255).astype(np.uint8)
        nodes = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1)
        table = self._exactly(nodes.reshape(_NODES, -1, 3)).reshape(nodes.shape)
        return np.asarray(_look_up(np.ascontiguousarray(rgb), table.astype(np.int32)))

    def _exactly(self, rgb: Image) -> Float32:
        """The map itself, (H, W, 3), in sixteenths of a level."""
        ramp = (np.arange(256) / 255.0) ** GAMMA
        table = np.clip(ramp[:, None] * self.gain, 0, 1) ** (1 / GAMMA) * 255
        lit = np.stack([table[:, c].astype(np.float32)[rgb[..., c]] for c in range(3)], axis=-1) / np.float32(255)
        lab = cv2.cvtColor(lit, cv2.COLOR_RGB2LAB)
        pivot = self.lightness_pivot * 100 / 255
        lightness = (lab[..., 0] - pivot) * self.lightness_scale + pivot + self.lab_shift[0] * 100 / 255
        # shadows and highlights keep their neutrality: a shift of chroma there reads as a veil
        share = np.clip(np.minimum(lightness, 110 - lightness) / 40, 0, 1)
        lab[..., 0] = np.clip(lightness, 0, 100)
        lab[..., 1:] += self.lab_shift[1:].astype(np.float32) * share[..., None]
        own = cv2.cvtColor(rgb / np.float32(255), cv2.COLOR_RGB2LAB)
        _keep_hue(np.asarray(lab, np.float32), np.asarray(own, np.float32))
        full = np.clip(cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB) * 255, 0, 255)
        return np.asarray(np.clip((rgb + (full - rgb) * self.strength) * _FINE, 0, 255 * _FINE), np.float32)


def fit_relight(
    character_rgb: Image,
    character_alpha: Floats,
    scene_rgb: Image,
    ring: Bools,
    performer: Bools,
    *,
    strength: float = DEFAULT_STRENGTH,
) -> Relight:
    """The map that makes the character look lit by the scene.

    character_rgb: the whole reference picture (h, w, 3), its background included; character_alpha: (h, w) 0..1;
    scene_rgb: a driving frame (H, W, 3); ring: (H, W) bool, the scene just around the performer; performer: (H, W).
    The cast is a von Kries gain between the illuminants (shades of grey, p = 5: Finlayson and Trezzi 2004) of the ring
    and of the reference's background; the statistics move part of the way to those of performer and ring
    (Reinhard et al. 2001). All steps are limited, so a saturated scene does not paint faces.
    """
    subject = character_alpha > 0.9
    if not subject.any() or not ring.any():
        return Relight(np.ones(3), 0.0, 1.0, np.zeros(3), 0.0)
    gain = _gain(character_rgb, character_alpha < 0.05, scene_rgb[ring])
    cast_only = Relight(gain, 0.0, 1.0, np.zeros(3), 1.0)
    own_mean, own_std = _lab(cast_only.apply(character_rgb[subject][None])[0])
    ring_mean, _ = _lab(scene_rgb[ring])
    there_mean, there_std = _lab(scene_rgb[performer]) if performer.sum() > 50 else (ring_mean, own_std)
    toward = 0.5 * (there_mean + ring_mean) - own_mean
    chroma = CHROMA_SHARE * toward[1:]
    chroma *= min(1.0, CHROMA_LIMIT / max(float(np.linalg.norm(chroma)), 1e-6))
    lightness = np.clip(LIGHTNESS_SHARE * toward[0], -LIGHTNESS_LIMIT, LIGHTNESS_LIMIT)
    scale = float(np.clip(there_std[0] / max(own_std[0], 1.0), 0.75, 1.25) ** 0.5)
    return Relight(gain, float(own_mean[0]), scale, np.array([lightness, *chroma]), float(np.clip(strength, 0, 1)))


def ring_around(person: Image) -> Bools:
    """(h, w) bool: the surroundings of a soft (h, w) uint8 person mask, from 2 % to 12 % of the long side away."""
    unit = max(person.shape) / 100
    distance = cv2.distanceTransform((person < 90).astype(np.uint8), cv2.DIST_L2, 3)
    return np.asarray((distance > 2 * unit) & (distance < 12 * unit))


class LightMeter:
    """Gathers the light around the performer, frame by frame, for `gains`."""

    def __init__(self) -> None:
        self._means: list[Float64] = []
        self._starts: list[int] = []

    def add(self, rgb: Image, person_mask: Image, *, cut: bool = False) -> None:
        """The next frame and the soft mask (h, w) uint8 of its performer, each of any size; cut: a shot begins."""
        if cut or not self._means:
            self._starts.append(len(self._means))
        k = min(1.0, RING_SIDE / max(rgb.shape[:2]))
        size = (max(8, round(rgb.shape[1] * k)), max(8, round(rgb.shape[0] * k)))
        small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        ring = ring_around(cv2.resize(person_mask, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8))
        linear = (small[ring] / 255.0) ** GAMMA if ring.any() else np.full((1, 3), np.nan)
        self._means.append(linear.mean(axis=0))

    def gains(self, rate: float, *, strength: float = 0.5, limit: float = 1.3) -> Float64:
        """(N, 3) gain in linear light for the character in every frame, 1 on average within each shot.

        Zero-phase smoothed over a third of a second (rate: frames per second); `strength` is the exponent of the
        measured change and `limit` the largest gain.
        """
        means = np.array(self._means).reshape(-1, 3)
        gains = np.ones_like(means)
        for start, end in zip(self._starts, [*self._starts[1:], len(means)], strict=True):
            part = means[start:end]
            known = ~np.isnan(part[:, 0])
            if known.sum() < 2:
                continue
            t = np.arange(len(part))
            log = np.stack([np.interp(t, t[known], np.log(part[known, c] + 0.02)) for c in range(3)], axis=1)
            change = gaussian_filter1d(log - np.median(log, axis=0), 0.33 * rate, axis=0, mode="nearest")
            gains[start:end] = np.clip(np.exp(strength * change), 1 / limit, limit)
        return gains


@njit(nogil=True, cache=True)
def _look_up(rgb: Any, table: Any) -> Any:
    """(H, W, 3) through a table of (_NODES, _NODES, _NODES, 3) sixteenths of a level, trilinearly."""
    out = np.empty_like(rgb)
    for y in range(rgb.shape[0]):
        for x in range(rgb.shape[1]):
            r, g, b = np.int32(rgb[y, x, 0]), np.int32(rgb[y, x, 1]), np.int32(rgb[y, x, 2])
            i, j, k = r >> 3, g >> 3, b >> 3
            fr, fg, fb = r & 7, g & 7, b & 7
            for c in range(3):
                low = (table[i, j, k, c] * (8 - fb) + table[i, j, k + 1, c] * fb) * (8 - fg)
                low += (table[i, j + 1, k, c] * (8 - fb) + table[i, j + 1, k + 1, c] * fb) * fg
                high = (table[i + 1, j, k, c] * (8 - fb) + table[i + 1, j, k + 1, c] * fb) * (8 - fg)
                high += (table[i + 1, j + 1, k, c] * (8 - fb) + table[i + 1, j + 1, k + 1, c] * fb) * fg
                out[y, x, c] = (low * (8 - fr) + high * fr + 4096) >> 13
    return out


def _keep_hue(lab: Any, before: Any) -> None:
    """Turn the hues of CIELAB `lab` (H, W, 3), in place, to at most `HUE_LIMIT` from where they were `before`.

    Light tints what is grey as it likes; a red coat stays a red coat.
    """
    chroma, old = cv2.cartToPolar(before[..., 1], before[..., 2], angleInDegrees=True)
    kept, new = cv2.cartToPolar(lab[..., 1], lab[..., 2], angleInDegrees=True)
    turn = (new - old + 540) % 360 - 180
    free = np.clip((COLOURED[1] - chroma) / (COLOURED[1] - COLOURED[0]), 0, 1)
    limit = HUE_LIMIT + (180 - HUE_LIMIT) * free * free
    a, b = cv2.polarToCart(kept, old + np.clip(turn, -limit, limit), angleInDegrees=True)
    lab[..., 1], lab[..., 2] = a, b


def _gain(character: Image, background: Bools, scene_pixels: Image) -> Float64:
    here = _illuminant(character[background]) if background.mean() > 0.1 else np.full(3, 0.5)
    there = _illuminant(scene_pixels)
    cast = ((there / there.mean()) / (here / here.mean())) ** CAST_SHARE
    cast = cast / cast.mean()
    half = CAST_LIMIT**0.5
    cast = np.clip(cast, 1 / half, half)
    level = np.clip(there.mean() / here.mean(), 0.4, 2.0) ** LEVEL_SHARE
    return np.asarray(cast * level, np.float64)


def _illuminant(pixels: Image) -> Float64:
    """Shades-of-grey estimate of the light's colour, (3,) in linear light."""
    linear = (pixels.reshape(-1, 3) / 255.0) ** GAMMA
    return np.asarray(((linear**5).mean(axis=0)) ** 0.2 + 1e-4, np.float64)


def _lab(pixels: Image) -> tuple[Float64, Float64]:
    """Mean and standard deviation of OpenCV's 8-bit Lab over (K, 3) RGB."""
    lab = cv2.cvtColor(pixels.reshape(-1, 1, 3), cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float64)
    return lab.mean(axis=0), lab.std(axis=0)
