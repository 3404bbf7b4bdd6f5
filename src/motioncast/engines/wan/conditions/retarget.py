"""From the performer's motion to the character's: every bone keeps its direction and takes the character's length.

After the official retargeting of the animate mode (`retarget_pose`, Wan-Video/Wan2.2), with sturdier measures: see
`bones`. The character stands where its picture shows it in the frames in which the performer's pose is most like the
picture's; from there it moves as the performer does, in its own scale.
"""

from dataclasses import dataclass, replace

import numpy as np

from motioncast.arrays import Bools, Float32, Float64
from motioncast.engines.wan.conditions.bones import (
    KINDS,
    Kind,
    bone_lengths,
    bone_ratios,
    common_measure,
    limb_vectors,
    seen_points,
)
from motioncast.engines.wan.conditions.limbs import LIMBS, Point
from motioncast.engines.wan.conditions.wholebody import BODY, FACE, LEFT_HAND, RIGHT_HAND, WholeBody

_UNSEEN = 0.5  #: difference, in body sizes, that a limb counts which the picture shows and a frame does not
_ALIKE = 5  #: frames in which the character stands as in its picture
_EDGE = 0.1  #: share of the canvas along its edges that the head keeps clear of
_STRAYS = 2  #: percent of the frames that need not keep the head in the picture
_ABSURD_PX = 1e6
_FARTHEST = 8.0  #: how far from the canvas a point may lie, in canvas sizes

#: the drawn point that stands for each of COCO's 17 body points
_OF_COCO = [
    Point.NOSE, Point.LEFT_EYE, Point.RIGHT_EYE, Point.LEFT_EAR, Point.RIGHT_EAR, Point.LEFT_SHOULDER,
    Point.RIGHT_SHOULDER, Point.LEFT_ELBOW, Point.RIGHT_ELBOW, Point.LEFT_WRIST, Point.RIGHT_WRIST, Point.LEFT_HIP,
    Point.RIGHT_HIP, Point.LEFT_KNEE, Point.RIGHT_KNEE, Point.LEFT_ANKLE, Point.RIGHT_ANKLE,
]  # fmt: skip
_HIPS, _ANKLES, _TOES = (
    [Point.LEFT_HIP, Point.RIGHT_HIP],
    [Point.LEFT_ANKLE, Point.RIGHT_ANKLE],
    [Point.LEFT_TOE, Point.RIGHT_TOE],
)


@dataclass(frozen=True)
class _Figure:
    """Somebody's drawn points, in N frames."""

    points_px: Float64  #: (N, 20, 2)
    seen: Bools  #: (N, 20)
    vectors_px: Float64  #: (N, 19, 2) limbs, NaN where not seen
    lengths_px: Float64  #: (N, 10) kinds of bone, NaN where not seen

    @classmethod
    def of(cls, body: WholeBody) -> "_Figure":
        points_px, seen = seen_points(body)
        vectors_px = limb_vectors(points_px, seen)
        return cls(points_px, seen, vectors_px, bone_lengths(vectors_px))


def retarget(driver: WholeBody, reference: WholeBody) -> WholeBody:
    """The performer's motion (N frames) on the proportions of the character in a picture (one frame).

    The result lives on the picture's canvas and keeps the performer's scores. Parts that the picture does not show
    take the scale of those next to them; if nothing is seen of both, the performer is fitted to the canvas as it is.
    Points that are not finite (or absurd) get score 0, and no point of the result is more than eight canvases away.
    """
    driver, reference = _finite(driver), _finite(reference)
    performer, character = _Figure.of(driver), _Figure.of(reference)
    measure = common_measure(performer.lengths_px, character.lengths_px[0])
    if measure is None:
        return _fitted(driver, reference)
    sizes = performer.lengths_px[:, measure]
    alike = _alike(performer, character, measure)
    scale = float(character.lengths_px[0, measure] / np.median(sizes[alike]))
    ratios = scale * bone_ratios(performer.lengths_px, character.lengths_px[0], measure)
    standing = bool(character.seen[0, _HIPS + _ANKLES].all() and performer.seen[alike][:, _HIPS + _ANKLES].all())
    joints = _scaled_bones(performer.points_px, ratios, scale, standing)
    mark = Point.NECK if character.seen[0, Point.NECK] and performer.seen[alike, Point.NECK].any() else Point.NOSE
    joints += _place(character, joints[alike], None if standing else mark)
    joints += _kept_in_canvas(joints, performer.seen[:, Point.NOSE], alike, reference)
    return _dressed(driver, performer.points_px, joints, ratios, reference)


def _finite(body: WholeBody) -> WholeBody:
    """The same with score 0 where a point or its score is not finite or is absurd."""
    known = (np.abs(body.points_px) < _ABSURD_PX).all(axis=2) & np.isfinite(body.scores)
    points_px = np.where(known[..., None], body.points_px, 0)
    return replace(body, points_px=points_px, scores=np.where(known, body.scores, 0))


def _fitted(driver: WholeBody, reference: WholeBody) -> WholeBody:
    """The performer as it is, scaled by the canvases' areas and centred."""
    scale = np.sqrt(reference.width * reference.height / (driver.width * driver.height))
    here, there = (np.array([body.width - 1, body.height - 1]) / 2 for body in (driver, reference))
    return _bounded((driver.points_px - here) * scale + there, driver.scores, reference)


def _alike(performer: _Figure, character: _Figure, measure: Kind) -> Bools:
    """(N,) the few frames in which the limbs lie most as they do in the picture."""
    sizes = performer.lengths_px[:, measure]
    shown = np.isfinite(character.vectors_px[0]).all(axis=1)
    wanted = character.vectors_px[0, shown] / character.lengths_px[0, measure]
    off = np.linalg.norm(performer.vectors_px[:, shown] / sizes[:, None, None] - wanted, axis=2)
    distance = np.where(np.isfinite(off), off, _UNSEEN).mean(axis=1)
    distance[~np.isfinite(sizes)] = np.inf
    alike = np.zeros(len(sizes), np.bool_)
    alike[np.argsort(distance, kind="stable")[:_ALIKE]] = True
    return alike & np.isfinite(sizes)


def _scaled_bones(points_px: Float64, ratios: Float64, scale: float, standing: bool) -> Float64:
    """(N, 20, 2) the performer's points with scaled bones, not yet in place.

    Who stands moves at the hips and by the length of the legs, so that the feet stay on the ground when the knees
    bend; who is cut by the picture's edge moves at the neck.
    """
    joints = points_px.copy()
    if standing:
        hips = points_px[:, _HIPS].mean(axis=1)
        stride = (ratios[Kind.THIGH] + ratios[Kind.CALF]) / 2
        joints[:, Point.NECK] = stride * hips + ratios[Kind.TORSO] * (points_px[:, Point.NECK] - hips)
    else:
        joints[:, Point.NECK] = scale * points_px[:, Point.NECK]
    for (start, end), kind in zip(LIMBS, KINDS, strict=True):
        joints[:, end] = joints[:, start] + ratios[kind] * (points_px[:, end] - points_px[:, start])
    return joints


def _place(character: _Figure, alike: Float64, mark: Point | None) -> Float64:
    """(2,) what moves the figure to where the picture shows it, given the frames (K, 20, 2) that are most like it.

    Who stands (no `mark`) is put on the ground, others by their mark.
    """
    if mark is not None:
        return np.asarray(character.points_px[0, mark] - np.median(alike[:, mark], axis=0), np.float64)
    toes = bool(character.seen[0, _TOES].all())
    return np.asarray(_stand(character.points_px, toes)[0] - np.median(_stand(alike, toes), axis=0), np.float64)


def _stand(points_px: Float64, toes: bool) -> Float64:
    """(N, 2) where a figure stands: below the middle of its hips, at the height of its lower foot."""
    feet = points_px[:, _ANKLES]
    if toes:
        feet = (feet + points_px[:, _TOES]) / 2
    return np.stack([points_px[:, _HIPS, 0].mean(axis=1), feet[..., 1].max(axis=1)], axis=1)


def _kept_in_canvas(joints: Float64, shown: Bools, alike: Bools, canvas: WholeBody) -> Float64:
    """(N, 1, 2) what damps a motion that would carry the head out of the picture where the performer's is in it."""
    nose, size = joints[:, Point.NOSE], np.array([canvas.width, canvas.height])
    home = np.median(nose[alike], axis=0)
    if not shown.any() or (home < 0).any() or (home > size).any():
        return np.zeros((len(joints), 1, 2))
    way = nose - home
    space = np.where(way > 0, size - home, home)
    share = np.minimum((space - np.minimum(_EDGE * size, space / 2)) / np.maximum(np.abs(way), 1), 1)
    damping = np.ones_like(way)
    for side in (way > 0, way < 0):  # a jump out of the picture is no reason to kneel less
        damping = np.where(side, np.percentile(np.where(side, share, 1)[shown], _STRAYS, axis=0), damping)
    return ((damping - 1) * way)[:, None]


def _dressed(
    driver: WholeBody, before_px: Float64, joints_px: Float64, ratios: Float64, reference: WholeBody
) -> WholeBody:
    """All 133 points on moved joints (N, 20, 2): the hands grow with the shoulders, the face with the eyes."""
    points_px = driver.points_px.astype(np.float64)

    def hang(part: slice | list[int], root_px: Float64, joint: Point, kind: Kind) -> None:
        points_px[:, part] = joints_px[:, joint, None] + ratios[kind] * (points_px[:, part] - root_px[:, None])

    hang(LEFT_HAND, before_px[:, Point.LEFT_WRIST], Point.LEFT_WRIST, Kind.SHOULDER)
    hang(RIGHT_HAND, before_px[:, Point.RIGHT_WRIST], Point.RIGHT_WRIST, Kind.SHOULDER)
    hang(slice(17, 20), before_px[:, Point.LEFT_ANKLE], Point.LEFT_ANKLE, Kind.FOOT)
    hang(slice(20, 23), before_px[:, Point.RIGHT_ANKLE], Point.RIGHT_ANKLE, Kind.FOOT)
    hang(FACE, before_px[:, Point.NOSE], Point.NOSE, Kind.EYE)
    points_px[:, BODY] = joints_px[:, _OF_COCO]
    return _bounded(points_px, driver.scores, reference)


def _bounded(points_px: Float64, scores: Float32, canvas: WholeBody) -> WholeBody:
    size = np.array([canvas.width, canvas.height])
    points_px = np.clip(points_px, -_FARTHEST * size, (1 + _FARTHEST) * size)
    return WholeBody(points_px.astype(np.float32), scores, canvas.width, canvas.height)
