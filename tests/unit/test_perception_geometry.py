"""Regions, detections, cuts of the attention mesh and heatmap refinement: the numbers around the networks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motioncast.perception.attention_mesh import CropSpec, crop_affine, crop_features
from motioncast.perception.detector import anchors, decode
from motioncast.perception.pose_network import POSE_SIDE, refine_by_heatmap
from motioncast.perception.roi import Roi, circle, enclosing, level, upright, whole
from motioncast.perception.skeleton import HAND_BONES, Body, mirror_body

angles = st.floats(-3.1, 3.1)
places = st.floats(-200, 200)


@given(places, places, st.floats(5, 500), angles)
def test_the_middle_and_the_corners_of_a_crop_lie_on_the_region(x: float, y: float, side: float, angle: float) -> None:
    affine = Roi(x, y, side, angle).to_px(64)
    assert affine @ [32, 32, 1] == pytest.approx([x, y])
    corners = affine @ np.array([[0, 64, 64, 0], [0, 0, 64, 64], [1, 1, 1, 1]])
    assert np.hypot(*(corners[:, 0] - corners[:, 1])) == pytest.approx(side)
    turned = np.arctan2(corners[1, 1] - corners[1, 0], corners[0, 1] - corners[0, 0])
    assert np.cos(turned - angle) == pytest.approx(1, abs=1e-6)


def test_a_crop_of_the_same_size_is_the_picture_itself() -> None:
    image = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    np.testing.assert_array_equal(whole(image).crop(image, 32), image)


def test_landmarks_found_in_a_turned_crop_come_back_to_where_they_were() -> None:
    image = np.zeros((120, 160, 3), np.uint8)
    image[70:73, 90:93] = 255  # centre at (91, 71)
    roi = Roi(80, 60, 70, 0.7)
    crop = roi.crop(image, 140)
    row, column = np.nonzero(crop[..., 0] > 128)
    found = np.array([[column.mean() + 0.5, row.mean() + 0.5, 4.0]])  # network coordinates: 0 is the left edge
    assert roi.landmarks_px(found, 140)[0] == pytest.approx([91, 71, 2.0], abs=0.2)


@given(angles)
def test_up_is_up_and_right_is_right(angle: float) -> None:
    direction = np.array([np.cos(angle), np.sin(angle)])
    up = Roi(0, 0, 2, upright(direction)).to_px(2)[:, :2] @ [0, -1]
    right = Roi(0, 0, 2, level(direction)).to_px(2)[:, :2] @ [1, 0]
    assert up == pytest.approx(direction, abs=1e-6)
    assert right == pytest.approx(direction, abs=1e-6)


@given(angles, st.integers(0, 2**31))
def test_an_enclosing_square_holds_all_points(angle: float, seed: int) -> None:
    points = np.random.default_rng(seed).normal(50, 20, (12, 3))
    roi = enclosing(points, angle)
    inverse = np.linalg.inv(np.vstack([roi.to_px(1), [0, 0, 1]]))
    inside = (inverse @ np.column_stack([points[:, :2], np.ones(12)]).T)[:2]
    assert inside.min() >= -1e-6
    assert inside.max() <= 1 + 1e-6
    assert np.ptp(inside, axis=1).max() == pytest.approx(1)


def test_a_circle_has_its_rim_at_the_top() -> None:
    roi = circle(np.array([10.0, 20.0]), np.array([13.0, 24.0]))
    assert roi.side == pytest.approx(10)
    assert roi.to_px(10) @ [5, 0, 1] == pytest.approx([13, 24])


@pytest.mark.parametrize(
    ("size", "strides", "per_layer", "count"),
    [
        (224, (8, 16, 32, 32, 32), 2, 2254),
        (128, (8, 16, 16, 16), 2, 896),
        (192, (4,), 1, 2304),
        (192, (8, 16, 16, 16), 2, 2016),
    ],
)
def test_there_is_one_anchor_a_box_of_the_networks(
    size: int, strides: tuple[int, ...], per_layer: int, count: int
) -> None:
    centres = anchors(size, strides, per_layer)
    assert centres.shape == (count, 2)
    assert centres[0] == pytest.approx(strides[0] / 2 / size)
    assert centres[-1] == pytest.approx(1 - strides[-1] / 2 / size)


def test_overlapping_boxes_become_their_weighted_mean_and_others_stay() -> None:
    centres = np.array([[0.25, 0.25], [0.25, 0.25], [0.75, 0.75], [0.5, 0.5]], np.float32)
    values = np.array(
        [[0, 0, 20, 20, 1, 2], [4, 0, 20, 20, 5, 2], [0, 0, 10, 10, 0, 0], [0, 0, 9, 9, 0, 0]], np.float32
    )
    logits = np.array([3.0, 3.0, 1.0, -3.0], np.float32)
    near, far = decode(values, logits, centres, 100, Roi(49.5, 49.5, 100), 0.5)
    assert near.box_px == pytest.approx(np.array([17, 15, 37, 35]) - 0.5)
    assert near.points_px[0] == pytest.approx([27.5, 26.5])
    assert far.box_px == pytest.approx(np.array([70, 70, 80, 80]) - 0.5)
    assert near.score > far.score


def test_no_detection_above_the_threshold_is_no_detection() -> None:
    assert (
        decode(np.zeros((4, 6), np.float32), np.full(4, -9.0), np.zeros((4, 2), np.float32), 64, Roi(0, 0, 64), 0.5)
        == []
    )


def test_a_sure_heatmap_moves_a_landmark_and_an_unsure_one_does_not() -> None:
    heatmap = np.full((64, 64, 3), -20.0, np.float32)
    heatmap[31, 22, 0] = 10.0  # two cells right of and one above the first landmark
    heatmap[40, 40, 1] = -1.0
    points = np.array([[20.5, 32.5], [40.5, 40.5], [-3.0, 5.0]], np.float32) * (POSE_SIDE / 64)
    refined = refine_by_heatmap(points, heatmap)
    assert refined[0] == pytest.approx(np.array([22, 31]) * POSE_SIDE / 64, abs=1e-3)
    np.testing.assert_array_equal(refined[1:], points[1:])


def slow_bilinear(features: np.ndarray, affine: np.ndarray, size: int) -> np.ndarray:
    """The definition, cell by cell."""
    height, width, channels = features.shape
    out = np.zeros((size, size, channels))
    for i in range(size):
        for j in range(size):
            x, y = affine @ [j, i, 1]
            for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
                column, row = int(np.floor(x)) + dx, int(np.floor(y)) + dy
                weight = (1 - abs(x - column)) * (1 - abs(y - row))
                out[i, j] += weight * features[min(max(row, 0), height - 1), min(max(column, 0), width - 1)]
    return out


def test_feature_crops_are_bilinear_with_held_edges() -> None:
    features = np.random.default_rng(2).normal(size=(9, 11, 3)).astype(np.float32)
    affine = np.array([[0.9, 0.4, -1.5], [-0.3, 1.1, 2.0]])
    np.testing.assert_allclose(crop_features(features, affine, 6), slow_bilinear(features, affine, 6), atol=1e-5)


def test_a_feature_crop_lies_around_its_points_along_the_eye() -> None:
    mesh = np.array([[10.0, 10, 0], [20, 10, 0], [15, 7, 0], [15, 13, 0]])
    spec = CropSpec(left=0, right=1, points=np.array([0, 1, 2, 3], np.int32), size=16, scale=1.5)
    affine = crop_affine(mesh, spec)
    assert affine @ [8, 8, 1] == pytest.approx([15, 10])
    assert affine @ [0, 8, 1] == pytest.approx([7.5, 10])
    assert affine @ [8, 0, 1] == pytest.approx([15, 5.5])


def test_mirroring_twice_changes_nothing() -> None:
    mirror = mirror_body()
    np.testing.assert_array_equal(mirror[mirror], np.arange(33))
    assert mirror[Body.LEFT_TOE] == Body.RIGHT_TOE
    assert mirror[Body.NOSE] == Body.NOSE


def test_every_hand_landmark_but_the_wrist_ends_one_bone() -> None:
    assert sorted(HAND_BONES[:, 1].tolist()) == list(range(1, 21))
