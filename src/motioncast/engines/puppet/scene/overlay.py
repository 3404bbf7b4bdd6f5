"""Graphics that lie on the screen, not in the scene: they stay while the camera moves."""

import cv2
import numpy as np

from motioncast.arrays import Float32, Float64, Image
from motioncast.media.geometry import fit

WORK_WIDTH = 416  #: px
STEADY_LEVELS = 1.7  #: standard deviation over time of what stays
TEXTURED_LEVELS = 30  #: where there is nothing to see, nothing can be told
MOVED_LEVELS = 12.0  #: what belongs to the scene looks like this or closer once the camera's motion is undone


def screen_graphics(samples: dict[int, Image], motions: dict[int, Float64], size: tuple[int, int]) -> Image | None:
    """(h, w) uint8, 255 on graphics that stay on the screen while the camera moves; None when it does not move.

    samples: frame index -> (H, W, 3) of one shot; motions: frame index -> (3, 3) output px of its first frame ->
    output px of that frame; size: (W, H) of the output.
    """
    centre = np.array([size[0] / 2, size[1] / 2, 1.0])
    moved = np.array([(m @ centre)[:2] / (m @ centre)[2] for m in motions.values()])
    if np.ptp(moved, axis=0).max() < 0.004 * max(size):
        return None
    grid = (WORK_WIDTH, max(16, round(WORK_WIDTH * size[1] / size[0])))
    greys = {
        t: cv2.cvtColor(
            np.asarray(cv2.resize(fit(i, size), grid, interpolation=cv2.INTER_AREA), np.uint8), cv2.COLOR_RGB2GRAY
        )
        for t, i in samples.items()
    }
    stack = np.array(list(greys.values()), np.float32)
    first = np.asarray(stack[0], np.uint8)
    texture = cv2.dilate(first, np.ones((3, 3))) - cv2.erode(first, np.ones((3, 3)))
    fixed = (stack.std(axis=0) < STEADY_LEVELS) & (texture > TEXTURED_LEVELS)
    fixed &= _apart_from_scene(stack, list(motions.values()), size) > MOVED_LEVELS
    solid = cv2.morphologyEx((fixed * 255).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    solid = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((11, 11), np.uint8))
    return cv2.dilate(solid, np.ones((7, 7), np.uint8)).astype(np.uint8, copy=False)


def _apart_from_scene(stack: Float32, motions: list[Float64], size: tuple[int, int]) -> Float32:
    """(h, w) levels between the last frames and the first as the camera would see it there.

    The camera may stand still for most of a shot: what did not move then looks alike both ways, and only the frames
    that are farthest away tell. stack: (n, h, w) grey.
    """
    height, width = stack.shape[1:]
    k = np.diag([width / size[0], height / size[1], 1.0])
    differences = []
    for grey, motion in zip(stack, motions, strict=True):
        there = k @ motion @ np.linalg.inv(motions[0]) @ np.linalg.inv(k)
        carried = cv2.warpPerspective(stack[0], there, (width, height), borderMode=cv2.BORDER_REPLICATE)
        differences.append(cv2.blur(np.abs(grey - carried), (5, 5)))
    return np.asarray(np.percentile(np.array(differences), 80, axis=0), np.float32)
