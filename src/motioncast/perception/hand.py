"""Following one hand through the frames, from the wrist of the body."""

from typing import Literal, TypeAlias

import numpy as np

from motioncast.arrays import Float32, Image
from motioncast.perception.networks import HandLandmarks, HandRecrop, Points, Pose
from motioncast.perception.roi import Roi, circle, enclosing, upright, wrapped
from motioncast.perception.skeleton import Body

Side: TypeAlias = Literal["left", "right"]

_PRESENT = 0.5  #: least score of the hand network
_WRIST_VISIBLE = 0.1  #: least visibility of the body's wrist
_ROUGH_SCALE, _HAND_SCALE, _SHIFT = 2.7, 2.0, -0.1
_STEADY_MOVE, _STEADY_TURN, _STEADY_SCALE = 0.2, np.deg2rad(40), 0.4  #: as in mediapipe's hand tracking
_PATIENCE = 6  #: failed looks after which a hand is looked for less often
_WRIST_APART = 0.75  #: of the rough region: largest distance of the hand's wrist from the body's
_STILL_PART = np.array([0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18])  #: the hand without its two last joints a finger

_JOINTS: dict[Side, tuple[Body, Body, Body]] = {
    "left": (Body.LEFT_WRIST, Body.LEFT_PINKY, Body.LEFT_INDEX),
    "right": (Body.RIGHT_WRIST, Body.RIGHT_PINKY, Body.RIGHT_INDEX),
}


def region_of_hand(hand: Float32) -> Roi:
    """Region of a hand (21, 3) in the next frame, knuckles up."""
    knuckles = (hand[5] + hand[13] + 2 * hand[9]) / 4
    return enclosing(hand[_STILL_PART], upright(knuckles - hand[0])).shifted(_SHIFT).scaled(_HAND_SCALE)


def rough_region(image: Image, pose: Pose, side: Side) -> Roi | None:
    """Around the hand as the body's landmarks have it, fingers up; None when it cannot be in the picture."""
    joints = _JOINTS[side]
    if pose.visibility[joints[0]] < _WRIST_VISIBLE:
        return None
    wrist, pinky, index = pose.body_px[list(joints), :2].astype(np.float64)
    middle = (2 * index + pinky) / 3
    size = np.array([image.shape[1], image.shape[0]])
    if not any(((point >= 0) & (point < size)).all() for point in (middle, wrist)):
        return None
    side_px = max(2 * float(np.hypot(*(middle - wrist))), 4.0)
    region = Roi(float(middle[0]), float(middle[1]), side_px, upright(middle - wrist))
    return region.shifted(_SHIFT).scaled(_ROUGH_SCALE)


def exact_region(recrop: HandRecrop, image: Image, rough: Roi) -> Roi:
    """The hand's region within its rough one."""
    centre, wrist_rim = recrop(image, rough)
    return circle(centre, 2 * centre - wrist_rim).shifted(_SHIFT)


class HandFollower:
    """Follows one hand. Give it every frame in order, with the body found in it."""

    def __init__(self, side: Side, recrop: HandRecrop, network: HandLandmarks) -> None:
        self._side: Side = side
        self._wrist = _JOINTS[side][0]
        self._recrop, self._network = recrop, network
        self._last: Float32 | None = None  # landmarks of the previous frame
        self._rough: Roi | None = None  # the body's idea of the hand in the previous frame
        self._frame = 0
        self._failed = 0  # looks in a row that saw no hand

    def __call__(self, image: Image, pose: Pose | None) -> Points | None:
        """The hand in `image`, or None."""
        rough = rough_region(image, pose, self._side) if pose is not None else None
        steady = rough is not None and self._rough is not None and _steady(self._rough, rough)
        self._rough = rough
        found = None
        if rough is not None and pose is not None and self._worth_a_look():
            region = (
                region_of_hand(self._last)
                if self._last is not None and steady
                else exact_region(self._recrop, image, rough)
            )
            found = self._read(image, region, rough, pose)
            self._failed = 0 if found is not None else self._failed + 1
        self._last = found.points_px if found is not None else None
        return found

    def _worth_a_look(self) -> bool:
        """Always while the hand is seen; where none was seen for long, in every third frame."""
        self._frame += 1
        return self._failed < _PATIENCE or self._frame % 3 == 0

    def _read(self, image: Image, region: Roi, rough: Roi, pose: Pose) -> Points | None:
        if not 8.0 <= region.side <= 2 * rough.side:
            return None
        hand = self._network(image, region)
        apart = np.linalg.norm(hand.points_px[0, :2] - pose.body_px[self._wrist, :2])
        return hand if hand.score >= _PRESENT and apart <= _WRIST_APART * rough.side else None


def _steady(before: Roi, now: Roi) -> bool:
    """Did the hand hold still enough for the old region to show it?"""
    move = np.hypot(now.x - before.x, now.y - before.y)
    turn, growth = abs(wrapped(now.angle - before.angle)), abs(now.side / before.side - 1)
    return bool(move <= _STEADY_MOVE * now.side * 0.5 and turn <= _STEADY_TURN and growth <= _STEADY_SCALE)
