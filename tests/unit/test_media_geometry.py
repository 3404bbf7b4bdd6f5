import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motioncast.media.geometry import fit, fit_affine, output_size, within

AREA_480P, AREA_720P = 832 * 480, 1280 * 720
sides = st.integers(64, 8192)
areas = st.sampled_from([AREA_480P, AREA_720P])


@pytest.mark.parametrize(
    ("source", "area", "expected"),
    [
        ((832, 480), AREA_480P, (832, 480)),
        ((480, 832), AREA_480P, (480, 832)),
        ((1280, 720), AREA_720P, (1280, 720)),
        ((720, 1280), AREA_720P, (720, 1280)),
        ((1920, 1080), AREA_720P, (1280, 720)),
        ((1920, 1080), AREA_480P, (832, 464)),
    ],
)
def test_the_standard_sizes_are_met_exactly(source, area, expected):
    assert output_size(*source, area) == expected


@given(sides, sides, areas)
def test_output_sides_are_multiples_of_16_and_the_area_is_not_exceeded(width, height, area):
    w, h = output_size(width, height, area)
    assert w % 16 == 0
    assert h % 16 == 0
    assert min(w, h) >= 64
    assert w * h <= area


@given(sides, sides, areas)
def test_ordinary_shapes_keep_their_aspect_and_most_of_the_area(width, height, area):
    aspect = width / height
    if not 1 / 3 < aspect < 3:
        return
    w, h = output_size(width, height, area)
    assert abs(math.log(w / h / aspect)) < 0.025
    assert w * h > 0.9 * area


@given(st.integers(64, 4000), st.integers(64, 4000), areas)
def test_the_affine_takes_the_kept_part_to_the_whole_output_and_crops_at_most_one_percent(width, height, area):
    size = output_size(width, height, area)
    affine = fit_affine((width, height), size)
    corners = np.array([[-0.5, -0.5, 1], [size[0] - 0.5, size[1] - 0.5, 1]])
    inverse = np.linalg.inv(np.vstack([affine, [0, 0, 1]]))
    low, high = (corners @ inverse.T)[:, :2]
    assert (low >= -0.5 - 1e-6).all()
    assert (high <= np.array([width, height]) - 0.5 + 1e-6).all()
    assert (high - low >= 0.99 * np.array([width, height]) - 1e-6).all()


@pytest.mark.parametrize("source", [(640, 361), (1000, 565), (300, 200), (2000, 1130), (200, 1000)])
def test_fit_moves_a_mark_to_where_the_affine_says(source):
    size = output_size(*source, 320 * 192)
    width, height = source
    y, x = np.mgrid[:height, :width]
    for mark in [(width * 0.2, height * 0.3), (width * 0.75, height * 0.8)]:
        blob = 255 * np.exp(-((x - mark[0]) ** 2 + (y - mark[1]) ** 2) / (2 * (min(source) / 20) ** 2))
        shown = fit(np.repeat(blob[..., None], 3, axis=2).astype(np.uint8), size)[..., 0].astype(float)
        found = [
            (shown.sum(axis=0) @ np.arange(size[0])) / shown.sum(),
            (shown.sum(axis=1) @ np.arange(size[1])) / shown.sum(),
        ]
        assert fit_affine(source, size) @ [*mark, 1] == pytest.approx(found, abs=0.15)


@given(st.integers(64, 600), st.integers(64, 600))
def test_fit_never_adds_bars(width, height):
    size = output_size(width, height, 320 * 192)
    assert (fit(np.full((height, width, 3), 200, np.uint8), size) == 200).all()
    assert fit(np.full((height, width, 3), 200, np.uint8), size).shape == (size[1], size[0], 3)


def test_fit_takes_masks_and_leaves_the_right_size_alone():
    mask = np.full((100, 180), 255, np.uint8)
    assert fit(mask, (160, 96)).shape == (96, 160)
    assert fit(mask, (180, 100)) is mask


def test_within_limits_the_longer_side_and_never_enlarges():
    assert within((1920, 1080), 832) == (832, 468)
    assert within((1080, 1920), 832) == (468, 832)
    assert within((320, 200), 832) == (320, 200)
