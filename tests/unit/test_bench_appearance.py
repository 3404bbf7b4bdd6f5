"""Measures of the quality bench on what a picture looks like: identity, flicker, folds, stillness, light and hue."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from bench.flicker import flicker, luma_maps, skin_patches
from bench.frames import write_png
from bench.identity import cosine_distance, distance_to_reference, own_distance
from bench.in_process import WatchedCanvas, spread
from bench.mesh_flips import flipped_share, rigidly_moved
from bench.replace_measures import hue, hue_difference_deg, illuminant, light_gap
from bench.still_driver import FRAMES, difference, still_clip
from motioncast.arrays import Float64, Image
from motioncast.engines.puppet import staging
from motioncast.engines.puppet.face.atlas import SIDE
from motioncast.engines.puppet.face.topology import CANONICAL, FACE
from motioncast.engines.puppet.texture import Texture


def face_px() -> Float64:
    face: Float64 = CANONICAL * 120 + [160, 150, 0]
    return face


def turned(points: Float64, degrees: float) -> Float64:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    about_y: Float64 = points @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T
    return about_y


def test_cosine_distance_is_0_for_the_same_direction_and_1_at_right_angles() -> None:
    assert cosine_distance(np.array([1.0, 0]), np.array([[3.0, 0], [0, 2], [-1, 0]])) == pytest.approx([0, 1, 2])


def test_distance_to_the_reference_is_a_median_and_needs_both_sides() -> None:
    reference = np.array([[1.0, 0]])
    output = np.array([[1.0, 0], [1, 0], [0, 1]])
    assert distance_to_reference(reference, output) == pytest.approx(0)
    assert np.isnan(distance_to_reference(reference, output[:0]))


def test_own_distance_compares_each_frame_with_the_others_only() -> None:
    assert own_distance(np.eye(3)) == pytest.approx(1)
    assert own_distance(np.ones((3, 2))) == pytest.approx(0)
    assert np.isnan(own_distance(np.ones((1, 2))))


def flat(level: float) -> Float64:
    return np.full((SIDE, SIDE), level)


def test_flicker_ignores_steady_change_and_reads_the_size_of_a_jitter() -> None:
    assert flicker([flat(2.0 * t) for t in range(20)]) == pytest.approx(0)
    assert flicker([flat(2.0 * t + 3 * (t % 2)) for t in range(20)]) == pytest.approx(6)


def test_flicker_skips_frames_without_a_face_and_needs_some_with_one() -> None:
    maps: list[Float64 | None] = [flat(t % 2) for t in range(20)]
    maps[10] = None
    assert flicker(maps) == pytest.approx(2)
    assert np.isnan(flicker(maps[:8]))


def test_skin_that_trembles_does_not_flicker() -> None:
    rng = np.random.default_rng(3)
    skin = cv2.GaussianBlur(rng.normal(120, 60, (SIDE, SIDE)), (0, 0), 4)
    shifts = [np.array([[1.0, 0, dx], [0, 1, dy]]) for dx, dy in rng.normal(0, 0.3, (20, 2))]
    trembling = [cv2.warpAffine(skin, shift, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT) for shift in shifts]
    plain = np.abs(np.diff(trembling, n=2, axis=0)).mean()
    assert flicker(trembling) < 0.3 * plain
    assert flicker([skin + 3 * (t % 2) for t in range(20)]) == pytest.approx(6, rel=0.2)  # light is no tremble


def test_skin_keeps_its_luma_when_the_face_moves(tmp_path: Path) -> None:
    ramp = np.repeat(np.linspace(30, 220, 320)[None, :, None], 320, axis=0).repeat(3, axis=2).astype(np.uint8)
    for index in range(3):
        write_png(tmp_path / f"{index:03}.png", np.roll(ramp, 10 * index, axis=1))
    faces = [np.add(face_px(), (10 * index, 0, 0)) for index in range(3)]
    patches = skin_patches()
    first, *others = luma_maps(tmp_path / "%03d.png", faces, (320, 320), 320)
    assert first is not None
    assert len(patches) == 10
    assert np.logical_or.reduce(patches).sum() > 500
    for other in others:
        assert np.abs(other - first)[np.logical_or.reduce(patches)].max() < 1.5


def test_a_fold_is_the_area_drawn_the_wrong_way_round() -> None:
    face = face_px()
    assert flipped_share(face, face) == 0
    mirrored = face * [-1, 1, 1]
    assert flipped_share(mirrored, face) > 0.97
    folded = face.copy()
    folded[1, 0] += 60  # the tip of the nose over the cheek
    assert 0.001 < flipped_share(folded, face) < 0.5


def test_a_head_that_only_turns_has_no_folds_though_its_far_side_turns_away() -> None:
    face = face_px()[:FACE]
    there = turned(face, 50)
    assert flipped_share(there, face) > 0
    assert flipped_share(there, rigidly_moved(face, there)) == 0


def test_the_watched_mesh_is_remembered_where_it_would_be_drawn() -> None:
    triangles, others = np.array([[0, 1, 2]], np.int32), np.array([[0, 1, 2]], np.int32)
    canvas = WatchedCanvas((32, 32), triangles)
    texture = Texture.of(np.full((32, 32, 4), 255, np.uint8))
    corners = np.array([(2, 2, 0), (20, 2, 0), (2, 20, 0)], np.float32)
    canvas.draw(corners + 5, corners[:, :2].copy(), others, texture, 1.0)
    assert canvas.vertices_px is None
    canvas.draw(corners, corners[:, :2].copy(), triangles, texture, 1.0)
    assert np.array_equal(canvas.vertices_px, corners)
    assert not canvas.rgb.any()


def test_what_makes_a_self_reenactment_that_of_a_stranger_is_still_there_to_be_switched_off() -> None:
    assert callable(staging.recognise)


def test_frames_are_spread_over_the_clip_without_repeats() -> None:
    assert spread(100, 5) == [0, 25, 50, 74, 99]
    assert spread(3, 12) == [0, 1, 2]


def test_a_still_clip_shows_the_very_picture(tmp_path: Path) -> None:
    picture: Image = np.random.default_rng(0).integers(0, 256, (41, 62, 3)).astype(np.uint8)
    with av.open(str(still_clip(picture, tmp_path / "still.mp4"))) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == FRAMES
    assert all(np.array_equal(frame, picture[:40]) for frame in frames)


def test_difference_counts_pixels_more_than_one_level_off() -> None:
    wanted = np.full((10, 10, 3), 100, np.uint8)
    made = wanted.copy()
    made[:5] += 1
    made[0, 0, 2] = 90
    assert difference(made, wanted) == {"share_off": 0.01, "largest": 10}


def test_the_illuminant_of_a_grey_scene_is_the_colour_of_its_light() -> None:
    grey = np.random.default_rng(0).uniform(0.2, 1, (500, 1))
    light = np.array([1.0, 0.8, 0.6])
    lit = np.round(255 * (grey * light) ** (1 / 2.2)).astype(np.uint8)
    white = np.round(255 * np.repeat(grey, 3, axis=1) ** (1 / 2.2)).astype(np.uint8)
    assert illuminant(lit) == pytest.approx(light / light.mean(), abs=0.01)
    assert light_gap(lit, white) == pytest.approx(0.25, abs=0.02)
    assert light_gap(lit, lit) == 0


def test_hues_turn_the_short_way_and_grey_pixels_do_not_count() -> None:
    red, green, grey = ([220, 40, 40], [40, 200, 60], [128, 128, 128])
    assert hue_difference_deg(np.exp(3j), np.exp(-3j)) == pytest.approx(np.degrees(2 * np.pi - 6))
    clothes = hue(np.array([red, grey, grey], np.uint8))
    assert hue_difference_deg(clothes, hue(np.array([red], np.uint8))) < 1
    assert hue_difference_deg(clothes, hue(np.array([green], np.uint8))) > 60
