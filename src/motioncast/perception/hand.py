"""Following one hand through the frames, from the wrist of the body."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from motioncast.arrays import Float32, Image
from motioncast.perception.glance import Glance
from motioncast.perception.hand_network import HandLandmarks, HandRecrop
from motioncast.perception.networks import Points
from motioncast.perception.pose_network import Pose
from motioncast.perception.roi import Roi, circle, enclosing, upright, wrapped
from motioncast.perception.settling import settled
from motioncast.perception.skeleton import Body

Side: TypeAlias = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")

_PRESENT = 0.5  #: least score of the hand network
_WRIST_VISIBLE = 0.3  #: least visibility of the body's wrist
_ROUGH_SCALE, _HAND_SCALE, _SHIFT = 2.7, 2.0, -0.1
_STEADY_MOVE, _STEADY_TURN, _STEADY_SCALE = 0.2, np.deg2rad(40), 0.4  #: as in mediapipe's hand tracking
_TAKEN_ALONG = 2.0  #: a hand within this many times those limits is looked for where the body took it
_LARGE_PX = 110.0  #: side of the region of a large hand
_SETTLED = 0.03  #: sides and radians within which a region is where the hand has it
_PATIENCE = 2  #: failed looks after which a hand is looked for less often
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


def _next_region(found: Points) -> Roi:
    return region_of_hand(found.points_px)


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


@dataclass(frozen=True)
class NotLookedAt:
    """A frame in which the hand is on its way from where the frame before has it to where the next one has it."""


Look: TypeAlias = Points | NotLookedAt | None


def bridged(looks: Sequence[Look], cuts: Collection[int]) -> list[Points | None]:
    """Hands in the frames between looks: halfway, if both neighbours have one; at the end of a shot as before it."""
    return [_between(looks, k, cuts) if isinstance(look, NotLookedAt) else look for k, look in enumerate(looks)]


def _between(looks: Sequence[Look], k: int, cuts: Collection[int]) -> Points | None:
    before = looks[k - 1] if k else None
    last = k + 1 == len(looks) or k + 1 in cuts
    after = before if last else looks[k + 1]
    if not isinstance(before, Points) or not isinstance(after, Points):
        return None
    return Points(min(before.score, after.score), np.float32(0.5) * (before.points_px + after.points_px))


class HandFollower:
    """Follows one hand. Give it every frame in order, with the body found in it.

    A hand that moves slowly is looked at in every second frame, the left one in even, the right one in odd frames.
    """

    def __init__(self, side: Side, models: Path) -> None:
        self._side: Side = side
        self._wrist = _JOINTS[side][0]
        self._recrop = HandRecrop(models)
        self._full, self._lite = HandLandmarks(models), HandLandmarks(models, lite=True)
        self._last: Float32 | None = None  # landmarks of the previous frame
        self._rough: Roi | None = None  # the body's idea of the hand in the previous frame
        self._glance: Glance | None = None  # at the hand, when it was last seen
        self._frame = 0 if side == "left" else 1
        self._seen = False  # in this clip
        self._by_lite = True  # a large hand is read by the lite network
        self._failed = 0  # looks in a row that saw no hand

    def __call__(self, image: Image, pose: Pose | None) -> Look:
        """The hand in `image`, or None."""
        self._frame += 1
        rough = rough_region(image, pose, self._side) if pose is not None else None
        if self._on_its_way(rough):
            return NotLookedAt()
        found = None
        if rough is not None and pose is not None and self._worth_a_look():
            found = self._find(image, rough, pose)
            self._failed = 0 if found is not None else self._failed + 1
        self._rough = rough
        self._last = found.points_px if found is not None else None
        return found

    def _find(self, image: Image, rough: Roi, pose: Pose) -> Points | None:
        """Where the hand was, or where the rough region has it.

        A large hand is read by the lite network. What one network cannot read is given to the other: at once while the
        hand was never seen, else in the next attempt; the one that can read it goes on.
        """
        known = self._known_region(rough)
        if known is not None and self._glance is not None and self._glance.still(image):
            known = self._glance.region
        region = known or exact_region(self._recrop, image, rough)
        found = self._read(image, region, rough, pose)
        if found is None:
            self._by_lite = not self._by_lite
            if not self._seen and region.side >= _LARGE_PX:
                found = self._read(image, region, rough, pose)
        if found is not None and not self._seen:
            again, fitting = settled(lambda there: self._read(image, there, rough, pose), _next_region, found, _SETTLED)
            found, region, self._seen = again, fitting or _next_region(again), True
        self._glance = Glance.of(region, image) if found is not None else None
        return found

    def _known_region(self, rough: Roi) -> Roi | None:
        """Where the hand was, taken along by the body if it moved; None if it moved too far."""
        if self._last is None or self._rough is None:
            return None
        region = region_of_hand(self._last)
        if _steady(self._rough, rough):
            return region
        return _taken_along(region, self._rough, rough) if _steady(self._rough, rough, _TAKEN_ALONG) else None

    def _on_its_way(self, rough: Roi | None) -> bool:
        """Was the hand seen in the frame before, and has it hardly moved since?"""
        if self._frame % 2 == 0 or self._last is None or self._rough is None or rough is None:
            return False
        return _steady(self._rough, rough)

    def _worth_a_look(self) -> bool:
        """Always while the hand is seen; where none was seen for long, ever less often."""
        return self._failed < _PATIENCE or self._frame % (3 if self._failed < 3 * _PATIENCE else 6) == 0

    def _read(self, image: Image, region: Roi, rough: Roi, pose: Pose) -> Points | None:
        if not 8.0 <= region.side <= 2 * rough.side:
            return None
        lite = self._by_lite and region.side >= _LARGE_PX
        hand = (self._lite if lite else self._full)(image, region)
        apart = np.linalg.norm(hand.points_px[0, :2] - pose.body_px[self._wrist, :2])
        return hand if hand.score >= _PRESENT and apart <= _WRIST_APART * rough.side else None


def _steady(before: Roi, now: Roi, slack: float = 1.0) -> bool:
    """Did the hand hold still enough for the old region to show it?"""
    move = np.hypot(now.x - before.x, now.y - before.y)
    turn, growth = abs(wrapped(now.angle - before.angle)), abs(now.side / before.side - 1)
    near = move <= slack * _STEADY_MOVE * now.side * 0.5
    return bool(near and turn <= slack * _STEADY_TURN and growth <= slack * _STEADY_SCALE)


def _taken_along(region: Roi, before: Roi, now: Roi) -> Roi:
    """`region`, moved, turned and grown as the rough region did."""
    turned = wrapped(region.angle + now.angle - before.angle)
    grown = region.side * now.side / before.side
    return Roi(region.x + now.x - before.x, region.y + now.y - before.y, grown, turned)
