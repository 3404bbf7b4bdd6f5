"""The person in a reference picture."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from motioncast.arrays import Image
from motioncast.perception.landmarks import StillLandmarks
from motioncast.perception.skeleton import FACE_SIDES, NOSE_TIP
from motioncast.perception.still import analyse_still


@pytest.fixture(scope="module")
def portrait(samples_dir: Path) -> Image:
    bgr = cv2.imread(str(samples_dir / "astronaut.png"))
    assert bgr is not None
    return np.ascontiguousarray(bgr[..., ::-1])


@pytest.fixture(scope="module")
def found(portrait: Image, models_dir: Path) -> StillLandmarks:
    return analyse_still(portrait, None, models_dir)


def test_a_portrait_has_a_sure_face_a_body_and_a_mask(portrait: Image, found: StillLandmarks) -> None:
    assert found.face_px is not None
    assert found.body_px is not None
    assert found.body_visibility is not None
    assert found.face_spread < 0.012
    nose = found.face_px[NOSE_TIP, :2]
    width = np.linalg.norm(found.face_px[FACE_SIDES[0], :2] - found.face_px[FACE_SIDES[1], :2])
    assert np.linalg.norm(nose - found.body_px[0, :2]) < 0.3 * width
    assert found.body_px[[11, 12], 1].min() > nose[1] + 0.5 * width
    assert found.person_mask.shape == portrait.shape[:2]
    x, y = nose.round().astype(int)
    assert found.person_mask[y, x] > 200
    assert found.person_mask[20, 20] < 50


def test_landmarks_follow_the_size_of_the_picture(portrait: Image, found: StillLandmarks, models_dir: Path) -> None:
    small = analyse_still(np.asarray(cv2.resize(portrait, (256, 256), interpolation=cv2.INTER_AREA)), None, models_dir)
    assert small.face_px is not None
    assert found.face_px is not None
    apart = np.linalg.norm((small.face_px[:, :2] + 0.5) * 2 - (found.face_px[:, :2] + 0.5), axis=1)
    width = np.linalg.norm(found.face_px[FACE_SIDES[0], :2] - found.face_px[FACE_SIDES[1], :2])
    assert np.median(apart) < 0.02 * width


def test_a_small_person_in_a_large_picture_is_found(portrait: Image, found: StillLandmarks, models_dir: Path) -> None:
    scene = np.full((900, 1600, 3), 128, np.uint8)
    scene[600:856, 1200:1456] = cv2.resize(portrait, (256, 256), interpolation=cv2.INTER_AREA)
    still = analyse_still(scene, None, models_dir)
    assert still.face_px is not None
    assert found.face_px is not None
    expected = (found.face_px[:, :2] + 0.5) / 2 - 0.5 + [1200, 600]
    width = 0.5 * np.linalg.norm(found.face_px[FACE_SIDES[0], :2] - found.face_px[FACE_SIDES[1], :2])
    assert np.median(np.linalg.norm(still.face_px[:, :2] - expected, axis=1)) < 0.05 * width


def test_the_transparency_of_a_cut_out_becomes_its_mask(portrait: Image, models_dir: Path) -> None:
    alpha = np.zeros(portrait.shape[:2], np.uint8)
    alpha[:, 120:420] = 255
    still = analyse_still(portrait, alpha, models_dir)
    np.testing.assert_array_equal(still.person_mask, alpha)
    assert still.face_px is not None


@pytest.mark.parametrize("colour", [0, 128, 255])
def test_a_flat_picture_holds_nothing(colour: int, models_dir: Path) -> None:
    still = analyse_still(np.full((300, 200, 3), colour, np.uint8), None, models_dir)
    assert still.body_px is None
    assert still.face_px is None
    assert still.left_hand_px is None
    assert still.person_mask.shape == (300, 200)
    assert not still.person_mask.any()


def test_the_same_picture_gives_the_same_landmarks(portrait: Image, found: StillLandmarks, models_dir: Path) -> None:
    again = analyse_still(portrait, None, models_dir)
    assert again.face_px is not None
    assert again.face_spread == found.face_spread
    np.testing.assert_array_equal(again.face_px, found.face_px)
    np.testing.assert_array_equal(again.person_mask, found.person_mask)


def test_a_dog_has_no_human_pose_and_is_seen_whole(models_dir: Path) -> None:
    """The pose network is sure of a body (score .99), but of another one in every look."""
    dog = np.full((600, 900, 3), (200, 220, 230), np.uint8)
    fur, dark = (190, 120, 70), (30, 30, 30)
    cv2.ellipse(dog, (430, 330), (210, 110), 0, 0, 360, fur, -1)
    for x in (280, 340, 520, 580):
        cv2.line(dog, (x, 400), (x, 530), dark, 44)
        cv2.line(dog, (x, 400), (x, 530), fur, 36)
    cv2.ellipse(dog, (680, 220), (100, 80), 0, 0, 360, fur, -1)
    cv2.ellipse(dog, (760, 250), (50, 35), 0, 0, 360, (210, 140, 80), -1)
    cv2.circle(dog, (800, 240), 14, dark, -1)
    cv2.circle(dog, (700, 200), 12, dark, -1)
    cv2.line(dog, (230, 290), (140, 200), fur, 22)
    still = analyse_still(dog, None, models_dir)
    assert still.body_px is None
    assert still.face_px is None
    assert (still.left_hand_px, still.right_hand_px) == (None, None)
    shown = (dog != (200, 220, 230)).any(axis=2)
    assert (still.person_mask > 127)[shown].mean() > 0.95
