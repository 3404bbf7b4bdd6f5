"""What hangs on the subject though its mask misses it: hairpins, strands, lace, a glow.

It looks unlike the scene around, touches the subject, and ends near it; what goes on farther out is the scene's own.
"""

from collections.abc import Callable

import cv2
import numpy as np

from motioncast.arrays import Bools, Float32, Image

_WORK_SIDE = 448  #: long side of the picture that is looked at
_UNLIKE = 18.0  #: least Lab distance from the scene around, 8-bit levels
_SPREADS = 2.5  #: the same, over the scene's own spread of colours
_REACH, _THIN_REACH = 0.08, 0.07  #: how far it hangs out, over the picture's longer side
_GOING_ON = 0.02  #: share of a piece that may lie where the reach ends, as a spark in a glow does
_EDGE_PX = 1.5  #: the soft edge of the subject
_THIN_PX = 7  #: thin things are no wider, at working size
_LINE = 30.0  #: least contrast of a thin thing with what is on both sides of it, grey levels


def thin_things(image: Image, subject: Bools) -> Bools:
    """Thin things that hang on the (H, W) bool `subject` of an (H, W, 3) RGB picture, (H, W) bool."""
    return _attached(image, subject, _THIN_REACH, _lines)


def surroundings(image: Image, subject: Bools) -> Bools:
    """Whatever else belongs to the (H, W) bool `subject`, lace, glow or hair, (H, W) bool; its border is vague."""
    return _attached(image, subject, _REACH, _unlike)


def _attached(image: Image, subject: Bools, reach: float, odd: Callable[[Float32, Float32, float], Bools]) -> Bools:
    height, width = subject.shape
    scale = min(1.0, _WORK_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    solid = np.asarray(cv2.resize(subject.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA)) > 127
    away = np.asarray(cv2.distanceTransform((~solid).astype(np.uint8), cv2.DIST_L2, 3), np.float32)
    reach_px = max(4.0, reach * max(size))
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32)
    found = odd(lab, away, reach_px) & ~solid & (away <= reach_px)
    grown = cv2.resize(_ending(found, away, reach_px).astype(np.float32), (width, height))
    result: Bools = (grown > 0.5) & ~subject
    return result


def _ending(found: Bools, away: Float32, reach_px: float) -> Bools:
    """The pieces that start at the subject and end before the reach does."""
    count, labels = cv2.connectedComponents(found.astype(np.uint8))
    piece = np.asarray(labels, np.int32)
    starts, ends = np.full(count, np.inf), np.zeros(count)
    np.minimum.at(starts, piece, away)
    np.maximum.at(ends, piece, away)
    going_on = np.bincount(piece[away > reach_px - 2], minlength=count) / np.bincount(piece.ravel(), minlength=count)
    wanted = (starts < _THIN_PX) & (ends > 2) & (going_on < _GOING_ON)
    wanted[0] = False
    kept: Bools = wanted[piece]
    return kept


def _scene(lab: Float32, away: Float32, reach_px: float) -> tuple[Float32, Float32, Float32]:
    """Mean colour (H, W, 3) of the scene around each place, its spread (H, W), and how much scene there is (H, W)."""
    packed = np.dstack([lab, (lab**2).sum(axis=2), np.ones_like(away)]) * (away > reach_px)[..., None]
    total = np.dstack([cv2.GaussianBlur(packed[..., c], (0, 0), reach_px) for c in range(5)])
    mean = total / (total[..., 4:] + 1e-6)
    spread = np.sqrt(np.maximum(mean[..., 3] - (mean[..., :3] ** 2).sum(axis=2), 0))
    return mean[..., :3].astype(np.float32), spread.astype(np.float32), total[..., 4].astype(np.float32)


def _unlike(lab: Float32, away: Float32, reach_px: float) -> Bools:
    """Too far from the mean colour of the scene around, measured by its spread."""
    mean, spread, amount = _scene(lab, away, reach_px)
    distance = np.linalg.norm(lab - mean, axis=2)
    unlike: Bools = (distance > np.maximum(_UNLIKE, _SPREADS * spread)) & (amount > 1e-3)
    return unlike


def _lines(lab: Float32, away: Float32, reach_px: float) -> Bools:
    """Thin and dark or bright, far more so than anything in the scene."""
    grey, subject = lab[..., 0], away < _EDGE_PX
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_THIN_PX, _THIN_PX))
    # the subject as dark or as bright as the line itself, or every gap in it would be a line
    dark = cv2.morphologyEx(np.where(subject, 0, grey), cv2.MORPH_BLACKHAT, kernel)
    bright = cv2.morphologyEx(np.where(subject, 255, grey), cv2.MORPH_TOPHAT, kernel)
    contrast = np.maximum(dark, bright)
    scene = (away > reach_px) & (away < 4 * reach_px)
    usual = float(np.percentile(contrast[scene], 98)) if scene.any() else 0.0
    lines: Bools = contrast > max(_LINE, 2 * usual)
    return lines
