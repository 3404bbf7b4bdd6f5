"""Finding the real lids of large eyes.

On large painted eyes and on wide open ones the tracker's contour lies inside the eyeball, so that blinks stay half
open. GrabCut in a patch around each eye finds where the eyeball really ends below; above, where lashes and the crease
mislead it, the white is followed up to the dark line of the lashes.
"""

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import grey_closing

from motioncast.arrays import Float64, Image
from motioncast.engines.puppet.face.skin import luma_of, skin_rgb
from motioncast.engines.puppet.face.topology import EYES, Eye, contour

_SIDE = 192
_STEPS: Float64 = np.linspace(-0.25, 0.45, 29)  #: where the line through an upper lid is looked at, in lid distances
_LASHES = 0.05  #: of the lid distance, from their edge into the dark line
_INSIDE = 10  #: as many of them lie below the landmark
_MIN_SHIFT = 0.12  #: of the lid distance, mean over both eyes; below it the tracker is as good


def snap_lids(image: Image, landmarks_px: Float64) -> Float64:
    """Landmarks (478, 3) with the lids moved out to the margin seen in the picture, or unchanged where they fit."""
    return _raise_upper(image, _drop_lower(image, landmarks_px))


def _drop_lower(image: Image, landmarks_px: Float64) -> Float64:
    """Lower lids on the painted margin, in a copy."""
    shifts = [_lower_shift(image, landmarks_px[:, :2], eye) for eye in EYES]
    shift = np.convolve(np.pad(np.mean(shifts, axis=0), 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
    shift[[0, -1]] = 0.0
    snapped = landmarks_px.copy()
    if shift[2:7].mean() < _MIN_SHIFT:
        return snapped
    for eye in EYES:
        upper, lower = landmarks_px[eye.upper, :2], landmarks_px[eye.lower, :2]
        gap = np.linalg.norm(upper[4] - lower[4])
        away = lower - upper
        direction = away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
        move = (direction * (shift * gap)[:, None])[1:-1]
        snapped[eye.lower[1:-1], :2] += move
        snapped[eye.lower_ring, :2] += 0.75 * move
    return snapped


def _raise_upper(image: Image, landmarks_px: Float64) -> Float64:
    """Upper lids moved over the white above them, in a copy; only where the white is clearly not skin."""
    raised = landmarks_px.copy()
    skin = _luma_and_chroma(skin_rgb(image, landmarks_px))
    for eye in EYES:
        upper, lower = landmarks_px[eye.upper, :2], landmarks_px[eye.lower, :2]
        gap = float(np.linalg.norm(upper[4] - lower[4]))
        away = upper - lower
        direction = away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
        shift = np.zeros(9)
        for i in range(1, 8):
            line = upper[i] + direction[i] * gap * _STEPS[:, None]
            shift[i] = _white_above(_samples(image, line), skin)
        # one point alone is a glint; between two, the iris hides the white
        shift = grey_closing(np.median(sliding_window_view(np.pad(shift, 1), 3), axis=1), size=(5,))
        shift[1:-1] = np.convolve(shift, [0.25, 0.5, 0.25], "same")[1:-1]
        move = direction * (shift * gap)[:, None]
        raised[eye.upper[1:-1], :2] += move[1:-1]
        raised[eye.upper_ring, :2] += 0.5 * move[1:-1]
    return raised


def _white_above(colours: Float64, skin: tuple[float, float]) -> float:
    """How far white reaches above a lid landmark, of the lid distance; `colours` (K, 3) lie at `_STEPS`."""
    luma, chroma = np.transpose([_luma_and_chroma(colour) for colour in colours])
    inside = slice(0, _INSIDE)
    level = float(luma[inside].max())
    if level < 1.05 * skin[0] or chroma[inside][np.argmax(luma[inside])] > 0.75 * skin[1]:
        return 0.0
    dark = np.flatnonzero(luma[_INSIDE:] < 0.62 * level)
    if not len(dark) or luma[_INSIDE] < 0.8 * level:
        return 0.0
    return float(_STEPS[_INSIDE + dark[0]]) + _LASHES


def _luma_and_chroma(rgb: Float64) -> tuple[float, float]:
    luma = luma_of(rgb)
    return luma, float(rgb.max() - rgb.min()) / luma


def _samples(image: Image, points_px: Float64) -> Float64:
    """Colours (K, 3) at (K, 2) pixels."""
    at = points_px.astype(np.float32).reshape(1, -1, 2)
    colours: Float64 = cv2.remap(image, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[
        0
    ].astype(np.float64)
    return colours


def _lower_shift(image: Image, points_px: Float64, eye: Eye) -> Float64:
    """How far (9,) the eyeball reaches below the tracked lower lid, in lid distances."""
    upper, lower = points_px[eye.upper], points_px[eye.lower]
    scale = 120.0 / max(float(np.linalg.norm(upper[0] - upper[-1])), 1.0)
    centre = (upper.mean(axis=0) + lower.mean(axis=0)) / 2
    offset = _SIDE / 2 - centre * scale
    affine = np.array([[scale, 0, offset[0]], [0, scale, offset[1]]])
    flags = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    patch = cv2.warpAffine(image, affine, (_SIDE, _SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    ring = points_px[contour(eye.upper, eye.lower)] * scale + offset
    ball = _segment(patch.astype(np.uint8, copy=False), ring)
    return _reach(ball, lower * scale + offset, upper * scale + offset)


def _segment(patch: Image, ring: Float64) -> Image:
    """Mask (S, S) 0/1 of the eyeball, grown from the tracked outline."""
    labels = np.full((_SIDE, _SIDE), cv2.GC_PR_BGD, np.uint8)
    inside, around = np.zeros_like(labels), np.zeros_like(labels)
    centre = ring.mean(axis=0)
    cv2.fillPoly(around, [(centre + (ring - centre) * [1.12, 1.75]).astype(np.int32)], 1)
    cv2.fillPoly(inside, [ring.astype(np.int32)], 1)
    labels[around == 0] = cv2.GC_BGD
    labels[inside > 0] = cv2.GC_PR_FGD
    labels[cv2.erode(inside, np.ones((7, 7), np.uint8)) > 0] = cv2.GC_FGD
    if not (labels == cv2.GC_FGD).any():
        return inside
    cv2.setRNGSeed(0)
    blurred = cv2.GaussianBlur(patch, (0, 0), 1.2)
    cv2.grabCut(blurred, labels, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    ball = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.uint8)
    return cv2.morphologyEx(ball, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)).astype(np.uint8, copy=False)


def _reach(ball: Image, lower: Float64, upper: Float64) -> Float64:
    gap = max(float(np.linalg.norm(upper[4] - lower[4])), 1e-3)
    reach = np.zeros(9)
    for i in range(1, 8):
        away = lower[i] - upper[i]
        away = away / max(float(np.linalg.norm(away)), 1e-6)
        for step in np.arange(0.0, 0.55 * gap):
            x, y = (lower[i] + away * step).astype(int)
            if not (0 <= x < _SIDE and 0 <= y < _SIDE and ball[y, x]):
                break
            reach[i] = step
    return reach / gap
