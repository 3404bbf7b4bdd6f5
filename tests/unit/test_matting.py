from dataclasses import replace

import cv2
import numpy as np
import pytest
from paper_doll import POSE, SHIRT, backdrop, doll, landmarks, soft_mask

from motioncast.errors import InputError
from motioncast.perception.matting import extract_matte


def overlap(a, b):
    return (a & b).sum() / (a | b).sum()


@pytest.mark.parametrize("rough", [False, True])
def test_the_matte_follows_the_silhouette_more_closely_than_the_mask(rough):
    picture, truth = doll(backdrop(rough))
    mask = soft_mask(truth)
    matte = extract_matte(picture, mask, landmarks(mask))
    assert matte.alpha.dtype == np.float32
    assert matte.alpha.shape == truth.shape
    assert overlap(matte.alpha > 0.5, truth) > max(0.95, overlap(mask > 127, truth))
    assert matte.alpha[~cv2.dilate(truth.astype(np.uint8), np.ones((21, 21))).astype(bool)].max() == 0


def test_a_subject_cut_by_the_picture_is_solid_up_to_its_edge():
    picture, truth = doll()
    picture, truth = picture[:170, 60:180], truth[:170, 60:180]
    mask = soft_mask(truth)
    mask[-3:] //= 4
    matte = extract_matte(picture, mask, landmarks(mask, (-60, 0)))
    assert matte.alpha[-1, 40:80].min() > 0.99


def test_colours_at_the_rim_are_the_subjects_own():
    picture, truth = doll(np.full((360, 240, 3), 255, np.uint8))
    blurred = cv2.GaussianBlur(picture, (0, 0), 1.5)
    mask = soft_mask(truth)
    matte = extract_matte(blurred, mask, landmarks(mask))
    rim = (matte.alpha > 0.3) & (matte.alpha < 0.7)
    rim[:110] = rim[180:] = False
    rim[:, :80] = rim[:, 160:] = False
    error = np.abs(matte.foreground[rim] - np.array(SHIRT, float)).mean()
    assert rim.any()
    assert error < 0.5 * np.abs(blurred[rim] - np.array(SHIRT, float)).mean()


def test_transparency_that_came_with_the_picture_is_the_matte():
    picture, truth = doll()
    given = cv2.GaussianBlur(truth.astype(np.uint8) * 255, (0, 0), 1)
    matte = extract_matte(picture, np.zeros_like(given), landmarks(given), given)
    np.testing.assert_allclose(matte.alpha, given / 255, atol=1e-6)


def test_an_opaque_alpha_channel_says_nothing():
    picture, truth = doll()
    mask = soft_mask(truth)
    opaque = np.full(truth.shape, 255, np.uint8)
    matte = extract_matte(picture, mask, landmarks(mask), opaque)
    assert overlap(matte.alpha > 0.5, truth) > 0.95


def test_a_flat_picture_has_no_subject():
    mask = soft_mask(doll()[1])
    with pytest.raises(InputError, match="No subject"):
        extract_matte(np.full((360, 240, 3), 90, np.uint8), mask, landmarks(mask))


def test_an_empty_mask_has_no_subject():
    nobody = np.zeros((360, 240), np.uint8)
    with pytest.raises(InputError, match="No subject"):
        extract_matte(doll()[0], nobody, landmarks(nobody))


def test_the_same_picture_gives_the_same_matte():
    picture, truth = doll(backdrop(True))
    mask = soft_mask(truth)
    first, second = (extract_matte(picture, mask, landmarks(mask)) for _ in range(2))
    np.testing.assert_array_equal(first.alpha, second.alpha)
    np.testing.assert_array_equal(first.foreground, second.foreground)


def test_shoes_in_the_colour_of_the_floor_belong_to_the_subject():
    picture, truth = doll()
    mask = soft_mask(truth)
    shoes = np.zeros(truth.shape, np.uint8)
    for ankle, heel, toe in ((27, 29, 31), (28, 30, 32)):
        cv2.fillPoly(shoes, [np.array([POSE[ankle], POSE[heel], POSE[toe]], np.int32)], 1)
        cv2.polylines(shoes, [np.array([POSE[ankle], POSE[heel], POSE[toe]], np.int32)], True, 1, 7)
    where = (shoes > 0) & (np.arange(len(shoes))[:, None] > 318)
    floor = backdrop()
    laces = (16 * ((np.arange(len(shoes))[:, None] // 3) % 2)).astype(np.uint8)
    gone = truth & (np.arange(len(shoes))[:, None] > 318)
    picture[gone] = floor[gone]
    picture[where] = (floor - laces[..., None] + 12)[where]
    mask[318:] = (0.3 * mask[318:]).astype(np.uint8)
    matte = extract_matte(picture, mask, landmarks(mask))
    assert (matte.alpha > 0.5)[where].mean() > 0.7
    assert (matte.alpha > 0.5)[318:].sum() < 1.5 * where.sum()


def test_a_mask_that_fills_the_gap_between_the_legs_is_not_believed():
    picture, truth = doll(backdrop(rough=True))
    mask = soft_mask(truth)
    gap = np.zeros(truth.shape, bool)
    gap[230:310, 100:140] = True
    gap &= cv2.dilate(truth.astype(np.uint8), np.ones((9, 9))) == 0
    mask[gap] = 190
    matte = extract_matte(picture, mask, landmarks(mask))
    assert gap.sum() > 500
    assert matte.alpha[gap].mean() < 0.1


def test_an_arm_that_runs_out_of_the_picture_does_not_take_background_along():
    picture, truth = doll(backdrop(rough=True))
    picture, truth = np.ascontiguousarray(picture[:, :190]), truth[:, :190]
    mask = soft_mask(truth)
    marks = landmarks(mask)
    hand = np.zeros((21, 3), np.float32)
    hand[:, :2] = np.array(POSE[16]) + np.linspace(0, 1, 21)[:, None] * (np.array(POSE[18]) - POSE[16])
    matte = extract_matte(picture, mask, replace(marks, right_hand_px=hand))
    outside = cv2.dilate(truth.astype(np.uint8), np.ones((13, 13))) == 0
    assert matte.alpha[outside].max() < 0.1
    assert overlap(matte.alpha > 0.5, truth) > 0.95


def test_a_shirt_in_the_colour_of_the_background_is_not_a_hole():
    wall = backdrop()
    picture, silhouette = doll(wall)
    picture[100:185, 106:134] = wall[100:185, 106:134]  # an open jacket over a shirt like the wall
    mask = soft_mask(silhouette)
    matte = extract_matte(picture, mask, landmarks(mask), None)
    assert (matte.alpha[110:175, 112:128] > 0.95).all()


def test_a_thin_thing_that_the_mask_misses_is_in_the_matte():
    picture, truth = doll()
    mask = soft_mask(truth)
    top = int(np.flatnonzero(truth.any(axis=1))[0])
    column = int(np.flatnonzero(truth[top + 4]).mean())
    feather = np.zeros(truth.shape, np.uint8)
    cv2.line(feather, (column, top + 6), (column + 14, top - 12), 1, 3)
    picture[feather > 0] = (20, 30, 20)
    matte = extract_matte(picture, mask, landmarks(mask))
    outside = (feather > 0) & (cv2.dilate(truth.astype(np.uint8), np.ones((3, 3))) == 0)
    assert outside.sum() > 20
    assert matte.alpha[outside].mean() > 0.7
