"""Where the performer is in the output picture: the network's masks, widened by what the landmarks know."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np

from motioncast.arrays import Float32, Float64, Image
from motioncast.media.geometry import fit, fit_affine
from motioncast.perception.landmarks import PerformanceTrack

WORK_SIDE = 416  #: px of the long side of the grid that regions live on
_MASKS_KEPT = 16  #: every mask is wanted for the frames beside it as well
SEEN = 0.35  #: visibility above which a body landmark is drawn
_LIMBS = ((11, 13, 0.15), (13, 15, 0.13), (12, 14, 0.15), (14, 16, 0.13), (11, 12, 0.16), (23, 24, 0.2))
_LEGS = ((23, 25, 0.2), (25, 27, 0.15), (24, 26, 0.2), (26, 28, 0.15))
_EXTREMITIES = ((15, 19, 0.17), (15, 21, 0.13), (16, 20, 0.17), (16, 22, 0.13))
_FEET = ((27, 29, 0.14), (29, 31, 0.14), (27, 31, 0.14), (28, 30, 0.14), (30, 32, 0.14), (28, 32, 0.14))
_FINGERS = ((0, 1, 2, 3, 4), (0, 5, 6, 7, 8), (0, 9, 10, 11, 12), (0, 13, 14, 15, 16), (0, 17, 18, 19, 20))


@dataclass(frozen=True)
class Waist:
    """A line across the performer, below which they stay in the picture: the character has no legs of its own."""

    point_px: Float64  #: (2,) output px
    down_px: Float64  #: (2,) output px, how far below it they are there entirely


class PerformerRegion:
    """The performer's region in output frames of one size. Every call is a pure function of the frame index."""

    def __init__(self, track: PerformanceTrack, size: tuple[int, int]) -> None:
        """size: (W, H) of the output frames that `motioncast.media.geometry.fit` makes of the source."""
        self._track, self._size = track, size
        k = min(1.0, WORK_SIDE / max(size))
        self.work_size = (max(16, round(size[0] * k)), max(16, round(size[1] * k)))
        self._to_work = fit_affine((track.width, track.height), self.work_size)
        self._mask_scale = min(1.0, WORK_SIDE / max(track.width, track.height))
        self._starts = np.array([0, *track.cuts])
        self._has_mask = np.array([len(p) > 0 for p in track.masks.packed])
        self._mask_of = lru_cache(maxsize=_MASKS_KEPT)(self._unpack)

    def soft(self, index: int) -> Image:
        """(h, w) uint8 on the work grid: 255 = performer, already widened; covers motion to the frames beside it."""
        first, last = self._shot(index)
        region = np.zeros(self.work_size[::-1], np.uint8)
        for t in range(max(first, index - 1), min(last, index + 1) + 1):
            region = np.maximum(region, self._mask(t, first, last))
        if region.any():
            self._draw_landmarks(region, index)
        widened = cv2.dilate(cv2.blur(region, (5, 5)), np.ones((5, 5), np.uint8), iterations=2)
        return widened.astype(np.uint8, copy=False)

    def soft_around(self, index: int, reach: int) -> Image:
        """The union of `soft` at `index` - reach, `index` and `index` + reach of the same shot."""
        first, last = self._shot(index)
        near = {max(first, index - reach), index, min(last, index + reach)}
        return np.asarray(np.maximum.reduce([self.soft(t) for t in sorted(near)]), np.uint8)

    def plain(self, index: int) -> Image:
        """(h, w) uint8 on the work grid: the network's own soft mask of this frame alone."""
        first, last = self._shot(index)
        return self._mask(index, first, last)

    def below(self, index: int, waist: Waist) -> Image:
        """(h, w) uint8 on the work grid: 255 where what is below `waist`, but for the arms, is to stay."""
        k = self.work_size[0] / self._size[0]
        down = waist.down_px * k
        yy, xx = np.mgrid[0 : self.work_size[1], 0 : self.work_size[0]].astype(np.float32)
        x, y = waist.point_px * k
        depth = ((xx - x) * down[0] + (yy - y) * down[1]) / max(float(down @ down), 1e-6)
        stays = (np.clip(depth, 0.0, 1.0) * 255).astype(np.uint8)
        body, seen = self._on_grid(self._track.body_px[index]), self._track.body_visibility[index] > SEEN
        unit = self._unit(body)
        arms, trunk = np.zeros_like(stays), np.zeros_like(stays)
        for a, b, width in (*_LIMBS[:4], *_EXTREMITIES):
            if seen[a] and seen[b]:
                _capsule(arms, body[a], body[b], 1.4 * width * unit)
        for a, b, width in (*_LEGS, *_FEET, (11, 23, 0.2), (12, 24, 0.2), (11, 24, 0.2), (12, 23, 0.2)):
            _capsule(trunk, body[a], body[b], width * unit)
        stays[(arms > 0) & (trunk == 0)] = 0
        return np.asarray(cv2.blur(stays, (3, 3)), np.uint8)

    def _shot(self, index: int) -> tuple[int, int]:
        number = int(np.searchsorted(self._starts, index, side="right"))
        last = self._starts[number] - 1 if number < len(self._starts) else len(self._track) - 1
        return int(self._starts[number - 1]), int(last)

    def _mask(self, index: int, first: int, last: int) -> Image:
        """A frame where tracking failed borrows the masks before and after, if they are at most a second away."""
        if self._has_mask[index]:
            return self._mask_of(index)
        reach = max(1, round(self._track.rate))
        found = np.flatnonzero(self._has_mask[first : last + 1]) + first
        before, after = found[found < index], found[found > index]
        lent = [*before[-1:], *after[:1]]
        borrowed = [self._mask_of(int(t)) for t in lent if abs(int(t) - index) <= reach]
        empty = np.zeros(self.work_size[::-1], np.uint8)
        return np.asarray(np.maximum.reduce([empty, *borrowed]), np.uint8)

    def _unpack(self, index: int) -> Image:
        k = self._mask_scale
        size = (max(1, round(self._track.width * k)), max(1, round(self._track.height * k)))
        return fit(self._track.masks.frame(index, size, k), self.work_size)

    def _draw_landmarks(self, region: Image, index: int) -> None:
        body = self._on_grid(self._track.body_px[index])
        seen = self._track.body_visibility[index] > SEEN
        unit = self._unit(body)
        for a, b, width in (*_LIMBS, *_LEGS, *_EXTREMITIES, *_FEET):
            if seen[a] and seen[b]:
                _capsule(region, body[a], body[b], width * unit)
        self._draw_head(region, index, unit)
        for points, valid in (
            (self._track.left_hand_px, self._track.left_hand_valid),
            (self._track.right_hand_px, self._track.right_hand_valid),
        ):
            if valid[index]:
                _hand(region, self._on_grid(points[index]), unit)

    def _draw_head(self, region: Image, index: int, unit: float) -> None:
        if self._track.face_valid[index]:
            face = self._on_grid(self._track.face_px[index])
            hull = cv2.convexHull(face.astype(np.float32)).reshape(-1, 2)
            centre = hull.mean(axis=0)
            cv2.fillConvexPoly(region, np.rint(centre + (hull - centre) * 1.12).astype(np.int32), 255)

    def _on_grid(self, points_px: Float32) -> Float32:
        m = self._to_work
        return np.asarray(points_px[:, :2] @ m[:, :2].T + m[:, 2], np.float32)

    @staticmethod
    def _unit(body: Float32) -> float:
        """Shoulder width that foreshortening cannot shrink to nothing, grid px."""
        shoulders = float(np.linalg.norm(body[11] - body[12]))
        spine = float(np.linalg.norm((body[11] + body[12] - body[23] - body[24]) / 2))
        return max(shoulders, 0.6 * spine, 8.0)


def _capsule(region: Image, a: Float32, b: Float32, width: float) -> None:
    start, end = np.rint(a).astype(int).tolist(), np.rint(b).astype(int).tolist()
    cv2.line(region, start, end, 255, max(2, round(2 * width)))


def _hand(region: Image, hand: Float32, unit: float) -> None:
    palm = np.linalg.norm(hand[9] - hand[0])
    width = float(np.clip(0.16 * palm, 2.0, 0.12 * unit))
    cv2.fillConvexPoly(region, np.rint(hand[[0, 1, 5, 9, 13, 17]]).astype(np.int32), 255)
    for finger in _FINGERS:
        for a, b in pairwise(finger):
            _capsule(region, hand[a], hand[b], width)
        _capsule(region, hand[finger[-1]], hand[finger[-1]] + 0.3 * (hand[finger[-1]] - hand[finger[-2]]), width)
