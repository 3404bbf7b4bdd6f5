import cv2
import numpy as np
import pytest
from paper_doll import backdrop, doll

from motioncast.perception.keying import keyed

PAPER = (235, 240, 245)


def test_a_subject_in_front_of_a_plain_backdrop_is_cut_out():
    picture, truth = doll(backdrop())
    found = keyed(picture)
    assert found is not None
    assert (found & truth).sum() / (found | truth).sum() > 0.95


def test_a_rough_scene_cannot_be_keyed():
    assert keyed(doll(backdrop(rough=True))[0]) is None


def test_line_art_is_filled_with_its_paper():
    picture = np.full((300, 240, 3), PAPER, np.uint8)
    cv2.circle(picture, (120, 110), 60, (0, 0, 0), 4)
    cv2.line(picture, (120, 170), (120, 280), (0, 0, 0), 4)
    found = keyed(picture)
    assert found is not None
    assert found[110, 120]
    assert not found[20, 20]


def test_the_gap_under_an_arm_stays_open():
    picture = np.full((300, 240, 3), PAPER, np.uint8)
    cv2.rectangle(picture, (60, 60), (180, 280), (40, 90, 160), -1)
    cv2.rectangle(picture, (130, 120), (150, 160), PAPER, -1)
    found = keyed(picture)
    assert found is not None
    assert found[80, 100]
    assert not found[140, 140]


@pytest.mark.parametrize("colour", [PAPER, (0, 0, 0)])
def test_an_empty_picture_holds_nothing(colour):
    assert keyed(np.full((200, 200, 3), colour, np.uint8)) is None
