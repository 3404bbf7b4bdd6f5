"""The scene behind the character: the reference picture without its subject, and hole filling in general.

A plain backdrop is refit by a smooth surface, without the cast shadow; anything else grows in from the border of the
hole: reflected at first, then ever smoother. Holes in general (`inpaint`) are filled with patches from elsewhere in the
picture, or, if next to nothing of it can be seen, by reflection across the silhouette.
"""

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from motioncast.arrays import Bools, Float32, Float64, Floats, Image
from motioncast.engines.puppet.body.joints import HAND, WRIST, Joints
from motioncast.engines.puppet.mask import grown
from motioncast.engines.puppet.mirror_fill import mirror_fill
from motioncast.engines.puppet.patch_fill import patch_fill
from motioncast.engines.puppet.smooth_fill import smooth_fill
from motioncast.perception.attached import surroundings

PLAIN_SIDE = 256  #: long side of the picture for the surface fit
_SPARSE = 5  #: every fifth pixel is enough for fifteen factors
_REFLECTED = 0.026  #: depth of recognisable reflections, over the picture's long side
_CALM = 0.253  #: 20th percentile of the absolute values of noise, over its standard deviation
_ISLET = 0.015  #: area over the picture's
_ORDER = 4
_POWERS = [(i, j) for i in range(_ORDER + 1) for j in range(_ORDER + 1 - i)]


def fill_background(image: Image, alpha: Float32, joints: Joints | None, seed: int) -> Image:
    """The (H, W, 3) RGB picture with its subject taken out.

    `alpha` is the subject's (H, W) matte, 0..1. `joints` widen the hole at the hands, where mattes miss fingers. `seed`
    draws the grain that keeps the filled area from looking smoother than the rest.
    """
    subject = alpha > 0.02
    margin = max(4, round(0.022 * max(subject.shape)))
    hole = grown(subject, margin)
    if hole.all():
        return _blurred(image)
    plain = _plain_backdrop(image, hole)
    if plain is not None:
        surface, shadowless = plain
        return _merge(image, _grained(surface, image, ~hole, seed), shadowless)
    # what the picture shows looks best, but not as an islet, which is often a piece of the subject
    hole = grown(subject | surroundings(image, alpha > 0.5), max(3, round(0.02 * max(subject.shape))))
    hole = _without_islets(hole)
    if joints is not None:
        hole |= _hand_discs(joints, hole.shape)
    return _blurred(image) if hole.all() else _grown_in(image, hole, seed)


def _blurred(image: Image) -> Image:
    """All that can be said of a backdrop of which nothing can be seen."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 0.05 * max(image.shape[:2])), np.uint8)


def inpaint(image: Image, hole: Bools) -> Image:
    """Fill the (H, W) bool `hole` of an (H, W, 3) RGB picture, without looking at what is in the hole now.

    Pixels outside the hole stay as they are. Takes up to a second or so for large holes.
    """
    if not hole.any() or hole.all():
        return image.copy()
    thickness = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5).max()
    if thickness < 5:
        return np.asarray(cv2.inpaint(image, hole.astype(np.uint8), 3, cv2.INPAINT_TELEA), np.uint8)
    return patch_fill(image, hole) if hole.mean() < 0.9 else _reflect(image, hole)


def _without_islets(hole: Bools) -> Bools:
    """The hole with small known pieces inside it taken in."""
    count, piece, stats, _ = cv2.connectedComponentsWithStats((~hole).astype(np.uint8))
    islet = stats[:, cv2.CC_STAT_AREA] < _ISLET * hole.size
    islet[0] = False
    result: Bools = hole | islet[piece] if count > 2 else hole
    return result


def _shrunk(image: Image, hole: Bools, side: int) -> tuple[Image, Bools]:
    height, width = hole.shape
    scale = min(1.0, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    holes = np.asarray(cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA)) > 0
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), holes


def _hand_discs(joints: Joints, shape: tuple[int, ...]) -> Bools:
    discs: Image = np.zeros(shape, np.uint8)
    for side, arm in joints.arms.items():
        reach = float(np.linalg.norm(arm[HAND] - arm[WRIST]))
        if joints.has_arms[side]:
            centre = np.round(arm[HAND] + 0.5 * (arm[HAND] - arm[WRIST])).astype(int)
            cv2.circle(discs, centre.tolist(), int(1.35 * reach), 1, -1)
    return discs > 0


def _plain_backdrop(image: Image, hole: Bools) -> tuple[Float32, Float32] | None:
    """The whole backdrop as a smooth surface without the cast shadow, or None if it is not plain.

    Also says where the picture itself shows that surface, (H, W) 0..1: not at the subject and not in its shadow.
    """
    small, holes = _shrunk(image, hole, PLAIN_SIDE)
    known = ~holes
    if known.mean() < 0.08:
        return None
    rows = _row_profile(small - _fit_surface(small.astype(np.float32), known)[0], known)
    surface, weight = _fit_surface(small - rows, known)
    surface += rows
    residual = small.astype(np.float32) - surface
    trusted = (weight * (np.abs(residual).max(axis=2) < 14)).astype(np.float32)
    detail = np.abs(small.astype(np.float32) - cv2.GaussianBlur(small, (0, 0), 3)).max(axis=2)[known]
    lighter = np.percentile(residual[known].max(axis=1), 90)  # darker may be a cast shadow
    if np.percentile(detail, 95) > 3.5 or lighter > 12:
        return None
    share = np.asarray(cv2.GaussianBlur(trusted, (0, 0), 7))
    surface += np.asarray(cv2.GaussianBlur(residual * trusted[..., None], (0, 0), 7)) / (share + 2e-2)[..., None]
    distance = np.asarray(cv2.distanceTransform(known.astype(np.uint8), cv2.DIST_L2, 5))
    shadowless = np.clip((share - 0.6) / 0.3, 0, 1) * np.clip(distance / (0.06 * PLAIN_SIDE), 0, 1)
    size = hole.shape[1], hole.shape[0]
    large = (cv2.resize(array, size, interpolation=cv2.INTER_LINEAR) for array in (surface, shadowless))
    backdrop, clear = (np.asarray(array, np.float32) for array in large)
    return backdrop, clear


def _row_profile(residual: Float32, known: Bools) -> Float32:
    """(h, 1, 3) median residual of each row: a floor that gets darker over the whole width is no cast shadow."""
    height = len(known)
    usable = np.flatnonzero(known.mean(axis=1) > 0.1)
    if not len(usable):
        return np.zeros((height, 1, 3), np.float32)
    medians = np.stack([np.median(residual[row][known[row]], axis=0) for row in usable])
    profile = np.stack([np.interp(np.arange(height), usable, medians[:, c]) for c in range(3)], axis=1)
    smooth: Float32 = gaussian_filter1d(profile, 1.5, axis=0, mode="nearest")[:, None].astype(np.float32)
    return smooth


def _fit_surface(small: Floats, known: Bools) -> tuple[Float32, Floats]:
    """Order-4 polynomial by iteratively reweighted least squares, Cauchy weights; darker than the fit means shadow."""
    height, width = known.shape
    down, across = (np.vander(np.linspace(-1, 1, side), _ORDER + 1, increasing=True) for side in (height, width))
    some = known & (np.add.outer(np.arange(height), 2 * np.arange(width)) % _SPARSE == 0)
    some = some if some.sum() > 20 * len(_POWERS) else known
    y, x = np.nonzero(some)
    rows = np.stack([across[x, i] * down[y, j] for i, j in _POWERS], axis=1)
    colours = small[some].astype(np.float64)
    weight: Floats = np.ones(len(rows))
    for _ in range(6):
        weighted = rows.T * weight
        factors = np.linalg.solve(weighted @ rows + 1e-6 * np.eye(len(_POWERS)), weighted @ colours)
        weight = _cauchy(colours - rows @ factors)
    grid = np.zeros((_ORDER + 1, _ORDER + 1, 3))
    grid[tuple(np.transpose(_POWERS))] = factors
    surface = np.einsum("yj,jxc->yxc", down, np.einsum("ijc,xi->jxc", grid, across, optimize=True), optimize=True)
    return surface.astype(np.float32), np.where(known, _cauchy(small - surface), 0)


def _cauchy(residual: Floats) -> Floats:
    """Weights (...) of residuals (..., 3): a shadow, which is darker than the fit, loses its say sooner."""
    mean: Float64 = np.asarray(residual.mean(axis=-1), np.float64)
    return 1 / (1 + (np.minimum(mean, 0) / 6) ** 2 + (np.maximum(mean, 0) / 12) ** 2)


def _reflect(image: Image, hole: Bools) -> Image:
    extent = float(np.sqrt(hole.sum()))
    return mirror_fill(image, hole, ~hole, fade_px=0.35 * extent, smooth_px=0.02 * extent)


def _grown_in(image: Image, hole: Bools, seed: int) -> Image:
    """The surroundings reflected across the border of the hole, dissolving into smooth colours farther in.

    Nothing recognisable is copied: patches from elsewhere would put a second cat or a second helmet into the picture.
    """
    depth = np.asarray(cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5))
    fade = _REFLECTED * max(hole.shape)
    smooth = smooth_fill(image, ~hole)
    mirrored = mirror_fill(image, hole, ~hole, fade_px=4 * fade, smooth_px=0.3 * fade)
    share = np.exp(-((depth / fade) ** 2)).astype(np.float32)
    return _merge(mirrored, _grained(smooth, image, ~hole, seed), np.where(hole, share, 1.0).astype(np.float32))


def _grained(surface: Float32, image: Image, visible: Bools, seed: int) -> Float32:
    """A smooth surface with the grain of the calmest `visible` parts of the picture: elsewhere it is detail."""
    fine = np.abs(image.astype(np.float32) - cv2.GaussianBlur(image, (0, 0), 2.5))
    sigma = float(np.percentile(fine[visible], 20)) / _CALM if visible.any() else 0.0
    noise = np.random.default_rng(seed).normal(0, sigma, visible.shape).astype(np.float32)
    grained: Float32 = surface + noise[..., None]
    return grained


def _merge(image: Image, replacement: Float32, keep: Float32) -> Image:
    mixed = replacement + (image - replacement) * keep[..., None]
    merged: Image = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
    return merged
