"""The simple baselines of the quality bench, and what is compared with them."""

import cv2
import numpy as np
import pytest

from bench.against_baselines import best_place, face_hull
from bench.delaunay_baseline import BORDER_POINTS, FACE, DelaunayBaseline, border_points
from bench.skinning_baseline import SkinningBaseline, bone_ends
from bench.warp import warp
from motioncast.arrays import Float64, Image
from motioncast.engines.puppet.face.topology import CANONICAL

SIDE = 200
STANDING = {
    7: (108, 30), 8: (92, 30), 11: (120, 60), 12: (80, 60), 13: (130, 90), 14: (70, 90), 15: (135, 120), 16: (65, 120),
    19: (137, 132), 20: (63, 132), 23: (112, 115), 24: (88, 115), 25: (112, 150), 26: (88, 150), 27: (112, 185),
    28: (88, 185),
}  # fmt: skip


def ramps() -> Image:
    """Red grows to the right, green downwards, so that a colour tells where it came from."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.uint8)
    return np.dstack([x, y, np.zeros_like(x)])


def face_px() -> Float64:
    face: Float64 = CANONICAL[:FACE, :2] * 80 + [100, 90]
    return face


def body_px() -> Float64:
    body = np.zeros((33, 3))
    for point, place in STANDING.items():
        body[point, :2] = place
    return body


def standing() -> SkinningBaseline:
    person = np.zeros((SIDE, SIDE), np.uint8)
    for start, end in bone_ends(body_px()):
        cv2.line(person, np.round(start).astype(int).tolist(), np.round(end).astype(int).tolist(), 255, 21)
    return SkinningBaseline.of(ramps(), body_px(), np.ones(33), person)


def test_a_moved_triangle_takes_its_colours_along_and_leaves_the_ground_elsewhere() -> None:
    source = np.array([(20, 20), (60, 20), (20, 60)], float)
    ground = np.full((SIDE, SIDE, 3), 7, np.uint8)
    out = warp(ramps(), source, np.add(source, (50, 10)), np.array([[0, 1, 2]], np.int32), ground)
    assert out[40, 80].tolist() == [30, 30, 0]
    assert out[150, 150].tolist() == [7, 7, 7]


def test_the_delaunay_baseline_returns_the_picture_where_nothing_moved() -> None:
    picture = ramps()
    assert np.abs(DelaunayBaseline.of(picture, face_px()).at(face_px()).astype(int) - picture).max() <= 1


def test_the_delaunay_baseline_moves_every_landmark_exactly_and_keeps_the_border() -> None:
    moved = face_px() * [1.1, 0.9] + [4, 2]
    out = DelaunayBaseline.of(ramps(), face_px()).at(moved).astype(float)
    inner = CANONICAL[:FACE, 2] < 0  # the front of the face, which no other triangle covers
    x, y = np.round(moved[inner]).astype(int).T
    affine = np.column_stack([x, y]) / [1.1, 0.9] - [4 / 1.1, 2 / 0.9]
    assert np.abs(out[y, x, :2] - affine).max() <= 2
    assert np.array_equal(out[0], ramps()[0])


def test_border_points_go_once_around_the_picture() -> None:
    points = border_points(30, 20)
    assert len(np.unique(points, axis=0)) == 4 * BORDER_POINTS
    assert ((points == 0) | (points == [29, 19])).any(axis=1).all()


def test_the_skinned_body_stands_still_with_the_reference_and_goes_with_its_bones() -> None:
    baseline = standing()
    assert np.abs(baseline.at(body_px()).astype(int) - ramps()).max() <= 1
    out = baseline.at(np.add(body_px(), (20, 5, 0)))
    assert out[90 + 5, 100 + 20, :2].tolist() == pytest.approx([100, 90], abs=1)


def test_a_lifted_forearm_shows_the_colours_of_the_forearm_where_it_goes() -> None:
    body = body_px()
    body[15, :2], body[19, :2] = (160, 85), (172, 83)  # the left one, sideways
    middle = (body[13, :2] + body[15, :2]) / 2
    colour = standing().at(body)[round(middle[1]), round(middle[0]), :2]
    assert np.linalg.norm(colour - (body_px()[13, :2] + body_px()[15, :2]) / 2) < 12


def test_bones_that_the_reference_hides_are_left_out() -> None:
    hidden = np.ones(33)
    hidden[15] = 0.2
    baseline = SkinningBaseline.of(ramps(), body_px(), hidden, np.full((SIDE, SIDE), 255, np.uint8))
    assert (~baseline.used).sum() == 2  # forearm and hand
    assert baseline.weights.sum(axis=1) == pytest.approx(1)


def test_the_hull_of_a_face_holds_its_landmarks() -> None:
    inside = face_hull(face_px(), (SIDE, SIDE))
    x, y = np.round(face_px()).astype(int).T
    assert inside[y, x].all()
    assert inside.mean() < 0.3


def test_a_face_in_the_wrong_place_is_found_where_it_is() -> None:
    truth = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    inside = face_hull(face_px(), (SIDE, SIDE))
    shift, best = best_place(np.roll(truth, (5, -9), (0, 1)), truth, inside)
    assert shift == (-9, 5)
    assert best > 40
