"""Masks, backgrounds and the reference image's canvas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motioncast.arrays import Image
from motioncast.engines.wan.conditions.person_mask import MaskShape, shaped_mask, silhouette, without_person
from motioncast.engines.wan.conditions.reference import reference_canvas
from motioncast.errors import InputError
from motioncast.media.geometry import output_size
from motioncast.media.image import ReferenceImage
from motioncast.request import Mode

SIZE = (120, 90)


def person(*spots: tuple[int, int, int, int]) -> Image:
    """(90, 120) soft mask with rectangles (left, top, right, bottom) of person."""
    mask = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    for left, top, right, bottom in spots:
        mask[top:bottom, left:right] = 230
    return mask


def box_of(mask: Image) -> tuple[int, int, int, int]:
    down, across = np.nonzero(mask)
    return across.min(), down.min(), across.max() + 1, down.max() + 1


def test_official_dilation_reaches_nine_pixels() -> None:
    assert box_of(silhouette(person((50, 40, 51, 41)), MaskShape())) == (41, 31, 60, 50)


def test_official_grid_fills_the_box_to_its_last_row_and_column() -> None:
    mask = shaped_mask(person((40, 20, 50, 30), (70, 60, 75, 70)), MaskShape())
    assert box_of(mask) == (31, 11, 84, 79)
    assert (mask[11:79, 31:84] == 255).all()


def test_half_a_person_counts_and_less_does_not() -> None:
    plain = MaskShape(iterations=0)
    soft = person()
    soft[10:20, 10:20], soft[10:20, 30:40] = 128, 127
    assert box_of(silhouette(soft, plain)) == (10, 10, 20, 20)


@settings(max_examples=60, deadline=None)
@given(
    left=st.integers(0, 110),
    top=st.integers(0, 80),
    width=st.integers(1, 60),
    height=st.integers(1, 60),
    columns=st.integers(1, 40),
    rows=st.integers(1, 40),
)
def test_cells_are_filled_whole_and_only_where_touched(
    left: int, top: int, width: int, height: int, columns: int, rows: int
) -> None:
    soft = person((left, top, left + width, top + height), (60, 45, 63, 47))
    shape = MaskShape(kernel=3, iterations=1, columns=columns, rows=rows)
    plain, mask = silhouette(soft, shape), shaped_mask(soft, shape)
    assert set(np.unique(mask)) <= {0, 255}
    assert (mask[plain > 0] == 255).all()
    x0, y0, x1, y1 = box_of(plain)
    assert box_of(mask) == (x0, y0, x1, y1)
    across, down = np.arange(x1 - x0) * columns // (x1 - x0), np.arange(y1 - y0) * rows // (y1 - y0)
    for row in np.unique(down):
        for column in np.unique(across):
            cell = np.ix_(y0 + np.flatnonzero(down == row), x0 + np.flatnonzero(across == column))
            assert (mask[cell] == (255 if plain[cell].any() else 0)).all()


def test_person_narrower_than_the_grid_is_no_trouble() -> None:
    soft = person((50, 40, 52, 60))
    fine = MaskShape(kernel=1, iterations=1, columns=10, rows=20)
    np.testing.assert_array_equal(shaped_mask(soft, fine) > 0, soft > 0)


def test_finer_grid_keeps_more_of_the_background() -> None:
    soft = person((40, 10, 50, 80), (20, 70, 70, 75))
    areas = [int((shaped_mask(soft, MaskShape(columns=n, rows=n)) > 0).sum()) for n in (1, 4, 30)]
    assert areas[0] > areas[1] > areas[2]


def test_empty_mask_keeps_the_driving_frame() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)
    mask = shaped_mask(person(), MaskShape())
    assert not mask.any()
    np.testing.assert_array_equal(without_person(frame, mask), frame)


def test_hole_is_black_and_the_rest_untouched() -> None:
    frame = np.random.default_rng(0).integers(1, 256, (SIZE[1], SIZE[0], 3), np.uint8)
    mask = shaped_mask(person((40, 20, 50, 30)), MaskShape())
    background = without_person(frame, mask)
    assert not background[mask > 0].any()
    np.testing.assert_array_equal(background[mask == 0], frame[mask == 0])


@pytest.mark.parametrize(
    "shape", [{"kernel": 0}, {"iterations": -1}, {"columns": 0}, {"rows": 0}, {"columns": 100_000}]
)
def test_senseless_shape_is_refused(shape: dict[str, int]) -> None:
    with pytest.raises(InputError, match=next(iter(shape))):
        MaskShape(**shape)


def picture(width: int, height: int, level: int = 180) -> ReferenceImage:
    return ReferenceImage(np.full((height, width, 3), level, np.uint8), None)


@pytest.mark.parametrize("source", [(1440, 1080), (1080, 1350), (2560, 1080), (1170, 2532), (600, 801), (1920, 1080)])
@pytest.mark.parametrize("area", [832 * 480, 1280 * 720])
def test_animate_has_no_black_bars(source: tuple[int, int], area: int) -> None:
    """The official code letterboxes all of these sizes but the last."""
    size = output_size(*source, area)
    canvas = reference_canvas(picture(*source), size, Mode.ANIMATE)
    assert canvas.shape == (size[1], size[0], 3)
    assert canvas.min() == 180


def test_replace_shows_the_whole_picture_between_bars() -> None:
    canvas = reference_canvas(picture(300, 600), (832, 480), Mode.REPLACE)
    lit = canvas.any(axis=2)
    assert box_of(lit.astype(np.uint8)) == (296, 0, 536, 480)
    assert (canvas[lit] == 180).all()


@pytest.mark.parametrize("source", [(1440, 1080), (828, 616)])
def test_replace_has_no_bars_where_the_aspects_nearly_agree(source: tuple[int, int]) -> None:
    assert reference_canvas(picture(*source), (1104, 816), Mode.REPLACE).min() == 180
