"""Shoes in the colour of the floor, found by how they differ from the floor right next to them.

Mask networks are vague about feet, and colour models of the whole picture cannot tell a white shoe from a white floor.
Relative to the floor on its left and right, row by row, the shoe stands out by its shading and its detail.
"""

import cv2
import numpy as np
from scipy import ndimage

from motioncast.arrays import Bools, Float32, Float64, Image
from motioncast.perception.landmarks import StillLandmarks

_FEET = ((25, 27, 29, 31), (26, 28, 30, 32))  # knee, ankle, heel, toe
_ROUGH_FLOOR = 10.0  #: mean Lab levels by which a floor may differ from its smooth version
_MISSED = 0.04  #: share of what differs from the floor that must be missing from the cut-out
_SHADOW = 0.5  #: how much being darker than the floor counts
_OBVIOUS = 35.0  #: median Lab distance to the floor of a shoe that needs no help


def add_feet(image: Image, cut: Bools, landmarks: StillLandmarks) -> tuple[Bools, Bools]:
    """The (H, W) bool subject with feet of the floor's colour cut out anew, and where that was, (H, W) bool.

    `image` is (H, W, 3) RGB. `cut` comes back as it is where no such foot stands on a plain floor inside the picture.
    """
    result, changed = cut, np.zeros_like(cut)
    if landmarks.body_px is None or landmarks.body_visibility is None:
        return result, changed
    points = landmarks.body_px[:, :2].astype(np.float64)
    for foot in _FEET:
        knee, ankle, heel, toe = points[list(foot)]
        seen = landmarks.body_visibility[list(foot[1:])].min() > 0.5
        if seen and 0 <= ankle[0] < cut.shape[1] and ankle[1] < cut.shape[0]:
            size = max(0.24 * float(np.linalg.norm(ankle - knee)), float(np.linalg.norm(toe - heel)))
            result = _with_foot(image, result, changed, np.stack([ankle, heel, toe]), size)
    return result, changed


def _with_foot(image: Image, cut: Bools, changed: Bools, foot: Float64, size: float) -> Bools:
    """`cut` with one foot (ankle, heel, toe) of about `size` px; notes in `changed` where it may differ."""
    box = _box(foot, 1.5 * size, cut.shape)
    if size < 8 or box[0].stop - box[0].start < 8 or box[1].stop - box[1].start < 8:
        return cut
    corner = np.array([box[1].start, box[0].start], np.float64)
    reach, bone = (_drawn(foot - corner, width, cut[box].shape) for width in (1.6 * size, 0.2 * size))
    stands_out = _differs_from_floor(image[box], ~reach & ~cut[box], bone)
    if stands_out is None:
        return cut
    zone = reach & (np.arange(box[0].start, box[0].stop)[:, None] > foot[0, 1] - 0.25 * size)
    nearly = cv2.dilate(cut[box].astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if (stands_out & zone & ~nearly).sum() < _MISSED * (stands_out & zone).sum():
        return cut
    found = _whole((stands_out | bone | (cut[box] & ~zone)) & (reach | cut[box]), bone, size)
    if not 0.15 < found[zone].sum() / size**2 < 4:  # no foot has such a size
        return cut
    result = cut.copy()
    result[box] = np.where(zone, found, cut[box])
    changed[box] |= zone
    return result


def _box(foot: Float64, margin: float, shape: tuple[int, ...]) -> tuple[slice, slice]:
    low = np.maximum(np.floor(foot.min(axis=0) - margin), 0).astype(int)
    high = np.minimum(np.ceil(foot.max(axis=0) + margin).astype(int) + 1, [shape[1], shape[0]])
    return slice(low[1], max(low[1], high[1])), slice(low[0], max(low[0], high[0]))


def _drawn(foot: Float64, width: float, shape: tuple[int, ...]) -> Bools:
    mask: Image = np.zeros(shape, np.uint8)
    ankle, heel, toe = np.round(foot).astype(int).tolist()
    for a, b in ((ankle, heel), (heel, toe), (ankle, toe)):
        cv2.line(mask, a, b, 1, max(1, round(width)))
    return mask > 0


def _differs_from_floor(image: Image, floor: Bools, bone: Bools) -> Bools | None:
    """Where lightness, colour or detail differ from the floor's; None on a rough floor or for a shoe that is no riddle.

    `bone` is surely shoe.
    """
    if floor.mean() < 0.15 or not bone.any():
        return None
    lab = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2LAB), np.float32)
    difference = lab - _floor_surface(lab, floor)
    distance = np.linalg.norm(difference, axis=2)
    if np.abs(difference[floor]).mean() > _ROUGH_FLOOR or np.median(distance[bone]) > _OBVIOUS:
        return None
    difference[..., 0] *= np.where(difference[..., 0] < 0, _SHADOW, 1)
    distance = np.linalg.norm(difference, axis=2)
    detail = np.abs(lab[..., 0] - cv2.GaussianBlur(lab[..., 0], (0, 0), 1.5))
    odd = np.maximum(detail / (4 * np.median(detail[floor]) + 2.5), distance / (3 * np.median(distance[floor]) + 6))
    spread = cv2.GaussianBlur(odd, (0, 0), 0.8) > 1
    result: Bools = cv2.erode(spread.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return result


def _floor_surface(lab: Float32, floor: Bools) -> Float32:
    """The floor behind everything: blurred along the rows far more than across them, for floors darken by rows."""
    weight = floor.astype(np.float32)
    total, mass = np.zeros_like(lab), np.zeros(floor.shape, np.float32)
    for sigma_y, share in ((2.0, 1.0), (12.0, 1e-3)):
        blur = cv2.GaussianBlur(np.dstack([lab * weight[..., None], weight]), (0, 0), 30, sigmaY=sigma_y)
        total += share * blur[..., :3]
        mass += share * blur[..., 3]
    surface: Float32 = total / (mass + 1e-9)[..., None]
    return surface


def _whole(found: Bools, bone: Bools, size: float) -> Bools:
    """One smooth piece without holes."""
    side = 2 * max(1, round(0.14 * size)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    padded = np.pad(found.astype(np.uint8), side, mode="edge")
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel)
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, kernel)[side:-side, side:-side] > 0
    pieces, count = ndimage.label(opened | bone)
    keep = np.bincount(pieces[bone].ravel(), minlength=count + 1) > 0
    keep[0] = False
    result: Bools = ndimage.binary_fill_holes(keep[pieces])
    return result
