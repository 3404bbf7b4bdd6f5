"""The performer's face in every frame, whether it shows or not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motioncast.arrays import Float32, Image
from motioncast.engines.wan.conditions.face_crop import FACE_PX, crop_face, face_boxes
from motioncast.engines.wan.conditions.wholebody import FACE, WholeBody

POINTS, WIDTH, HEIGHT = 133, 640, 360
FACE_SIZE = np.array([60.0, 80.0])


def performer(centres: Float32, seed: int = 0) -> WholeBody:
    """Someone whose face is where `centres` (N, 2) are: an ellipse of points, with a head and shoulders around it."""
    angle = np.linspace(0, 2 * np.pi, 68, endpoint=False)
    points = np.zeros((len(centres), POINTS, 2), np.float32)
    points[:, FACE] = centres[:, None] + np.stack([np.cos(angle), np.sin(angle)], axis=1) * FACE_SIZE / 2
    head = np.array([(0, 0), (12, -12), (-12, -12), (30, -6), (-30, -6), (70, 80), (-70, 80)])
    points[:, :7] = centres[:, None] + head
    scores = np.full((len(centres), POINTS), 0.9, np.float32)
    return WholeBody(points, scores, WIDTH, HEIGHT)


def standing(count: int) -> Float32:
    return np.tile(np.float32([300, 150]), (count, 1))


def walking(count: int) -> Float32:
    return np.stack([np.linspace(150, 450, count), np.full(count, 150)], axis=1).astype(np.float32)


def turned_away(body: WholeBody, frames: slice) -> WholeBody:
    """The same performer, whose face points are no numbers in some frames."""
    points, scores = body.points_px.copy(), body.scores.copy()
    points[frames, FACE], scores[frames, FACE] = np.nan, 0
    return replace(body, points_px=points, scores=scores)


def middles(edges: Float32) -> Float32:
    return (edges[:, :2] + edges[:, 2:]) / 2


@settings(max_examples=60, deadline=None)
@given(
    count=st.sampled_from([1, 2, 9]),
    x=st.floats(-20, 640),
    y=st.floats(-20, 340),
    width=st.floats(20, 300),
    height=st.floats(20, 300),
)
def test_box_of_a_still_face_is_the_official_one(count: int, x: float, y: float, width: float, height: float) -> None:
    corners = np.linspace((x, y), (x + width, y + height), 68)
    body = performer(standing(count))
    body.points_px[:, FACE] = corners
    growth = 1.3 * width * height
    wide, tall = np.sqrt(growth * width / height), np.sqrt(growth * height / width)
    left, right = max(x - (wide - width) / 2, 0), min(x + width + (wide - width) / 2, WIDTH)
    top, bottom = max(y - 3 * (tall - height) / 4, 0), min(y + height + (tall - height) / 4, HEIGHT)
    if min(right - left, bottom - top) < 8:
        return
    boxes = face_boxes(body)
    assert boxes.found.all()
    np.testing.assert_allclose(boxes.edges_px, np.tile([left, top, right, bottom], (count, 1)), atol=1.01)
    assert (boxes.edges_px <= np.array([left, top, right, bottom]) + 0.01).all()  # cut off, not rounded


def test_turned_face_has_the_box_between_its_neighbours() -> None:
    body = performer(walking(30))
    whole, gap = face_boxes(body), face_boxes(turned_away(body, slice(10, 20)))
    assert not gap.found[10:20].any()
    assert gap.found[:10].all()
    assert gap.found[20:].all()
    np.testing.assert_allclose(gap.edges_px, whole.edges_px, atol=1)


def test_box_of_a_turned_face_follows_the_head() -> None:
    there_and_back = np.concatenate([walking(20), walking(20)[::-1]])
    body = performer(there_and_back)
    gap = face_boxes(turned_away(body, slice(2, 38)))
    np.testing.assert_allclose(middles(gap.edges_px)[:, 0], there_and_back[:, 0], atol=6)


def test_box_is_interpolated_where_the_head_is_not_known_either() -> None:
    body = turned_away(performer(walking(30)), slice(10, 20))
    body.points_px[10:20], body.scores[10:20] = np.inf, 0
    boxes = face_boxes(body)
    np.testing.assert_allclose(middles(boxes.edges_px)[:, 0], walking(30)[:, 0], atol=6)


@pytest.mark.parametrize(("away", "like"), [(slice(0, 5), 5), (slice(15, 20), 14)])
def test_face_missing_at_an_end_has_the_nearest_box(away: slice, like: int) -> None:
    body = performer(standing(20))
    boxes = face_boxes(turned_away(body, away))
    np.testing.assert_array_equal(boxes.edges_px[away], np.tile(boxes.edges_px[like], (5, 1)))


def test_performer_who_never_shows_a_face_has_boxes_around_the_head() -> None:
    body = turned_away(performer(walking(10)), slice(None))
    body.scores[:, :3] = 0  # eyes and nose are hidden, ears and shoulders are not
    boxes = face_boxes(body)
    assert not boxes.found.any()
    head = body.points_px[:, :5]
    assert (boxes.edges_px[:, None, :2] <= head).all()
    assert (boxes.edges_px[:, None, 2:] >= head).all()
    assert np.ptp(boxes.edges_px[:, [0, 2]], axis=1).max() < 3 * FACE_SIZE[0]


def test_nobody_gives_a_black_face() -> None:
    body = performer(standing(4))
    boxes = face_boxes(replace(body, scores=np.zeros_like(body.scores)))
    face = crop_face(np.full((HEIGHT, WIDTH, 3), 200, np.uint8), boxes.edges_px[0])
    assert face.shape == (FACE_PX, FACE_PX, 3)
    assert not face.any()


def test_jitter_of_the_points_does_not_shake_the_box() -> None:
    noise = np.random.default_rng(3).normal(0, 1.2, (80, 2)).astype(np.float32)
    shaken = face_boxes(performer(standing(80) + noise)).edges_px[:, :2]
    assert shaken.std(axis=0).max() < 0.75 * noise.std(axis=0).min()


def test_a_sudden_move_is_followed_at_once() -> None:
    place = standing(40)
    place[20:] += np.float32([60, 20])
    jump = middles(face_boxes(performer(place)).edges_px)
    np.testing.assert_allclose(jump[:, 0], place[:, 0], atol=2)


def test_boxes_of_two_shots_do_not_mix() -> None:
    body = performer(np.concatenate([standing(10), standing(10) + np.float32([200, 60])]))
    boxes = face_boxes(turned_away(body, slice(8, 12)), cuts=(10,))
    np.testing.assert_array_equal(boxes.edges_px[:10], np.tile(boxes.edges_px[0], (10, 1)))
    np.testing.assert_array_equal(boxes.edges_px[10:], np.tile(boxes.edges_px[-1], (10, 1)))


def test_crop_is_stretched_to_the_square_as_in_training() -> None:
    frame: Image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    frame[50:150, 100:140] = (255, 0, 0)
    frame[50:150, 140:180] = (0, 0, 255)
    face = crop_face(frame, np.array([100, 50, 180, 150], np.int32))
    assert face[:, :250, 0].min() == 255
    assert face[:, 262:, 2].min() == 255


numbers = st.one_of(st.floats(-2000, 2000), st.sampled_from([float("nan"), float("inf"), float("-inf")]))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), count=st.integers(1, 6))
def test_whatever_a_detector_says_there_is_a_face_picture(data: st.DataObject, count: int) -> None:
    body = performer(walking(count))
    for frame in range(count):
        at = data.draw(st.integers(0, POINTS - 1))
        body.points_px[frame, at] = data.draw(numbers), data.draw(numbers)
        body.scores[frame] = data.draw(st.sampled_from([0.0, 0.2, 0.9, float("nan")]))
    boxes = face_boxes(body)
    edges = boxes.edges_px
    assert (edges >= 0).all()
    assert (edges <= [WIDTH, HEIGHT, WIDTH, HEIGHT]).all()
    frame: Image = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    for box in edges:
        face = crop_face(frame, box)
        assert face.shape == (FACE_PX, FACE_PX, 3)
        assert face.any() == (box[2] > box[0])
