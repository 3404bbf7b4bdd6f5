"""The light on a head that turns."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_face import SIDE as PICTURE
from drawn_face import draw, place, shape, still

from motioncast.arrays import Float64
from motioncast.engines.puppet.face.atlas import INSIDE, SIDE
from motioncast.engines.puppet.face.character_face import CharacterFace, prepare_face
from motioncast.engines.puppet.face.head_light import LIMIT, HeadLight

SKIN = INSIDE.astype(np.float32)
MIDDLE = np.s_[80:110, 80:110]


@pytest.fixture(name="face", scope="module")
def _face() -> CharacterFace:
    landmarks = place(shape())
    face = prepare_face(draw(landmarks), still(landmarks))
    assert face is not None
    return face


def lit(face: CharacterFace, left: float, right: float) -> HeadLight:
    """The light on `face` when its picture is a ramp from `left` to `right`, in levels."""
    x = face.landmarks_px[:468, 0]
    ramp = np.interp(np.arange(PICTURE), [x.min(), x.max()], [left, right])
    picture = np.broadcast_to(ramp[None, :, None], (PICTURE, PICTURE, 3)).astype(np.uint8)
    return HeadLight(replace(face, image=np.ascontiguousarray(picture)), SKIN)


def turned_left(degrees: float) -> Float64:
    """The nose, which points out of the picture, goes to the picture's left."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def test_the_nose_goes_left(face: CharacterFace) -> None:
    assert (turned_left(20) @ [0, 0, -1])[0] < 0


def test_a_head_as_in_its_picture_is_lit_as_there(face: CharacterFace) -> None:
    assert not lit(face, 200, 80).log_gain(np.eye(3)).any()


def test_a_face_that_turns_to_the_light_gets_brighter_and_away_darker(face: CharacterFace) -> None:
    from_left = lit(face, 200, 80)
    assert from_left.log_gain(turned_left(20))[MIDDLE].mean() > 0.05
    assert from_left.log_gain(turned_left(-20))[MIDDLE].mean() < -0.05
    assert lit(face, 80, 200).log_gain(turned_left(20))[MIDDLE].mean() < -0.05


def test_even_light_changes_nothing_and_no_light_too_much(face: CharacterFace) -> None:
    assert np.abs(lit(face, 140, 140).log_gain(turned_left(25))).max() < 0.02
    assert np.abs(lit(face, 255, 10).log_gain(turned_left(60))).max() <= LIMIT


def test_the_light_fades_out_towards_the_outline(face: CharacterFace) -> None:
    gain = lit(face, 200, 80).log_gain(turned_left(20))
    assert gain.shape == (SIDE, SIDE)
    assert not gain[~INSIDE].any()
