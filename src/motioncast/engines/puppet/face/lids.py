"""Finding the painted lower lid of stylised eyes.

On large painted eyes the tracker's contour lies inside the eyeball, so that blinks stay half open. GrabCut in a patch
around each eye finds where the eyeball really ends.
"""

import cv2
import numpy as np

from motioncast.arrays import Float64, Image
from motioncast.engines.puppet.face.topology import EYES, Eye, contour

_SIDE = 192
_MIN_SHIFT = 0.12  #: of the lid distance, mean over both eyes; below it the tracker is as good


def snap_lids(image: Image, landmarks_px: Float64) -> Float64:
    """Landmarks (478, 3) with the lower lids moved out to the painted margin, or unchanged where they fit already.

    Only the lower side is trusted: lashes and the crease mislead the upper one.
    """
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
