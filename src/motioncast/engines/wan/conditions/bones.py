"""How long the bones of a performer and of a character are, and by what each of the performer's is to be scaled.

The official retargeting (`retarget_pose`, Wan-Video/Wan2.2) divides the lengths seen in two single pictures, which is
right only if both show a stretched person from the front. Here the performer's lengths come from the whole clip, the
left and right bone of a kind share one ratio, and no bone may leave its parent's ratio by more than people and drawn
figures differ: a bone that points at the camera in the picture is not a short one.
"""

from enum import IntEnum

import numpy as np

from motioncast.arrays import Bools, Float64, Int32
from motioncast.engines.wan.conditions.limbs import LIMBS, THRESHOLD, drawn_points
from motioncast.engines.wan.conditions.wholebody import WholeBody

_STRETCHED = 80  #: percentile of a bone's lengths over a clip that is taken for its full length
_UPRIGHT = 0.7  #: share of its largest size from which the performer is neither bent nor far away
_FOOT_TO_CALF = 0.5  #: longest foot, as in the official retargeting
_SEEN_SHARE = 0.1  #: share of the frames that must show what bodies are measured by
_ABSURD = 1.5  #: how far beyond the limits a ratio lies that was not measured but mistaken


class Kind(IntEnum):
    """Bones that are alike; the left and the right one are of one kind. A parent comes before its children."""

    TORSO = 0  #: neck to a hip
    SHOULDER = 1
    UPPER_ARM = 2
    FOREARM = 3
    THIGH = 4
    CALF = 5
    FOOT = 6
    NECK = 7  #: neck to nose
    EYE = 8  #: nose to eye
    EAR = 9  #: eye to ear


#: (19,) the kind of each limb of `LIMBS`
KINDS: Int32 = np.array(
    [
        *(Kind.SHOULDER, Kind.SHOULDER),
        *(Kind.UPPER_ARM, Kind.FOREARM) * 2,
        *(Kind.TORSO, Kind.THIGH, Kind.CALF) * 2,
        *(Kind.NECK, Kind.EYE, Kind.EAR, Kind.EYE, Kind.EAR),
        *(Kind.FOOT, Kind.FOOT),
    ],
    np.int32,
)

#: what a body's size is measured by: the first of them that the picture and the clip show
_MEASURES = (Kind.TORSO, Kind.SHOULDER, Kind.NECK, Kind.EYE)

#: the bone whose ratio each one follows (None: the whole body's), and how far its own may lie from that
_PARENTS: dict[Kind, tuple[Kind | None, float, float]] = {
    Kind.TORSO: (None, 0.6, 1.6),
    Kind.SHOULDER: (None, 0.6, 1.6),
    Kind.UPPER_ARM: (None, 0.6, 1.6),
    Kind.FOREARM: (Kind.UPPER_ARM, 0.7, 1.4),
    Kind.THIGH: (Kind.TORSO, 0.5, 1.6),
    Kind.CALF: (Kind.THIGH, 0.7, 1.4),
    Kind.FOOT: (Kind.CALF, 0.6, 1.5),
    Kind.NECK: (None, 0.6, 1.8),
    Kind.EYE: (None, 0.5, 2.5),
    Kind.EAR: (Kind.EYE, 0.6, 1.6),
}


def seen_points(body: WholeBody) -> tuple[Float64, Bools]:
    """The drawn points (N, 20, 2) px, and which of them (N, 20) are sure and inside the canvas."""
    points_px, scores = drawn_points(body.points_px, body.scores)
    size = np.array([body.width, body.height])
    inside = ((points_px >= 0) & (points_px < size)).all(axis=-1)
    return points_px.astype(np.float64), (scores >= THRESHOLD) & inside


def limb_vectors(points_px: Float64, seen: Bools) -> Float64:
    """(N, 19, 2) from the start to the end of every limb, NaN where an end of it was not seen."""
    starts, ends = np.array(LIMBS).T
    vectors = points_px[:, ends] - points_px[:, starts]
    vectors[~(seen[:, starts] & seen[:, ends])] = np.nan
    return vectors


def bone_lengths(vectors: Float64) -> Float64:
    """(N, 10) px, the length of each kind of bone in each frame, NaN where it was not seen.

    Of a pair the longer one counts, for the other is foreshortened; those of the face, which trade length as the head
    turns, are averaged.
    """
    lengths = np.linalg.norm(vectors, axis=2)
    result = np.full((len(vectors), len(Kind)), np.nan)
    for kind in Kind:
        pair = lengths[:, kind == KINDS]
        known = np.isfinite(pair).any(axis=1)
        combine = np.nanmean if kind in (Kind.EYE, Kind.EAR) else np.nanmax
        result[known, kind] = combine(pair[known], axis=1)
    return np.where(result > 1, result, np.nan)


def common_measure(clip: Float64, picture: Float64) -> Kind | None:
    """By which bone to measure the size of both bodies; None if nothing is seen of both.

    clip (N, 10) and picture (10,) are lengths in px.
    """
    enough = np.isfinite(clip).mean(axis=0) >= _SEEN_SHARE
    return next((kind for kind in _MEASURES if enough[kind] and np.isfinite(picture[kind])), None)


def bone_ratios(clip: Float64, picture: Float64, measure: Kind) -> Float64:
    """(10,) by what to scale each kind of bone, relative to the scale of the whole body.

    clip (N, 10) and picture (10,) are lengths in px. A bone that one of them does not show, or
    not at a credible length, follows its parent.
    """
    own = _relative_lengths(clip, clip[:, measure])
    ratios = np.ones(len(Kind))
    for kind, (parent, low, high) in _PARENTS.items():
        base = 1.0 if parent is None else ratios[parent]
        ratio = picture[kind] / picture[measure] / own[kind] / base
        measured = low / _ABSURD < ratio < high * _ABSURD  # NaN is not
        ratios[kind] = base * np.clip(ratio, low, high) if measured else base
    longest = _FOOT_TO_CALF * ratios[Kind.CALF] * own[Kind.CALF] / own[Kind.FOOT]
    if np.isfinite(longest):
        ratios[Kind.FOOT] = min(ratios[Kind.FOOT], max(longest, _PARENTS[Kind.FOOT][1] * ratios[Kind.CALF]))
    return ratios


def _relative_lengths(clip: Float64, sizes: Float64) -> Float64:
    """(10,) the full length of each kind of bone in body sizes (N,), NaN where the clip never shows it."""
    upright = np.nan_to_num(sizes) >= _UPRIGHT * np.nanpercentile(sizes, 90)
    relative = clip / sizes[:, None]
    result = np.full(len(Kind), np.nan)
    for kind in Kind:
        known = np.isfinite(relative[:, kind])
        chosen = known & upright if (known & upright).any() else known
        if chosen.any():
            result[kind] = np.percentile(relative[chosen, kind], _STRETCHED)
    return result
