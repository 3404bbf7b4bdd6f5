"""Is a person found now the one who was followed? By place and size within moments, by the clothes after longer."""

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from motioncast.arrays import Float64, Floats, Image
from motioncast.perception.pose_network import Pose

_MEMORY = 5  #: frames within which a jump means another person
_JUMP_TORSOS, _JUMP_SCALE = 1.0, 1.5  #: the largest believable move and change of size within that time
_SLACK_A_FRAME = 0.2  #: how much the allowance grows with each further frame out of sight
_FORGET_S = 1.0  #: after this long out of sight the person may be anywhere, if the clothes are the same
_LOOKALIKE = 0.4  #: largest distance (Hellinger) between the clothes' colours of one person
_LEARN_EVERY, _LEARNING = 8, 0.33  #: good frames between two lessons, and the weight of one


@dataclass(frozen=True)
class _Place:
    """Where and how large the person was."""

    root: Float64  #: (2,) middle of the shoulders
    torso: float  #: length of the torso
    radius: float  #: of the circle around the whole body


def _place(pose: Pose) -> _Place:
    points = pose.body_px[:, :2].astype(np.float64)
    shoulders, hips = points[[11, 12]], points[[23, 24]]
    root, radius = shoulders.mean(axis=0), pose.circle.side / 2
    torso, width = np.hypot(*(root - hips.mean(axis=0))), np.hypot(*(shoulders[0] - shoulders[1]))
    return _Place(root, max(float(torso), float(width), 0.3 * radius), radius)


class Identity:
    """What is remembered of the person who is followed."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._places: deque[_Place] = deque(maxlen=_MEMORY)
        self._clothes: Float64 | None = None
        self._lessons = 0

    def new_shot(self) -> None:
        """Places no longer mean anything."""
        self._places.clear()

    def learn(self, image: Image | None, pose: Pose, missing: int) -> None:
        """The person was seen after `missing` frames out of sight; with the `image`, the clothes are learnt too."""
        if missing:
            self._places.clear()
        self._places.append(_place(pose))
        if image is None:
            return
        if self._lessons % _LEARN_EVERY == 0:
            colours = clothes(image, pose)
            old = self._clothes
            self._clothes = colours if old is None else (1 - _LEARNING) * old + _LEARNING * colours
        self._lessons += 1

    def allows(self, image: Image, pose: Pose, missing: int) -> bool:
        """Can this be the person, after `missing` frames out of sight?"""
        if not self._places:
            return True
        if missing > _FORGET_S * self._rate and self._clothes is not None:
            return hellinger(clothes(image, pose), self._clothes) < _LOOKALIKE
        place = _place(pose)
        slack = 1.0 + _SLACK_A_FRAME * max(0, missing - _MEMORY)
        return all(
            np.linalg.norm(place.root - before.root) <= _JUMP_TORSOS * slack * max(place.torso, before.torso)
            and max(place.radius / before.radius, before.radius / place.radius) <= _JUMP_SCALE * np.sqrt(slack)
            for before in self._places
        )

    def distance(self, point: Floats) -> float | None:
        """From the last place to `point`, in body sizes; None when there is no last place."""
        if not self._places:
            return None
        last = self._places[-1]
        return float(np.linalg.norm(point - last.root)) / last.radius


def clothes(image: Image, pose: Pose) -> Float64:
    """(96,) histogram of the Lab colours between the shoulders and the hips, summing to 1."""
    left, right, hip = pose.body_px[[11, 12, 23], :2].astype(np.float32)
    corner = np.array([[3, 2], [13, 2], [3, 14]], np.float32)
    affine = cv2.getAffineTransform(corner, np.stack([left, right, hip]))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    patch = cv2.warpAffine(image, affine, (16, 16), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    lab = cv2.cvtColor(np.asarray(patch, np.uint8), cv2.COLOR_RGB2LAB).reshape(-1, 3)
    parts = [np.histogram(lab[:, c], bins=32, range=(0, 256))[0] for c in range(3)]
    smooth = np.concatenate([np.convolve(part, [0.25, 0.5, 0.25], mode="same") for part in parts])
    return np.asarray(smooth / smooth.sum(), np.float64)


def hellinger(a: Floats, b: Floats) -> float:
    """Distance of two histograms that each sum to 1: 0 same .. 1 nothing in common."""
    return float(np.sqrt(max(0.0, 1.0 - np.sqrt(a * b).sum())))
