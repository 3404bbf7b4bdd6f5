"""A character made of plain shapes, with the landmarks that a tracker would find on it."""

import cv2
import numpy as np

from motioncast.arrays import Bools, Image
from motioncast.perception.landmarks import StillLandmarks

WIDTH, HEIGHT = 240, 360
SKIN, SHIRT, TROUSERS, SLEEVE = (224, 172, 140), (40, 80, 200), (60, 50, 40), (200, 60, 50)

POSE = {
    0: (120, 52),
    7: (134, 50),
    8: (106, 50),
    11: (148, 96),
    12: (92, 96),
    13: (176, 136),
    14: (64, 136),
    15: (200, 176),
    16: (40, 176),
    17: (208, 192),
    18: (32, 192),
    19: (206, 194),
    20: (34, 194),
    23: (136, 190),
    24: (104, 190),
    25: (142, 258),
    26: (98, 258),
    27: (146, 322),
    28: (94, 322),
    29: (143, 330),
    30: (97, 330),
    31: (154, 336),
    32: (86, 336),
}


def landmarks(mask: Image, shift: tuple[float, float] = (0, 0)) -> StillLandmarks:
    """The doll's own pose; `mask` is the (H, W) person mask."""
    body = np.zeros((33, 3), np.float32)
    body[:, :2] = (120, 50)
    for index, point in POSE.items():
        body[index, :2] = point
    body[:, :2] += np.float32(shift)
    height, width = mask.shape
    seen = np.ones(33, np.float32)
    return StillLandmarks(width, height, body, seen, np.zeros((33, 3), np.float32), None, 1.0, None, None, mask)


def backdrop(rough: bool = False, seed: int = 3) -> Image:
    """A plain studio wall, or a rough one."""
    yy, xx = np.mgrid[0:HEIGHT, 0:WIDTH]
    wall = np.stack([190 + 0.06 * yy, 195 - 0.05 * xx, 200 - 0.04 * yy], axis=2)
    noise = np.random.default_rng(seed).normal(0, 1, (HEIGHT, WIDTH, 1))
    wall += 40 * cv2.GaussianBlur(noise, (0, 0), 2)[..., None] * 3 if rough else 0.5 * noise
    return np.clip(wall, 0, 255).astype(np.uint8)


def doll(wall: Image | None = None) -> tuple[Image, Bools]:
    """The doll in front of a wall: (H, W, 3) RGB and the true (H, W) silhouette."""
    picture = backdrop() if wall is None else wall.copy()
    before = picture.copy()
    at = POSE
    for hip, knee, ankle, toe in ((23, 25, 27, 31), (24, 26, 28, 32)):
        cv2.polylines(picture, [np.array([at[hip], at[knee], at[ankle], at[toe]], np.int32)], False, TROUSERS, 22)
    cv2.fillPoly(picture, [np.array([(88, 86), (152, 86), (148, 200), (92, 200)], np.int32)], SHIRT)
    cv2.line(picture, (120, 80), (120, 60), SKIN, 20)
    cv2.ellipse(picture, (120, 46), (24, 32), 0, 0, 360, SKIN, -1)
    for shoulder, elbow, wrist, hand in ((11, 13, 15, 17), (12, 14, 16, 18)):
        cv2.polylines(picture, [np.array([at[shoulder], at[elbow], at[wrist]], np.int32)], False, SLEEVE, 18)
        cv2.circle(picture, at[hand], 11, SKIN, -1)
    return picture, (picture != before).any(axis=2)


def soft_mask(silhouette: Bools) -> Image:
    """What a mask network makes of a silhouette: blurred, and a little too small."""
    thin = cv2.erode(silhouette.astype(np.float32), np.ones((3, 3), np.uint8))
    return (cv2.GaussianBlur(thin, (0, 0), 3) * 255).astype(np.uint8)
