"""From the reference picture to a soft matte of its subject and to colours free of the background.

Alpha by closed-form matting inside a narrow band around the GrabCut border, colours by blur fusion (Forte, Approximate
Fast Foreground Colour Estimation, ICIP 2021).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from motioncast.arrays import Bools, Float32, Image
from motioncast.errors import InputError
from motioncast.perception.attached import thin_things
from motioncast.perception.closed_form import closed_form_alpha
from motioncast.perception.cutout import is_cutout
from motioncast.perception.feet import add_feet
from motioncast.perception.grabcut import cut_out
from motioncast.perception.keying import keyed
from motioncast.perception.landmarks import StillLandmarks

_NO_SUBJECT = (
    "No subject stands out from the background of the reference picture; "
    "use a picture that shows one character clearly, or one with a transparent background."
)

_AROUND_PX = 8
_CORE_PX = 1.5  #: so far inside a thin thing it is solid
_REACHES = (0.09, 0.007)  #: windows of the two fusions, over the picture's longer side


@dataclass(frozen=True)
class Matte:
    """What belongs to the subject."""

    alpha: Float32  #: (H, W), 0..1 coverage by the subject
    foreground: Image  #: (H, W, 3) RGB, not premultiplied; the subject's own colour also where alpha is partial


def extract_matte(image: Image, person_mask: Image, landmarks: StillLandmarks, alpha: Image | None = None) -> Matte:
    """Separate the subject of an (H, W, 3) RGB picture.

    `person_mask` is (H, W) uint8, 255 = person. `alpha` is the (H, W) uint8 transparency that came with the picture; it
    is taken as the matte when it has both see-through and solid parts. Raises InputError when nothing is separable.
    """
    if alpha is not None and is_cutout(alpha):
        given: Float32 = (alpha / 255).astype(np.float32)
        return Matte(given, _defringe(image, given))
    if np.ptp(cv2.GaussianBlur(image, (0, 0), 2), axis=(0, 1)).max() < 12:
        raise InputError(_NO_SUBJECT)
    # without a body to go by, colour models know less than a plain backdrop
    by_backdrop = keyed(image) if landmarks.body_px is None else None
    colourwise = by_backdrop if by_backdrop is not None else _hold_edges(cut_out(image, person_mask, landmarks))
    cut, feet = add_feet(image, colourwise, landmarks)
    if not 0.004 < cut.mean() < 0.985:
        raise InputError(_NO_SUBJECT)
    coverage = _soften(image, cut, thin_things(image, cut))
    # what colours cannot tell apart, alpha matting cannot either
    coverage = np.where(feet, _soft_edge(cut), coverage)
    if not (coverage > 0.5).any():
        raise InputError(_NO_SUBJECT)
    return Matte(coverage, _defringe(image, coverage))


def _hold_edges(cut: Bools) -> Bools:
    """Continue the subject to the picture's left, right and bottom edge, where mask networks and GrabCut fade out."""
    margin = max(2, round(0.006 * max(cut.shape)))
    held = cut.copy()
    held[-margin:] |= cut[-margin - 1]
    held[:, :margin] |= cut[:, margin, None]
    held[:, -margin:] |= cut[:, -margin - 1, None]
    return held


def _soften(image: Image, cut: Bools, thin: Bools) -> Float32:
    """Coverage in a band around the border of the cut-out and around the `thin` things that hang on it."""
    band = int(max(3, np.sqrt(cut.sum()) * 0.012))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1, 2 * band + 1))
    # beyond the picture counts as subject: alpha stays 1 at its edge
    sure = cv2.erode(cut.astype(np.uint8), kernel) > 0
    sure |= cv2.distanceTransform(thin.astype(np.uint8), cv2.DIST_L2, 3) >= _CORE_PX
    raw = closed_form_alpha(image, sure, (cv2.dilate((cut | thin).astype(np.uint8), kernel) > 0) & ~sure)
    if raw is None:
        return _soft_edge(cut)
    coverage: Float32 = np.clip((raw - 0.06) / 0.88, 0, 1)
    return coverage


def _soft_edge(cut: Bools) -> Float32:
    return np.asarray(cv2.GaussianBlur(cut.astype(np.float32), (0, 0), 0.8), np.float32)


def _defringe(image: Image, alpha: Float32) -> Image:
    """Colours without the background's share; only the box around partial coverage is worked on."""
    mixed = (alpha > 0) & (alpha < 1)
    if not mixed.any():
        return image
    rows, columns = np.flatnonzero(mixed.any(axis=1)), np.flatnonzero(mixed.any(axis=0))
    box = (
        slice(max(0, rows[0] - _AROUND_PX), rows[-1] + 1 + _AROUND_PX),
        slice(max(0, columns[0] - _AROUND_PX), columns[-1] + 1 + _AROUND_PX),
    )
    patch, share = image[box].astype(np.float32), np.ascontiguousarray(alpha[box])[..., None]
    foreground = behind = patch
    for reach in _REACHES:
        side = 2 * round(0.5 * reach * max(alpha.shape)) + 1
        smooth, behind = _local_mean(foreground, share, side), _local_mean(behind, 1 - share, side)
        foreground = np.clip(smooth + share * (patch - share * smooth - (1 - share) * behind), 0, 255)
    colours = image.copy()
    colours[box] = (foreground + 0.5).astype(np.uint8)
    return colours


def _local_mean(colours: Float32, weight: Float32, side: int) -> Float32:
    total = np.asarray(cv2.blur(np.dstack([colours * weight, weight]), (side, side)), np.float32)
    mean: Float32 = total[..., :3] / (total[..., 3:] + 1e-5)
    return mean
