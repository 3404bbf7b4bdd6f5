"""Eyeballs that turn: each eye is taken apart once into a white and an iris, and put together again under the lids.

The iris is found by a search for the circle with the strongest colour contrast across it (J. Daugman, "High confidence
visual recognition of persons by a test of statistical independence", PAMI 1993), guided by the tracker's circle. What
the lids hide of it is completed from its own radial profile.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from motioncast.arrays import Bools, Float32, Float64, Image
from motioncast.engines.puppet.face.fill import push_pull
from motioncast.engines.puppet.face.topology import EYES, Eye, contour
from motioncast.perception.smoothing import smoothstep

MIN_CONTRAST = 8.0  #: of the limbus, in Lab units; below it there is no iris to move
WEAK_CONTRAST = 6.0  #: mean over both eyes; an iris without a clear rim may still move a little
WEAK_SHIFT = 0.65  #: share of the gaze such an iris follows
LEVELS = 4


@dataclass(frozen=True)
class EyeTexture:
    """One eye at one resolution; `to_patch` maps reference px to patch px as p * scale + offset."""

    original: Image  #: (h, w, 4) RGB and, as alpha, where the picture shows the eyeball
    white: Image  #: (h, w, 3) eyeball without iris
    iris: Image  #: (h, w, 4) completed iris
    scale: float
    offset: Float64  #: (2,)


@dataclass(frozen=True)
class EyeLayer:
    """One eye of the character, from fine to coarse."""

    levels: tuple[EyeTexture, ...]
    width_px: float
    follow: float  #: share of the gaze the iris follows: 0 when there is no iris to move
    white_rgb: Float64  #: (3,) typical colour of the white


@dataclass(frozen=True)
class _Patch:
    pixels: Float32  #: (h, w, 3)
    visible: Bools  #: (h, w) well inside the lids
    scale: float
    offset: Float64
    centre: Float64  #: (2,) tracked iris, patch px
    radius: float
    width_px: float


@dataclass(frozen=True)
class _Limbus:
    centre: Float64  #: (2,) patch px
    radius: float
    contrast: float
    score: float


def prepare_eyes(image: Image, landmarks_px: Float64) -> tuple[EyeLayer, EyeLayer]:
    """Take both eyes of an RGB `image` apart; landmarks (478, 3) in its pixels."""
    patches = [_cut(image, landmarks_px, eye) for eye in EYES]
    found = [_find_limbus(patch) for patch in patches]
    clear = all(limbus.contrast > MIN_CONTRAST for limbus in found)
    weak = not clear and np.mean([limbus.contrast for limbus in found]) > WEAK_CONTRAST
    follow = 1.0 if clear else WEAK_SHIFT if weak else 0.0
    if weak:
        found = [replace(f, centre=p.centre, radius=1.05 * p.radius) for f, p in zip(found, patches, strict=True)]
    radii = [limbus.radius / patch.scale for limbus, patch in zip(found, patches, strict=True)]
    radius = float(np.average(radii, weights=[max(limbus.score, 1e-3) for limbus in found]))
    first, second = (
        _layer(patch, limbus.centre, radius * patch.scale, follow) for patch, limbus in zip(patches, found, strict=True)
    )
    return first, second


def _cut(image: Image, landmarks_px: Float64, eye: Eye) -> _Patch:
    ring = landmarks_px[contour(eye.upper, eye.lower), :2]
    width = float(np.linalg.norm(landmarks_px[eye.upper[0], :2] - landmarks_px[eye.upper[-1], :2]))
    margin = 0.45 * width + 2
    low, high = np.floor(ring.min(axis=0) - margin), np.ceil(ring.max(axis=0) + margin)
    scale = float(np.clip(np.ceil(90 / max(width, 1.0)), 1.0, 4.0))
    size = np.maximum(((high - low) * scale).astype(int), 4)
    # pixel centres: reference px x lies at (x - low) * scale + (scale - 1) / 2
    offset = -low * scale + (scale - 1) / 2
    affine = np.array([[scale, 0, offset[0]], [0, scale, offset[1]]])
    pixels = cv2.warpAffine(
        image,
        affine,
        (int(size[0]), int(size[1])),
        flags=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    ).astype(np.float32)
    inside = np.zeros(pixels.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.round((ring * scale + offset) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    reach = max(1, round(width * scale * 0.03))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    limbus = landmarks_px[eye.iris + 1 : eye.iris + 5, :2] - landmarks_px[eye.iris, :2]
    return _Patch(
        pixels,
        cv2.erode(inside, kernel) > 128,
        scale,
        offset,
        landmarks_px[eye.iris, :2] * scale + offset,
        max(float(np.linalg.norm(limbus, axis=1).mean()) * scale, 1.0),
        width,
    )


def _find_limbus(patch: _Patch) -> _Limbus:
    """Best circle around the tracked one: centre within .16 radii, radius .85 to 1.35 of it."""
    r0 = patch.radius
    lab = cv2.cvtColor(np.clip(patch.pixels, 0, 255).astype(np.uint8), cv2.COLOR_RGB2LAB).astype(np.float32)
    lab = cv2.GaussianBlur(lab, (0, 0), 0.06 * r0 + 0.3).astype(np.float32)
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    shift = np.linspace(-0.16, 0.16, 5) * r0
    radius, dx, dy = (
        g.ravel()[:, None] for g in np.meshgrid(np.linspace(0.85, 1.35, 11) * r0, shift, shift, indexing="ij")
    )

    def ring(offset: float) -> tuple[Float32, Float32]:
        x = (patch.centre[0] + dx + (radius + offset) * np.cos(angle)).astype(np.float32)
        y = (patch.centre[1] + dy + (radius + offset) * np.sin(angle)).astype(np.float32)
        seen = cv2.remap(patch.visible.astype(np.float32), x, y, cv2.INTER_LINEAR)
        return cv2.remap(lab, x, y, cv2.INTER_LINEAR).astype(np.float32), seen.astype(np.float32)

    (inner, inner_seen), (outer, outer_seen) = ring(-0.14 * r0), ring(0.14 * r0)
    used = (inner_seen > 0.9) & (outer_seen > 0.9)
    count = used.sum(axis=1)
    step = outer - inner
    # the white is lighter than the iris; a darker surround counts less
    light = np.where(step[..., 0] > 0, step[..., 0], -0.8 * step[..., 0]) * (100 / 255)
    chroma = np.linalg.norm(step[..., 1:], axis=2)
    total = np.maximum(count, 1)
    contrast = ((light + 0.5 * chroma) * used).sum(axis=1) / total
    prior = ((radius / r0 - 1.08) / 0.22) ** 2 + (dx**2 + dy**2) / (0.18 * r0) ** 2
    score = np.where(count >= 6, contrast * np.sqrt(count / 48) * np.exp(-0.5 * prior[:, 0]), 0.0)
    best = int(np.argmax(score))
    centre = patch.centre + np.array([dx[best, 0], dy[best, 0]])
    if score[best] <= 0:
        return _Limbus(patch.centre, r0, 0.0, 0.0)
    return _Limbus(centre, float(radius[best, 0]), float(contrast[best]), float(score[best]))


def _layer(patch: _Patch, centre: Float64, radius: float, follow: float) -> EyeLayer:
    rows, columns = np.mgrid[: patch.visible.shape[0], : patch.visible.shape[1]]
    rho = np.hypot(columns - centre[0], rows - centre[1])
    white_seen = patch.visible & (rho > 1.22 * radius)
    light = patch.pixels.mean(axis=2)
    if white_seen.any():
        white_seen &= light >= 0.85 * np.median(light[white_seen])
    if white_seen.sum() < 15:
        follow, white_seen = 0.0, patch.visible
    white_rgb = patch.pixels[white_seen].mean(axis=0) if white_seen.any() else np.full(3, 200.0)
    white, iris = patch.pixels, np.zeros((*rho.shape, 4), np.float32)
    if follow > 0:
        white = _complete_white(patch.pixels, white_seen, radius)
        iris = _complete_iris(patch, rho, radius)
    soft = cv2.GaussianBlur(patch.visible.astype(np.float32), (0, 0), 1.0) * 255
    finest = EyeTexture(
        original=_bytes(np.dstack([patch.pixels, soft])),
        white=_bytes(white),
        iris=_bytes(iris),
        scale=patch.scale,
        offset=patch.offset,
    )
    return EyeLayer(_pyramid(finest), patch.width_px, follow, white_rgb.astype(np.float64))


def _complete_white(pixels: Float32, seen: Bools, radius: float) -> Float32:
    """The eyeball without its iris: seen pixels as they are, the rest filled and faded to the mean."""
    filled = push_pull(pixels, seen)
    near = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), 0.5 * radius)
    trust = np.clip(near * 6, 0, 1)[..., None]
    return np.where(seen[..., None], pixels, filled * trust + pixels[seen].mean(axis=0) * (1 - trust)).astype(
        np.float32
    )


def _complete_iris(patch: _Patch, rho: Float64, radius: float) -> Float32:
    """(h, w, 4) iris, hidden parts from the median colour at the same distance from its centre."""
    bins = 26
    seen = patch.visible & (rho < 1.12 * radius)
    place = rho / (1.2 * radius) * bins
    index = np.clip(place.astype(int), 0, bins)
    profile = np.full((bins + 1, 3), np.nan)
    for b in range(bins + 1):
        members = patch.pixels[seen & (index == b)]
        if len(members) > 2:
            profile[b] = np.median(members, axis=0)
    known = np.flatnonzero(~np.isnan(profile[:, 0]))
    if not len(known):
        return np.zeros((*rho.shape, 4), np.float32)
    radial = np.stack([np.interp(place, known + 0.5, profile[known, c]) for c in range(3)], axis=2)
    own = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), max(1.0, 0.07 * radius))
    own = np.where(seen, np.clip(1.8 * own - 0.8, 0, 1), 0)[..., None]
    alpha = 1.0 - smoothstep(1.0, 1.13, rho / radius)
    return np.dstack([patch.pixels * own + radial * (1 - own), 255 * alpha]).astype(np.float32)


def _pyramid(finest: EyeTexture) -> tuple[EyeTexture, ...]:
    """Half-size copies, so that a small eye on the canvas does not sparkle."""
    levels = [finest]
    while len(levels) < LEVELS and min(levels[-1].white.shape[:2]) >= 8:
        last = levels[-1]
        size = (last.white.shape[1] // 2, last.white.shape[0] // 2)
        original, white, iris = (
            cv2.resize(a[: 2 * size[1], : 2 * size[0]], size, interpolation=cv2.INTER_AREA).astype(np.uint8)
            for a in (last.original, last.white, last.iris)
        )
        levels.append(EyeTexture(original, white, iris, last.scale / 2, (last.offset + 0.5) / 2 - 0.5))
    return tuple(levels)


def _bytes(image: Float32) -> Image:
    return np.clip(np.round(image), 0, 255).astype(np.uint8)
