"""How often to look at the body: in every frame that shows motion, in every second one while hardly anything moves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from motioncast.arrays import Float32, Image
from motioncast.perception.body import BodyFollower, region_of_body
from motioncast.perception.glance import Glance
from motioncast.perception.pose_network import Pose

_SAME_PICTURE, _SIMILAR_PICTURE = 1.0, 2.0  #: mean change of the person's region in grey levels
_SLOW = 0.004  #: a landmark that moves less in a frame, in sides of the region, is slow
_VISIBLE = 0.5


@dataclass(frozen=True)
class BodyLook:
    """The body in one frame."""

    pose: Pose | None
    own: bool = True  #: seen in this frame; otherwise the pose is that of the frame before


def bridged_poses(looks: Sequence[BodyLook], cuts: Collection[int]) -> list[Pose | None]:
    """Poses of all frames: between two looks, halfway; at the end of a shot as before it."""
    poses: list[Pose | None] = []
    for k, look in enumerate(looks):
        after = None if look.own or k + 1 == len(looks) or k + 1 in cuts else looks[k + 1].pose
        poses.append(_halfway(look.pose, after) if look.pose is not None and after is not None else look.pose)
    return poses


def _halfway(before: Pose, after: Pose) -> Pose:
    def mean(a: Float32, b: Float32) -> Float32:
        return np.float32(0.5) * (a + b)

    return replace(
        before,
        body_px=mean(before.body_px, after.body_px),
        visibility=mean(before.visibility, after.visibility),
        world_m=mean(before.world_m, after.world_m),
    )


class PacedBody:
    """Follows one person. Give it every frame in order.

    While the picture of the person stays the same, or the person is slow in one that stays similar, every second frame
    is left out: measured on three clips, half the way between its neighbours is then within 1 % of the torso.
    """

    def __init__(self, follower: BodyFollower) -> None:
        self._follower = follower
        self._glance: Glance | None = None  # at the person in the previous frame
        self._pose: Pose | None = None  # of the previous frame
        self._rested = False  # the previous frame was left out
        self._slow = False  # between the last two looks

    def seed(self, pose: Pose) -> None:
        """Start from a known pose of the neighbouring frame."""
        self._follower.seed(pose)

    def __call__(self, image: Image, cut: bool = False) -> BodyLook:
        """The person in `image`; `cut` says that a new shot begins with it."""
        if not cut and not self._rested and self._unchanged(image):
            self._rested = True
        else:
            pose = self._follower(image, cut)
            steps = 2 if self._rested else 1
            self._slow = pose is not None and self._pose is not None and _speed(self._pose, pose) <= _SLOW * steps
            self._rested, self._pose = False, pose
        self._glance = Glance.of(region_of_body(self._pose.circle), image) if self._pose is not None else None
        return BodyLook(self._pose, own=not self._rested)

    def _unchanged(self, image: Image) -> bool:
        if self._glance is None or not self._follower.sure:
            return False
        return self._glance.change(image) <= (_SIMILAR_PICTURE if self._slow else _SAME_PICTURE)


def _speed(before: Pose, now: Pose) -> float:
    """The largest move of a visible landmark, in sides of the region."""
    seen = np.minimum(before.visibility, now.visibility) > _VISIBLE
    moves = np.linalg.norm((now.body_px - before.body_px)[seen, :2], axis=1)
    return float(moves.max(initial=0.0)) / region_of_body(now.circle).side
