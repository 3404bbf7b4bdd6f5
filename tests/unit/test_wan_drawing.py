"""The drawn pose follows the official conventions: colours, order, widths, threshold."""

import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from motioncast.arrays import Float32, Image
from motioncast.engines.wan.conditions.drawing import draw_pose, line_width
from motioncast.engines.wan.conditions.limbs import COLOURS, LIMBS, Point, drawn_points
from motioncast.engines.wan.conditions.wholebody import FACE, LEFT_HAND, POINTS, RIGHT_HAND

SIZE = (640, 480)
#: COCO-WholeBody number and place of a performer with raised arms: no limb crosses another at its middle
STANDING = {
    0: (320, 100), 1: (340, 80), 2: (300, 80), 3: (362, 88), 4: (278, 88), 5: (380, 160), 6: (260, 160), 7: (460, 170),
    8: (180, 170), 9: (520, 90), 10: (120, 90), 11: (360, 280), 12: (280, 280), 13: (370, 350), 14: (270, 350),
    15: (372, 420), 16: (268, 420), 17: (400, 440), 18: (404, 440), 20: (240, 440), 21: (236, 440),
}  # fmt: skip
#: limb: the two COCO-WholeBody points at each end (official tables, by number) and its colour
LIMBS_BY_NUMBER = [
    ((5, 6), (6, 6), (255, 0, 0)), ((5, 6), (5, 5), (255, 85, 0)), ((6, 6), (8, 8), (255, 170, 0)),
    ((8, 8), (10, 10), (255, 255, 0)), ((5, 5), (7, 7), (170, 255, 0)), ((7, 7), (9, 9), (85, 255, 0)),
    ((5, 6), (12, 12), (0, 255, 0)), ((12, 12), (14, 14), (0, 255, 85)), ((14, 14), (16, 16), (0, 255, 170)),
    ((5, 6), (11, 11), (0, 255, 255)), ((11, 11), (13, 13), (0, 170, 255)), ((13, 13), (15, 15), (0, 85, 255)),
    ((5, 6), (0, 0), (0, 0, 255)), ((0, 0), (2, 2), (85, 0, 255)), ((2, 2), (4, 4), (170, 0, 255)),
    ((0, 0), (1, 1), (255, 0, 255)), ((1, 1), (3, 3), (255, 0, 170)), ((15, 15), (17, 18), (255, 0, 85)),
    ((16, 16), (20, 21), (200, 200, 0)),
]  # fmt: skip


def _standing() -> tuple[Float32, Float32]:
    points, scores = np.zeros((POINTS, 2), np.float32), np.zeros(POINTS, np.float32)
    for number, place in STANDING.items():
        points[number], scores[number] = place, 1
    return points, scores


def _at(image: Image, place: Float32) -> tuple[int, ...]:
    x, y = place.astype(int)
    return tuple(image[y, x].tolist())


@pytest.mark.parametrize(("start", "end", "colour"), LIMBS_BY_NUMBER)
def test_each_limb_has_its_colour_at_60_percent(start, end, colour) -> None:  # type: ignore[no-untyped-def]
    points, scores = _standing()
    middle = (points[list(start)].mean(axis=0) + points[list(end)].mean(axis=0)) / 2
    assert _at(draw_pose(points, scores, SIZE), middle) == tuple(int(channel * 0.6) for channel in colour)


def test_each_point_has_its_full_colour_over_the_limbs() -> None:
    points, scores = _standing()
    image, (places, _) = draw_pose(points, scores, SIZE), drawn_points(points, scores)
    assert [_at(image, place) for place in places] == list(COLOURS)
    assert tuple(places[Point.NECK]) == (320, 160)
    assert tuple(places[Point.LEFT_TOE]) == (402, 440)


def test_later_limbs_cover_earlier_ones() -> None:
    """The thigh (number 7) crosses the forearm (3) and lies above it."""
    points, scores = np.zeros((POINTS, 2), np.float32), np.zeros(POINTS, np.float32)
    for number, place in {8: (100, 200), 10: (300, 200), 12: (200, 100), 14: (200, 300)}.items():
        points[number], scores[number] = place, 1
    assert _at(draw_pose(points, scores, SIZE), np.array([200, 200])) == (0, 153, 51)


@pytest.mark.parametrize(
    ("size", "width"), [((832, 480), 1), ((1280, 720), 2), ((720, 1280), 2), ((1920, 1080), 4), ((100, 64), 1)]
)
def test_the_width_follows_the_shorter_side(size: tuple[int, int], width: int) -> None:
    assert line_width(size) == width
    points, scores = np.zeros((POINTS, 2), np.float32), np.zeros(POINTS, np.float32)
    points[[6, 8]], scores[[6, 8]] = [[10, 30], [90, 30]], 1
    across = draw_pose(points, scores, size)[:, 50].any(axis=1)
    assert across.sum() == 2 * width + 1


@pytest.mark.parametrize(("score", "shown"), [(0.5, True), (0.49, False)])
def test_a_point_below_one_half_takes_its_limbs_with_it(score: float, shown: bool) -> None:
    points, scores = _standing()
    scores[8] = score
    image = draw_pose(points, scores, SIZE)
    assert image[165, 220].any() == shown  # upper arm
    assert image[130, 150].any() == shown  # forearm
    assert image[170, 180].any() == shown


def test_the_neck_is_as_sure_as_the_mean_of_the_shoulders() -> None:
    points, scores = _standing()
    scores[6] = 0.2
    assert draw_pose(points, scores, SIZE)[130, 320].any()
    scores[5] = 0.7
    assert not draw_pose(points, scores, SIZE)[130, 320].any()


def _hand(part: slice) -> tuple[Float32, Float32]:
    """A spread hand: the wrist below, five fingers upwards."""
    points, scores = np.zeros((POINTS, 2), np.float32), np.zeros(POINTS, np.float32)
    points[part.start] = 300, 380
    for finger in range(5):
        for joint in range(4):
            points[part.start + 1 + 4 * finger + joint] = 200 + 50 * finger, 300 - 50 * joint
    scores[part] = 1
    return points, scores


@pytest.mark.parametrize("part", [LEFT_HAND, RIGHT_HAND])
def test_hands_are_a_rainbow_with_blue_points(part: slice) -> None:
    points, scores = _hand(part)
    image, hand = draw_pose(points, scores, SIZE), points[part]
    for finger in range(5):
        assert _at(image, hand[4 * finger + 4]) == (0, 0, 255)
        for joint in range(1, 4):
            bone = 4 * finger + joint
            wanted = np.array(colorsys.hsv_to_rgb(bone / 20, 1, 1)) * 255
            middle = (hand[bone] + hand[bone + 1]) / 2
            np.testing.assert_allclose(_at(image, middle), wanted, atol=0.5)


def test_hands_are_thinner_than_limbs() -> None:
    points, scores = _hand(LEFT_HAND)
    across = draw_pose(points * 4, scores, (2560, 1920))[4 * 275, 4 * 200 - 20 : 4 * 200 + 20]  # width 8, hands 4
    assert 4 <= across.any(axis=1).sum() <= 5


def test_a_hand_point_on_the_first_row_or_column_is_left_out() -> None:
    points, scores = _hand(LEFT_HAND)
    points[LEFT_HAND.start + 8] = 0, 150
    image = draw_pose(points, scores, SIZE)
    assert not image[:, :240].any(axis=2)[140:199, :190].any()


def test_the_face_is_not_drawn() -> None:
    points, scores = np.full((POINTS, 2), 100, np.float32), np.zeros(POINTS, np.float32)
    scores[FACE] = 1
    assert not draw_pose(points, scores, SIZE).any()


def test_limbs_start_where_an_earlier_one_ended() -> None:
    reached = {Point.NECK}
    for start, end in LIMBS:
        assert start in reached
        reached.add(end)
    assert reached == set(Point)


@given(
    arrays.arrays(np.float32, (POINTS, 2), elements=st.floats(width=32)),
    arrays.arrays(np.float32, POINTS, elements=st.floats(0, 1, width=32)),
)
def test_any_points_can_be_drawn(points: Float32, scores: Float32) -> None:
    image = draw_pose(points, scores, (64, 48))
    assert image.shape == (48, 64, 3)
    assert image.dtype == np.uint8
