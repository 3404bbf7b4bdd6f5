"""Cutting out by the backdrop: what stands in front of one even colour, person or not."""

import cv2
import numpy as np

from motioncast.arrays import Bools, Float32, Image

_WORK_SIDE = 640  #: long side of the picture that is looked at
_ALIKE = 7.0  #: Lab distance, 8-bit levels, of what belongs to the backdrop
_EVEN = 0.8  #: share of the picture's rim that must show the backdrop
_SMALLEST, _LARGEST = 0.004, 0.9  #: share of the picture that the subject may fill
_CRUMB = 0.02  #: pieces smaller than this share of the largest are dropped


def keyed(image: Image) -> Bools | None:
    """(H, W) bool: the subject of an (H, W, 3) RGB picture with a plain backdrop; None where there is no such thing.

    What the subject encloses in the backdrop's colour is a gap, but in line art, which is mostly paper, it is skin.
    """
    height, width = image.shape[:2]
    scale = min(1.0, _WORK_SIDE / max(height, width))
    size = max(8, round(width * scale)), max(8, round(height * scale))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    away = _from_backdrop(np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32))
    if away is None:
        return None
    _, labels = cv2.connectedComponents((away <= _ALIKE).astype(np.uint8), connectivity=4)
    piece = np.asarray(labels, np.int32)
    outside = np.isin(piece, np.unique(piece[_rim(piece.shape)])) & (piece > 0)
    ink, enclosed = piece == 0, (piece > 0) & ~outside
    solid = _without_crumbs(~outside if enclosed.sum() > ink.sum() else ink)
    if not _SMALLEST < solid.mean() < _LARGEST:
        return None
    grown = cv2.resize(solid.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    result: Bools = grown > 0.5
    return result


def _rim(shape: tuple[int, ...]) -> Bools:
    rim = np.ones(shape, bool)
    margin = max(2, round(0.015 * max(shape)))
    rim[margin:-margin, margin:-margin] = False
    return rim


def _from_backdrop(lab: Float32) -> Float32 | None:
    """(h, w) distance from the colours that the rim leads to expect, by a robust plane; None if it is not even."""
    height, width = lab.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=-1)
    rim = _rim((height, width))
    rows, colours = terms[rim], lab[rim].astype(np.float64)
    weight = np.linalg.norm(colours - np.median(colours, axis=0), axis=1) < 4 * _ALIKE
    for _ in range(4):
        if weight.mean() < _EVEN / 2:
            return None
        factors = np.linalg.lstsq(rows[weight], colours[weight], rcond=None)[0]
        weight = np.linalg.norm(colours - rows @ factors, axis=1) < _ALIKE
    if weight.mean() < _EVEN:
        return None
    away: Float32 = np.linalg.norm(lab - terms @ factors, axis=2).astype(np.float32)
    return away


def _without_crumbs(solid: Bools) -> Bools:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid.astype(np.uint8))
    if count < 2:
        return solid
    area = stats[:, cv2.CC_STAT_AREA]
    wanted = area > _CRUMB * area[1:].max()
    wanted[0] = False
    kept: Bools = wanted[labels]
    return kept
