"""Replace: outside the mask the source's very pixels, inside the character, between them a seam without a halo."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motioncast.arrays import Image
from motioncast.engines.wan.conditions.condition import Condition
from motioncast.engines.wan.conditions.person_mask import MaskShape, shaped_mask, without_person
from motioncast.engines.wan.paste_back import paste_back

SIZE = (96, 160)
SEAM_PX = 10  #: the seam may be this deep: the official shape dilates by 9 pixels
BOX = (slice(20, 70), slice(30, 120))


def noise(seed: int) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (*SIZE, 3), np.uint8)


def flat(value: int) -> Image:
    return np.full((*SIZE, 3), value, np.uint8)


def box_mask() -> Image:
    mask = np.zeros(SIZE, np.uint8)
    mask[BOX] = 255
    return mask


def condition(mask: Image, frame: Image) -> Condition:
    return Condition(flat(0), flat(0), mask, without_person(frame, mask), frame)


@given(st.lists(st.tuples(*[st.integers(0, 160)] * 4), max_size=4), st.integers(0, 9))
@settings(max_examples=80, deadline=None)
def test_source_outside_and_between_both_inside(boxes: list[tuple[int, int, int, int]], seed: int) -> None:
    mask = np.zeros(SIZE, np.uint8)
    for top, bottom, left, right in boxes:
        mask[top:bottom, left:right] = 255
    frame, rendered = noise(seed), noise(seed + 10)
    kept = frame.copy(), rendered.copy()
    result = paste_back(rendered, condition(mask, frame))
    assert result.shape == frame.shape
    assert result.dtype == np.uint8
    outside = mask == 0
    np.testing.assert_array_equal(result[outside], frame[outside])
    assert (result >= np.minimum(frame, rendered)).all()
    assert (result <= np.maximum(frame, rendered)).all()
    np.testing.assert_array_equal((frame, rendered), kept)


def test_beyond_the_seam_there_is_nothing_but_the_rendering() -> None:
    frame, rendered = noise(0), noise(1)
    result = paste_back(rendered, condition(box_mask(), frame))
    deep = (slice(20 + SEAM_PX - 1, 70 - SEAM_PX + 1), slice(30 + SEAM_PX - 1, 120 - SEAM_PX + 1))
    np.testing.assert_array_equal(result[deep], rendered[deep])


def test_the_seam_rises_evenly() -> None:
    result = paste_back(flat(212), condition(box_mask(), flat(20)))
    across = result[45, :75, 0].astype(int)
    ramp = np.clip((np.arange(75) - 29) / SEAM_PX, 0, 1)
    np.testing.assert_array_equal(across, np.rint(20 + 192 * ramp))


def test_a_mask_that_reaches_the_picture_s_edge_has_no_seam_there() -> None:
    mask = np.zeros(SIZE, np.uint8)
    mask[:, :80] = 255
    result = paste_back(flat(220), condition(mask, flat(20)))
    assert (result[:, : 80 - SEAM_PX] == 220).all()
    assert (result[:, 80:] == 20).all()


def test_a_mask_over_everything_is_the_rendering() -> None:
    rendered = noise(1)
    np.testing.assert_array_equal(paste_back(rendered, condition(np.full(SIZE, 255, np.uint8), noise(0))), rendered)


def test_nobody_in_the_frame_leaves_the_frame() -> None:
    frame = noise(0)
    np.testing.assert_array_equal(paste_back(noise(1), condition(np.zeros(SIZE, np.uint8), frame)), frame)


@pytest.mark.parametrize("grid", [1, 40])
def test_nothing_of_the_performer_shows_through(grid: int) -> None:
    """The seam lies within the rim by which masks are dilated, however closely they follow the outline."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    soft = np.where((x - 80) ** 2 + ((y - 48) * 1.5) ** 2 < 30**2, np.uint8(255), np.uint8(0))
    mask = shaped_mask(soft, MaskShape(columns=grid, rows=grid))
    rendered = noise(1)
    result = paste_back(rendered, condition(mask, noise(0)))
    np.testing.assert_array_equal(result[soft > 0], rendered[soft > 0])


def test_conditions_from_files_have_a_hard_seam_and_no_dark_halo() -> None:
    frame, rendered, mask = flat(200), flat(180), box_mask()
    result = paste_back(rendered, replace(condition(mask, frame), frame=None))
    np.testing.assert_array_equal(result, np.where(mask[..., None] > 0, rendered, frame))
    assert result.min() == 180  # the hole's black is nowhere


def test_animate_has_nothing_to_paste() -> None:
    rendered = noise(1)
    assert paste_back(rendered, Condition(flat(0), flat(0))) is rendered
