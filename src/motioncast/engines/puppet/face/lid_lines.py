"""Lids of eyes without an iris: a statue's, whose contour the tracker puts anywhere nearby.

The upper lid is the darkest arch near the tracked one, the lower lid the fainter line that ends in the same corners,
and between them it is light. Both are fitted together, by search over a grid of places, tilts, widths and heights.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from motioncast.arrays import Float32, Float64, Image
from motioncast.engines.puppet.face.measures import distance
from motioncast.engines.puppet.face.topology import EYES, Eye

_WIDTH = 80  #: px of an eye in the patch that is searched
_SIZE = (176, 128)
_EYE_SHARE = 0.3  #: width of an eye over the distance of the outer corners
_LINE = 13  #: px that a lid's line is thick at most
_ACROSS, _DOWN = np.linspace(-0.25, 0.25, 11), np.linspace(-0.2, 0.4, 16)  #: eye widths from the tracked eye
_TILT, _WIDE = np.radians(np.linspace(-15, 15, 7)), np.linspace(0.8, 1.2, 5)
_ABOVE, _BELOW = np.linspace(0.1, 0.35, 6), np.linspace(0.05, 0.25, 5)
_USUAL = 0.02  #: darkness that a fit must gain to lie one standard deviation from where and what eyes mostly are
_LOWER, _BETWEEN = 0.5, 0.3  #: how much the lower line counts, and the light between both
_CLEARER, _CLEAR = 0.08, 0.02  #: darkness by which the upper line must exceed the tracked one, and of the lower line
_ARCH = (4.0 * np.linspace(0, 1, 9) * (1.0 - np.linspace(0, 1, 9))) ** 0.8


@dataclass(frozen=True)
class _Dark:
    """How dark the lids of one eye would be at every place and with every arch."""

    above: Float64  #: (places, widths, uppers)
    below: Float64  #: (places, widths, lowers)
    score: Float64  #: (places, widths, uppers, lowers)


def follow_lid_lines(image: Image, landmarks_px: Float64) -> Float64:
    """Landmarks (478, 3) with the lids of both eyes on the lines that the RGB picture shows, or as they were."""
    points, moved = landmarks_px[:, :2], landmarks_px.copy()
    frame = _frame(points)
    places = np.stack(np.meshgrid(_ACROSS, _DOWN, _TILT, indexing="ij"), axis=-1).reshape(-1, 3)
    centres = [(points[eye.upper[0]] + points[eye.upper[-1]]) / 2 for eye in EYES]
    maps = [_darkness(image, centre, frame) for centre in centres]
    dark = [_lids(lines, places) for lines in maps]
    best = [np.unravel_index(int(np.argmax(eye.score)), eye.score.shape) for eye in dark]
    tracked = [
        _at(lines, (points[eye.upper] - centre) @ np.linalg.inv(frame)).mean()
        for lines, eye, centre in zip(maps, EYES, centres, strict=True)
    ]
    above = np.mean([eye.above[at[0], at[1], at[2]] for eye, at in zip(dark, best, strict=True)])
    below = np.mean([eye.below[at[0], at[1], at[3]] for eye, at in zip(dark, best, strict=True)])
    if above < np.mean(tracked) + _CLEARER or below < _CLEAR:
        return moved
    for eye, centre, (place, wide, upper, lower) in zip(EYES, centres, best, strict=True):
        outwards = slice(None) if eye is EYES[0] else slice(None, None, -1)
        lids = (
            _arches(places[place][None], _WIDE[wide], height)[0, 0, outwards]
            for height in (-_ABOVE[[upper]], _BELOW[[lower]])
        )
        _move(moved, eye, *(centre + lid @ frame for lid in lids))
    return moved


def _frame(points: Float64) -> Float64:
    """Unit vectors (2, 2) along and down the eyes, one eye width long."""
    across = points[263] - points[33]
    axis = across / max(float(np.linalg.norm(across)), 1e-6)
    return np.asarray(np.stack([axis, [-axis[1], axis[0]]]) * _EYE_SHARE * distance(points, 33, 263), np.float64)


def _darkness(image: Image, centre: Float64, frame: Float64) -> Float32:
    """How much darker than its surroundings every pixel of the patch is, 0..1: lines stand out, shade does not."""
    to_patch = np.linalg.inv(frame.T) * _WIDTH
    offset = np.array(_SIZE) / 2 - to_patch @ centre
    patch = cv2.warpAffine(
        image, np.column_stack([to_patch, offset]), _SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    luma = cv2.GaussianBlur(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.5)
    closed = cv2.morphologyEx(luma, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_LINE, _LINE)))
    return np.asarray((closed - luma) / (closed + 8.0), np.float32)


def _at(lines: Float32, points: Float64) -> Float32:
    """The darkness at points (..., 2) in eye widths."""
    column = np.clip(np.round(points[..., 0] * _WIDTH + _SIZE[0] / 2).astype(int), 0, _SIZE[0] - 1)
    row = np.clip(np.round(points[..., 1] * _WIDTH + _SIZE[1] / 2).astype(int), 0, _SIZE[1] - 1)
    return np.asarray(lines[row, column], np.float32)


def _lids(lines: Float32, places: Float64) -> _Dark:
    middles = (_BELOW - _ABOVE[:, None]) / 2
    above, below, between = (
        np.stack([_at(lines, _arches(places, wide, heights)).mean(axis=2) for wide in _WIDE], axis=1)
        for heights in (-_ABOVE, _BELOW, middles.ravel())
    )
    unusual = ((places / [0.2, 0.25, 0.2]) ** 2).sum(axis=1)[:, None, None, None]
    score = above[..., None] + _LOWER * below[:, :, None]
    score = score - _BETWEEN * between.reshape(*between.shape[:2], *middles.shape) - _USUAL * unusual
    return _Dark(above.astype(np.float64), below.astype(np.float64), np.asarray(score, np.float64))


def _arches(places: Float64, wide: float, heights: Float64) -> Float64:
    """Curves (P, H, 9, 2) of every height at every place (P, 3): x, y, tilt. In eye widths, from left to right."""
    along = np.linspace(-0.5, 0.5, 9) * wide
    x = places[:, 0, None] + along
    y = places[:, 1, None] + np.tan(places[:, 2, None]) * along
    arch = y[:, None] + heights[None, :, None] * _ARCH
    return np.stack([np.broadcast_to(x[:, None], arch.shape), arch], axis=-1)


def _move(landmarks_px: Float64, eye: Eye, upper: Float64, lower: Float64) -> None:
    """Put the lids where they are, and draw the rings around them along. In place."""
    above = upper - landmarks_px[eye.upper, :2]
    below = lower - landmarks_px[eye.lower, :2]
    for ring, shift in ((eye.upper_ring, above), (eye.second_ring, 0.5 * above), (eye.lower_ring, below)):
        landmarks_px[ring, :2] += 0.75 * shift[1:-1]
    landmarks_px[eye.upper, :2] = upper
    landmarks_px[eye.lower[1:-1], :2] = lower[1:-1]
