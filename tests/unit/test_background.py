import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper_doll import SLEEVE, backdrop, doll

from motioncast.engines.puppet.background import fill_background, inpaint


def tiles(height=240, width=320):
    """A regular pattern, so that there is one right answer."""
    yy, xx = np.mgrid[0:height, 0:width]
    pattern = np.stack([120 + 60 * np.sin(xx / 6), 110 + 50 * np.sin(yy / 7), 130 + 40 * np.sin((xx + yy) / 9)], 2)
    return pattern.astype(np.uint8)


def test_a_plain_wall_is_restored_behind_the_subject():
    wall = backdrop()
    picture, truth = doll(wall)
    filled = fill_background(picture, truth.astype(np.float32), None, seed=0)
    assert np.abs(filled.astype(int) - wall)[truth].mean() < 2


def test_the_cast_shadow_goes_with_the_subject():
    wall = backdrop()
    picture, truth = doll(wall)
    shadow = cv2.GaussianBlur(np.roll(truth, 14, axis=1).astype(np.float32), (0, 0), 5)[..., None] * ~truth[..., None]
    shaded = (picture * (1 - 0.25 * shadow)).astype(np.uint8)
    filled = fill_background(shaded, truth.astype(np.float32), None, seed=0)
    where = (shadow[..., 0] > 0.6) & ~truth
    assert np.abs(filled.astype(int) - wall)[where].mean() < 0.4 * np.abs(shaded.astype(int) - wall)[where].mean()


def test_a_floor_that_darkens_over_the_whole_width_stays():
    wall = backdrop()
    wall[-30:] = (wall[-30:] * np.linspace(1, 0.5, 30)[:, None, None]).astype(np.uint8)
    picture, truth = doll(wall)
    filled = fill_background(picture, truth.astype(np.float32), None, seed=0)
    assert np.abs(filled[-10:].astype(int) - wall[-10:]).mean() < 8


def test_nothing_of_the_subject_is_left_in_a_rough_scene():
    picture, truth = doll(backdrop(rough=True))
    filled = fill_background(picture, truth.astype(np.float32), None, seed=0)
    reds = np.linalg.norm(filled.astype(float) - SLEEVE, axis=2) < 60
    assert not reds.any()


def test_a_repeating_texture_is_continued_through_the_hole():
    truth = tiles()
    hole = np.zeros(truth.shape[:2], bool)
    hole[80:150, 120:190] = True
    damaged = truth.copy()
    damaged[hole] = (255, 0, 255)
    filled = inpaint(damaged, hole)
    assert filled[hole].astype(float).std(axis=0).mean() > 0.5 * truth[hole].astype(float).std(axis=0).mean()
    assert np.abs(filled[hole].mean(axis=0) - truth[hole].mean(axis=0)).max() < 25


def test_the_border_of_the_hole_shows_no_step():
    yy, xx = np.mgrid[0:200, 0:300]
    ramp = np.clip(60 + 0.5 * xx + 12 * np.sin(xx / 5) * np.sin(yy / 5), 0, 255)
    picture = np.repeat(ramp[..., None], 3, axis=2).astype(np.uint8)
    hole = np.zeros((200, 300), bool)
    hole[60:140, 100:200] = True
    filled = inpaint(picture, hole).astype(float)
    steps = np.abs(np.diff(filled[60:140, :, 0], axis=1))
    assert steps[:, 99].mean() < 3 * steps[:, :90].mean()


@settings(max_examples=8, deadline=None)
@given(st.integers(4, 120), st.integers(4, 160), st.integers(2, 110), st.integers(2, 140))
def test_only_the_hole_changes_and_its_old_content_does_not_matter(top, left, height, width):
    picture = tiles(160, 220)
    hole = np.zeros((160, 220), bool)
    hole[top : top + height, left : left + width] = True
    painted = picture.copy()
    painted[hole] = (255, 0, 255)
    filled = inpaint(picture, hole)
    np.testing.assert_array_equal(filled[~hole], picture[~hole])
    np.testing.assert_array_equal(filled, inpaint(painted, hole))


@pytest.mark.parametrize("rough", [False, True])
def test_the_same_seed_gives_the_same_background(rough):
    picture, truth = doll(backdrop(rough))
    alpha = truth.astype(np.float32)
    first, second = (fill_background(picture, alpha, None, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_subject_that_fills_the_picture_leaves_some_backdrop():
    picture, _ = doll()
    filled = fill_background(picture, np.ones((360, 240), np.float32), None, seed=0)
    assert filled.shape == picture.shape


def test_a_thing_next_to_the_subject_is_not_copied_behind_it():
    picture, truth = doll(backdrop(rough=True))
    cv2.circle(picture, (200, 260), 18, (255, 0, 255), -1)
    filled = fill_background(picture, truth.astype(np.float32), None, seed=0)
    before, after = ((np.linalg.norm(p.astype(float) - (255, 0, 255), axis=2) < 90).sum() for p in (picture, filled))
    assert after < 1.1 * before


def test_a_horizon_goes_on_behind_the_subject():
    wall = backdrop(rough=True)
    wall[:180] = wall[:180] // 4
    wall[180:] = 255 - wall[180:] // 4
    picture, truth = doll(wall)
    filled = fill_background(picture, truth.astype(np.float32), None, seed=0).mean(axis=2)
    assert filled[120:160, 110:130].mean() < 90
    assert filled[210:250, 110:130].mean() > 160


def test_a_glow_around_the_subject_goes_with_it():
    picture, truth = doll(backdrop(rough=True) // 3)
    away = cv2.distanceTransform((~truth).astype(np.uint8), cv2.DIST_L2, 5)
    glow = np.exp(-((away / 9) ** 2))[..., None] * ~truth[..., None]
    picture = (picture * (1 - glow) + np.array([255, 240, 250]) * glow).astype(np.uint8)
    filled = fill_background(picture, truth.astype(np.float32), None, seed=0)
    assert np.percentile(filled.mean(axis=2), 99.8) < 130


def test_a_strip_of_backdrop_narrower_than_a_tenth_is_continued():
    image = np.full((240, 320, 3), (90, 140, 190), np.uint8)
    alpha = np.ones((240, 320), np.float32)
    alpha[:, :36] = 0
    assert np.abs(fill_background(image, alpha, None, 1).astype(int) - [90, 140, 190]).max() < 45


def test_two_corners_of_backdrop_do_not_leave_a_black_scene():
    image = np.full((240, 320, 3), (90, 140, 190), np.uint8)
    alpha = np.ones((240, 320), np.float32)
    alpha[:25, :40] = alpha[-25:, -40:] = 0
    assert np.abs(fill_background(image, alpha, None, 1).astype(int) - [90, 140, 190]).max() < 12
