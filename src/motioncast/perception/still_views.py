"""Where to look in a picture that holds one person somewhere."""

import numpy as np

from motioncast.arrays import Float32, Image
from motioncast.perception.pose_network import Pose
from motioncast.perception.roi import Roi, around, whole


def views(image: Image) -> list[Roi]:
    """The whole picture, padded, then parts of it."""
    full = whole(image)
    return [full, full.scaled(1.3), full.scaled(1.8), *tiles(image, 2), full.scaled(0.6)]


def guesses(image: Image) -> list[Roi]:
    """Where a body usually is in a portrait of one, for the network to confirm."""
    full = whole(image)
    height = image.shape[0]
    return [full, full.scaled(1.25), full.moved(0, 0.5 * height).scaled(1.8), full.moved(0, 0.25 * height).scaled(1.5)]


def tiles(image: Image, count: int) -> list[Roi]:
    """count² (or fewer) overlapping squares that cover the picture."""
    height, width = image.shape[:2]
    side = min(max(width, height) / count * 1.3, max(width, height))
    x = np.unique(np.linspace(min(side / 2, width / 2), max(width - side / 2, width / 2), count + 1))
    y = np.unique(np.linspace(min(side / 2, height / 2), max(height - side / 2, height / 2), count + 1))
    return [Roi(float(a) - 0.5, float(b) - 0.5, side) for b in y for a in x]


def mask_views(image: Image, pose: Pose | None, face: Float32 | None) -> list[Roi]:
    """Crops around the subject on which the selfie network is at its best."""
    views = []
    if face is not None:
        middle = around(face)
        views += [middle.scaled(3.2), middle.scaled(5.0)]
    if pose is not None:
        seen = pose.body_px[pose.visibility > 0.5]
        views.append(around(seen if len(seen) > 2 else pose.body_px).scaled(1.3))
    return views or [whole(image)]


def centre_prior(height: int, width: int) -> Image:
    """(H, W) uint8 mask of where the subject of a picture usually is: surely in the middle, maybe around."""
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    off = np.sqrt(x * x + y * y)
    return np.where(off < 0.85, 255 * np.clip(1.05 - 0.6 * off, 0, 1), 0).astype(np.uint8)
