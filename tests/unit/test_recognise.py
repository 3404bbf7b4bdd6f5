"""The performer is recognised in the reference image by what the face looks like, not by its shape alone."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from drawn_face import SIDE, draw, place, shape, still, track

from motioncast.engines.puppet.face.character_face import prepare_face
from motioncast.engines.puppet.face.performance import analyse_face
from motioncast.engines.puppet.recognise import recognise

MOMENT = place(shape(gap=0.06, closed=0.3))


@pytest.fixture(name="clip")
def _clip():
    return track([place(shape())] * 20 + [MOMENT] * 20)


def seen_in(clip, picture, frame):
    """The performance as it is after a character of `picture` was looked for in a clip whose frames all are `frame`."""
    own = prepare_face(picture, still(MOMENT))
    trunk = SimpleNamespace(face=own, offset_px=np.zeros(2))
    character = SimpleNamespace(trunk=trunk, subject=SimpleNamespace(size=(SIDE, SIDE)))
    return recognise(character, clip, analyse_face(clip), lambda index: frame)


def test_a_moment_of_the_clip_is_recognised_at_another_quality(clip):
    picture = draw(MOMENT)
    small = cv2.resize(picture, (SIDE // 2, SIDE // 2), interpolation=cv2.INTER_AREA)
    coarse = cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_COLOR)
    performance = seen_in(clip, picture, cv2.resize(coarse, (SIDE, SIDE)) // 2 + 40)
    assert performance.pictured
    assert 20 <= performance.neutral_frames[0] < 40


def test_somebody_else_with_the_very_same_features_is_not(clip):
    """Landmarks of small faces are close to each other's, whoever they belong to."""
    bearded = draw(MOMENT)
    bearded[int(MOMENT[2, 1]) :] = (70, 50, 40)
    assert not seen_in(clip, bearded, draw(MOMENT)).pictured
