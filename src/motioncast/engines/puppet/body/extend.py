"""Layers of a character that the picture cuts off, continued beyond the picture's edge.

A waist-up character that moves up must not show where the picture ended. The torso is continued by reflected rows that
get darker and blurred; arms only where the elbow is at the edge, as a capsule of their measured width.
"""

import cv2
import numpy as np

from motioncast.arrays import Bools, Float32, Float64, Image, Int32
from motioncast.engines.puppet.body.geometry import segment_distance
from motioncast.engines.puppet.body.joints import ELBOW, SHOULDER, Joints, Side
from motioncast.engines.puppet.body.sheet import Sheet
from motioncast.engines.puppet.mirror_fill import mirror_fill
from motioncast.perception.landmarks import StillLandmarks

BELOW = 0.35  #: extension below the picture, over its height
ASIDE = 0.12  #: extension at the left and right, over the width
_DARKEST = 0.75
_GAP = 0.15  #: share of the width that a gap at the edge may be wide


def touches_bottom(alpha: Float32, joints: Joints) -> bool:
    """Whether the picture's bottom edge cuts the subject, over more than a tenth of the torso length."""
    return bool((alpha[-3:].max(axis=0) > 0.5).sum() > 0.1 * joints.torso_length)


def extend_torso(sheet: Sheet, landmarks: StillLandmarks, joints: Joints, below: bool) -> Sheet:
    """Continue a torso that touches the left or right edge of the picture, and its bottom edge if `below`."""
    sheet = _extend_aside(sheet)
    if not below:
        return sheet
    height, width = sheet.alpha.shape
    count = int(BELOW * height)
    rows = _reflected_rows(height, count, _chin(landmarks, joints))
    colours = np.concatenate([sheet.colours, sheet.colours[rows]])
    last = sheet.alpha[-3:].max(axis=0) > 0.5
    columns = np.flatnonzero(last)
    if len(columns) == 0:
        return sheet
    span = np.zeros(width, np.float32)
    span[columns[0] : columns[-1] + 1] = 1
    span[columns[0] : columns[-1] + 1] = np.maximum(span, sheet.alpha[-1])[columns[0] : columns[-1] + 1]
    edge = cv2.GaussianBlur(np.pad(span, 8, mode="edge")[None], (0, 0), 1.2)[0, 8:-8]
    alpha = np.concatenate([sheet.alpha, np.repeat(edge[None], count, axis=0)])
    valid = np.concatenate([sheet.alpha, sheet.alpha[rows]]) > 0.9
    added = np.zeros_like(valid)
    added[height:] = alpha[height:] > 0
    colours = mirror_fill(colours, added & ~valid, valid, 0.06 * width)
    return Sheet(_dim_below(colours, height), alpha.astype(np.float32), sheet.origin_px)


def extend_arm(sheet: Sheet, joints: Joints, side: Side, below: bool) -> Sheet:
    """Continue an arm below the picture if its elbow is at the edge, and at the left or right where that cuts it."""
    arm = joints.arms[side]
    height, width = sheet.alpha.shape
    if not below or arm[ELBOW, 1] <= height - joints.radius:
        return _extend_aside(sheet)
    count = int(BELOW * height)
    yy, xx = np.mgrid[0 : height + count, 0:width].astype(np.float32)
    bones = [segment_distance(xx, yy, arm[i], arm[i + 1]) for i in (SHOULDER, ELBOW)]
    own = sheet.alpha > 0.5
    capsule = np.zeros((height + count, width), bool)
    for (distance, t), (other, _) in zip(bones, bones[::-1], strict=True):
        capsule |= distance < _half_width(distance[:height], t[:height], other[:height], own, joints.radius)
    capsule &= yy >= height
    soft = cv2.GaussianBlur((capsule | np.pad(own, ((0, count), (0, 0)))).astype(np.float32), (0, 0), 1.2)
    alpha = np.pad(sheet.alpha, ((0, count), (0, 0)))
    alpha[height:] = soft[height:]
    valid = np.pad(sheet.alpha > 0.9, ((0, count), (0, 0)))
    padded = np.pad(sheet.colours, ((0, count), (0, 0), (0, 0)), mode="edge")
    added = np.zeros_like(valid)
    added[height - 2 :] = alpha[height - 2 :] > 0
    colours = mirror_fill(padded, added & ~valid, valid, 2.5 * joints.radius)
    return _extend_aside(Sheet(_dim_below(colours, height), alpha, sheet.origin_px))


def _chin(landmarks: StillLandmarks, joints: Joints) -> float:
    if landmarks.face_px is not None:
        return float(landmarks.face_px[152, 1])
    return float((joints.ear + joints.neck)[1] / 2)


def _reflected_rows(height: int, count: int, chin: float) -> Int32:
    """Row numbers for the rows below the picture: to and fro within the part that is clearly below the chin."""
    band = int(np.clip(0.7 * (height - 1 - chin), 6, max(6, count)))
    phase = np.arange(1, count + 1) % (2 * band)
    return (height - 1 - np.where(phase <= band, phase, 2 * band - phase)).clip(0).astype(np.int32)


def _dim_below(colours: Image, height: int) -> Image:
    """Rows below the picture get darker and blurred, so that nobody recognises them as a reflection."""
    count = len(colours) - height
    depth = np.linspace(0, 1, count, dtype=np.float32)[:, None, None]
    added = colours[height - 1 :].astype(np.float32)
    blurred = np.asarray(cv2.GaussianBlur(added, (0, 0), max(1.0, 0.12 * count), borderType=cv2.BORDER_REPLICATE))
    share = np.minimum(1, 1.6 * depth)
    mixed = (added[1:] * (1 - share) + blurred[1:] * share) * (1 - (1 - _DARKEST) * depth)
    return np.concatenate([colours[:height], np.clip(mixed + 0.5, 0, 255).astype(np.uint8)])


def _extend_aside(sheet: Sheet) -> Sheet:
    height, width = sheet.alpha.shape
    count = int(ASIDE * width)
    left, right = (count if (sheet.alpha[:, column] > 0.5).sum() > 0.01 * height else 0 for column in (0, -1))
    if not (left or right):
        return sheet
    alpha = np.pad(_closed_edges(sheet.alpha), ((0, 0), (left, right)), mode="edge")
    colours = np.pad(sheet.colours, ((0, 0), (left, right), (0, 0)), mode="reflect")
    valid = np.pad(sheet.alpha, ((0, 0), (left, right)), mode="reflect") > 0.9
    added = alpha > 0
    added[:, left : left + width] &= sheet.alpha < 0.5
    colours = mirror_fill(colours, added & ~valid, valid, 0.06 * width)
    x, y = sheet.origin_px
    return Sheet(colours, alpha, (x - left, y))


def _closed_edges(alpha: Float32) -> Float32:
    """The same without gaps at its left and right edge: between two pieces that the edge cuts, the body goes on."""
    closed = alpha.copy()
    reach = int(_GAP * alpha.shape[1])
    for view in (closed, closed[:, ::-1]):
        solid = view > 0.5
        rows = np.flatnonzero(solid[:, 0])
        if len(rows) == 0:
            continue
        first = np.where(solid.any(axis=1), np.argmax(solid, axis=1), reach + 1)
        for row in range(rows[0], rows[-1] + 1):
            if first[row] <= reach:
                view[row, : first[row]] = 1.0
    return closed


def _half_width(distance: Float64, t: Float64, other: Float64, own: Bools, radius: float) -> float:
    inner = distance[own & (t > 0.2) & (t < 0.9) & (distance < other)]
    return min(float(np.percentile(inner, 80)), 1.7 * radius) if inner.size > 30 else 1.1 * radius
