"""Regions of interest: the rotated squares through which every network sees the picture."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from motioncast.arrays import Float32, Float64, Floats, Image


@dataclass(frozen=True, slots=True)
class Roi:
    """A rotated square. `x`, `y` (centre) and `side` in pixels of the picture, `angle` in radians, clockwise."""

    x: float
    y: float
    side: float
    angle: float = 0.0

    def to_px(self, size: int) -> Float64:
        """(2, 3) affine from network coordinates (0..size, 0 = left edge) to picture pixels."""
        scale, half = self.side / size, size / 2
        cosine, sine = scale * math.cos(self.angle), scale * math.sin(self.angle)
        return np.array(
            [
                [cosine, -sine, self.x - (cosine - sine) * half],
                [sine, cosine, self.y - (sine + cosine) * half],
            ]
        )

    def pixel_to_px(self, size: int) -> Float64:
        """(2, 3) affine from pixel numbers of the (size, size) crop to picture pixels."""
        affine = self.to_px(size)
        affine[:, 2] += 0.5 * (affine[:, 0] + affine[:, 1])
        return affine

    def crop(self, image: Image, size: int, border: int = cv2.BORDER_REPLICATE) -> Image:
        """What the region shows, (size, size, 3) uint8, bilinear."""
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        warped = cv2.warpAffine(image, self.pixel_to_px(size), (size, size), flags=flags, borderMode=border)
        return np.asarray(warped, np.uint8)

    def landmarks_px(self, points: Floats, size: int) -> Float32:
        """Network landmarks (K, 3) in crop pixels -> (K, 3) in picture pixels; z is scaled like x."""
        affine = self.to_px(size)
        placed = np.empty((len(points), 3), np.float32)
        placed[:, :2] = points[:, :2] @ affine[:, :2].T + affine[:, 2]
        placed[:, 2] = points[:, 2] * (self.side / size)
        return placed

    def shifted(self, down: float) -> "Roi":
        """Moved by `down` sides along its own vertical axis."""
        step = down * self.side
        return Roi(self.x - np.sin(self.angle) * step, self.y + np.cos(self.angle) * step, self.side, self.angle)

    def scaled(self, factor: float) -> "Roi":
        """Grown about its centre."""
        return Roi(self.x, self.y, self.side * factor, self.angle)

    def moved(self, dx: float, dy: float) -> "Roi":
        """Moved by pixels of the picture."""
        return Roi(self.x + dx, self.y + dy, self.side, self.angle)

    def near(self, other: "Roi", within: float) -> bool:
        """Is `other` no more than `within` sides off, larger or smaller, and turned by no more radians?"""
        apart = max(abs(other.x - self.x), abs(other.y - self.y)) / self.side
        grown, turned = abs(math.log(other.side / self.side)), abs(wrapped(other.angle - self.angle))
        return max(apart, grown, turned) <= within


def whole(image: Image) -> Roi:
    """The square around the whole picture."""
    height, width = image.shape[:2]
    return Roi((width - 1) / 2, (height - 1) / 2, max(width, height))


def around(points: Floats, angle: float = 0.0) -> Roi:
    """Square as long as the longer side of the upright box of `points` (K, >=2), then turned by `angle`."""
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    centre = (low + high) / 2
    return Roi(float(centre[0]), float(centre[1]), float((high - low).max()), angle)


def enclosing(points: Floats, angle: float) -> Roi:
    """Square as long as the longer side of the box of `points` (K, >=2) that is turned by `angle`."""
    cosine, sine = np.cos(angle), np.sin(angle)
    axes = np.array([[cosine, -sine], [sine, cosine]])
    inside = points[:, :2].astype(np.float64) @ axes
    low, high = inside.min(axis=0), inside.max(axis=0)
    centre = axes @ ((low + high) / 2)
    return Roi(float(centre[0]), float(centre[1]), float((high - low).max()), angle)


def circle(centre: Floats, rim: Floats) -> Roi:
    """Square around the circle about `centre` through `rim`, turned so that `rim` is straight up."""
    offset = np.asarray(rim[:2], np.float64) - centre[:2]
    side = 2.0 * float(np.hypot(*offset))
    return Roi(float(centre[0]), float(centre[1]), side, upright(offset))


def upright(direction: Floats) -> float:
    """Angle of a crop in which `direction` (x, y) points straight up."""
    return wrapped(np.pi / 2 - np.arctan2(-float(direction[1]), float(direction[0])))


def level(direction: Floats) -> float:
    """Angle of a crop in which `direction` (x, y) points straight to the right."""
    return wrapped(float(np.arctan2(float(direction[1]), float(direction[0]))))


def wrapped(angle: float) -> float:
    """The same angle within -pi..pi."""
    return float((angle + np.pi) % (2 * np.pi) - np.pi)
