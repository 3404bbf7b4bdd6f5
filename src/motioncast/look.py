"""What perception sees in one input, for people who want to know before they submit: its skeleton and its framing."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from motioncast.arrays import Bools, Float32, Image, Int32
from motioncast.engines.puppet.face.topology import (
    BROWS,
    EYES,
    INNER_LOWER,
    INNER_UPPER,
    OUTER_LOWER,
    OUTER_UPPER,
    OVAL,
)
from motioncast.media.image import load_image
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.perception.landmarks import SURE_SPREAD, StillLandmarks
from motioncast.perception.skeleton import Body
from motioncast.perception.still import analyse_still

Framing = Literal["portrait", "half", "full"]
Part = Literal["body", "face", "hand"]

_SEEN = 0.5  #: least visibility of a body landmark that is drawn
_LEFT_ARM = (Body.LEFT_SHOULDER, Body.LEFT_ELBOW, Body.LEFT_WRIST)
_RIGHT_ARM = (Body.RIGHT_SHOULDER, Body.RIGHT_ELBOW, Body.RIGHT_WRIST)
_LEFT_LEG = (Body.LEFT_HIP, Body.LEFT_KNEE, Body.LEFT_ANKLE)
_RIGHT_LEG = (Body.RIGHT_HIP, Body.RIGHT_KNEE, Body.RIGHT_ANKLE)
_CHAINS: tuple[tuple[Body, ...], ...] = (
    (*_LEFT_ARM[::-1], *_RIGHT_ARM),
    (Body.LEFT_SHOULDER, *_LEFT_LEG, Body.LEFT_TOE),
    (Body.RIGHT_SHOULDER, *_RIGHT_LEG, Body.RIGHT_TOE),
    (Body.LEFT_HIP, Body.RIGHT_HIP),
)
_FINGERS = tuple((0, *range(root, root + 4)) for root in range(1, 21, 4))


def _ring(one_way: Int32, back: Int32) -> Int32:
    return np.concatenate([one_way, back[::-1]])


_FACE_LINES: tuple[Int32, ...] = (
    np.append(OVAL, OVAL[:1]),
    _ring(OUTER_UPPER, OUTER_LOWER),
    _ring(INNER_UPPER, INNER_LOWER),
    *(_ring(eye.upper, eye.lower) for eye in EYES),
    *(brow[:5] for brow in BROWS),
)


@dataclass(frozen=True)
class Line:
    """A stroke of the skeleton."""

    part: Part
    points: list[tuple[float, float]]  #: from left and top, 0..1 of width and height


@dataclass(frozen=True)
class Look:
    """One input as it is seen."""

    width: int  #: upright
    height: int
    duration_s: float | None  #: of a video
    rate: float | None  #: frames per second of a video
    picture: Image  #: (H, W, 3) the picture, or the first frame
    lines: list[Line]  #: empty where nobody was found
    framing: Framing | None


def look_at_image(path: Path, models: Path) -> Look:
    """The reference image. Raises `InputError` if it cannot be used."""
    loaded = load_image(path)
    found = analyse_still(loaded.rgb, loaded.alpha, models)
    return Look(found.width, found.height, None, None, loaded.rgb, skeleton_lines(found), framing(found))


def look_at_video(path: Path, models: Path) -> Look:
    """The driving video, by its first frame. Raises `InputError` if it cannot be used."""
    info = probe_video(path)
    _, frame = next(iter(VideoReader(info, stop=1)))
    found = analyse_still(frame, None, models)
    lines = skeleton_lines(found)
    return Look(info.width, info.height, info.duration_s, float(info.rate), frame, lines, framing(found))


def skeleton_lines(found: StillLandmarks) -> list[Line]:
    """What can be drawn of a person: limbs that are seen, the features of a sure face, the hands."""
    return [*_limbs(found), *_face(found), *_hands(found)]


def framing(found: StillLandmarks) -> Framing | None:
    """How much of the person is in the picture; None where nobody was found."""
    seen = _seen(found)
    if seen is None or not seen[[Body.LEFT_SHOULDER, Body.RIGHT_SHOULDER]].all():
        return "portrait" if _has_sure_face(found) else None
    if any(seen[list(leg[1:])].all() for leg in (_LEFT_LEG, _RIGHT_LEG)):
        return "full"
    return "half" if any(seen[list(arm[1:])].all() for arm in (_LEFT_ARM, _RIGHT_ARM)) else "portrait"


def _has_sure_face(found: StillLandmarks) -> bool:
    return found.face_px is not None and found.face_spread <= SURE_SPREAD


def _seen(found: StillLandmarks) -> Bools | None:
    """(33,) which body landmarks are visible and inside the picture."""
    if found.body_px is None or found.body_visibility is None:
        return None
    inside = ((found.body_px[:, :2] >= 0) & (found.body_px[:, :2] < (found.width, found.height))).all(axis=1)
    visible: Bools = (found.body_visibility > _SEEN) & inside
    return visible


def _limbs(found: StillLandmarks) -> Iterator[Line]:
    seen = _seen(found)
    if seen is None or found.body_px is None:
        return
    for chain in _CHAINS:
        for start, end in pairwise(chain):
            if seen[start] and seen[end]:
                yield _line("body", found, found.body_px[[start, end]])


def _face(found: StillLandmarks) -> Iterator[Line]:
    if found.face_px is not None and _has_sure_face(found):
        for ids in _FACE_LINES:
            yield _line("face", found, found.face_px[ids])


def _hands(found: StillLandmarks) -> Iterator[Line]:
    for hand in (found.left_hand_px, found.right_hand_px):
        if hand is not None:
            for finger in _FINGERS:
                yield _line("hand", found, hand[list(finger)])


def _line(part: Part, found: StillLandmarks, points_px: Float32) -> Line:
    # landmarks are pixel centres
    shares = np.round((points_px[:, :2] + 0.5) / (found.width, found.height), 4)
    return Line(part, [(float(x), float(y)) for x, y in shares])
