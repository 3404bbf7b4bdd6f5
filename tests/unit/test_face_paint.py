"""Eyeballs, mouth interior and expression shading on the canvas."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from drawn_face import IRIS, SIDE, SKIN, draw, place, shape, still, track

from motioncast.engines.puppet.face.atlas import INSIDE, luma_atlas
from motioncast.engines.puppet.face.character_face import prepare_face
from motioncast.engines.puppet.face.driver_look import look_into_mouth, study_driver, study_frames, to_frame_px
from motioncast.engines.puppet.face.eye_paint import paint_eyes
from motioncast.engines.puppet.face.fill import clipped_box, outline_mask, push_pull
from motioncast.engines.puppet.face.lids import snap_lids
from motioncast.engines.puppet.face.mouth import MouthPainter
from motioncast.engines.puppet.face.mouth_kernels import grade
from motioncast.engines.puppet.face.performance import analyse_face
from motioncast.engines.puppet.face.shading import ExpressionShading, bare_forehead, plain_skin
from motioncast.engines.puppet.face.skin import LUMA, colour_gain, greyer, lip_rgb, redder_lips, skin_rgb
from motioncast.engines.puppet.face.teeth import draw_teeth, fitting_level, tooth_levels
from motioncast.engines.puppet.face.topology import (
    EYES,
    FACE,
    INNER_LOWER,
    INNER_UPPER,
    OUTER_LOWER,
    OUTER_UPPER,
    contour,
)

FULL = np.full((SIDE, SIDE), 255, np.uint8)
REST = np.zeros(2)


@pytest.fixture(scope="module")
def landmarks():
    return place(shape())


@pytest.fixture(scope="module")
def character(landmarks):
    return prepare_face(draw(landmarks), still(landmarks))


def iris_centre(image, landmarks):
    """Mean place of iris-coloured pixels inside the eyes."""
    inside = np.zeros((SIDE, SIDE), bool)
    for eye in EYES:
        inside |= outline_mask(landmarks[contour(eye.upper, eye.lower), :2], (SIDE, SIDE)) > 200
    near = (np.abs(image.astype(int) - IRIS).sum(axis=2) < 120) & inside
    return np.argwhere(near).mean(axis=0)[::-1], int(near.sum())


def test_drawn_irises_are_found(character, landmarks):
    for layer in character.eyes:
        assert layer.follow == 1.0
        assert layer.white_rgb.min() > 200


def test_gaze_moves_the_iris(character, landmarks):
    places = []
    for gaze in (-0.15, 0.0, 0.15):
        canvas = draw(landmarks)
        paint_eyes(canvas, FULL, landmarks[:FACE], np.eye(2), character, np.array([gaze, 0.0]), REST)
        places.append(iris_centre(canvas, landmarks)[0][0])
    width = character.eyes[0].width_px
    assert places[1] - places[0] == pytest.approx(0.15 * width, abs=0.07 * width)
    assert places[2] - places[1] == pytest.approx(0.15 * width, abs=0.07 * width)


def test_eyes_at_rest_look_like_the_picture(character, landmarks):
    canvas = draw(landmarks)
    paint_eyes(canvas, FULL, landmarks[:FACE], np.eye(2), character, REST, REST)
    assert np.abs(canvas.astype(int) - draw(landmarks)).mean() < 0.3


def test_shut_lids_hide_the_eyeball(character, landmarks):
    shut = place(shape(closed=1.1))
    canvas = np.full((SIDE, SIDE, 3), SKIN, np.uint8)
    paint_eyes(canvas, FULL, shut[:FACE], np.eye(2), character, REST, np.ones(2))
    open_canvas = canvas.copy()
    paint_eyes(open_canvas, FULL, landmarks[:FACE], np.eye(2), character, REST, REST)
    # nothing bluer than the skin is left: only the dark line of the lid
    changed = lambda c: (c[..., 2].astype(int) - c[..., 0] > 15).sum()  # noqa: E731
    assert changed(open_canvas) > 30
    assert changed(canvas) == 0


def test_upper_lids_are_found_above_landmarks_that_lie_on_the_white():
    true = 4 * place(shape())
    image = cv2.resize(draw(true / 4), None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    low = true.copy()
    for eye in EYES:
        ball = np.round(true[contour(eye.upper, eye.lower), :2]).astype(np.int32)
        cv2.fillPoly(image, [ball], (240, 240, 235))
        lashes = np.round(true[eye.upper, :2] * 16).astype(np.int32)
        cv2.polylines(image, [lashes], False, (40, 25, 20), 5, cv2.LINE_AA, 4)
        low[eye.upper, 1] += 0.25 * (true[eye.lower, 1] - true[eye.upper, 1])
    found, kept = snap_lids(image, low), snap_lids(image, true)
    for eye in EYES:
        lids = eye.upper[2:7]
        before, after = (np.abs(face[lids, 1] - true[lids, 1]).mean() for face in (low, found))
        assert after < 0.75 * before
        assert np.abs(kept[lids, 1] - true[lids, 1]).mean() < 0.4 * before


def test_a_moved_lid_keeps_a_dark_margin(character, landmarks):
    shut = place(shape(closed=1.0))
    canvas = np.full((SIDE, SIDE, 3), SKIN, np.uint8)
    paint_eyes(canvas, FULL, shut[:FACE], np.eye(2), character, REST, np.ones(2))
    for eye in EYES:
        x, y = np.round(shut[eye.upper[4], :2]).astype(int)
        assert canvas[y - 1 : y + 2, x].min(axis=0).sum() < 0.6 * sum(SKIN)
        assert (canvas[y - 8, x] == SKIN).all()


def test_nothing_is_painted_off_the_head_or_off_the_canvas(character, landmarks):
    canvas = draw(landmarks)
    before = canvas.copy()
    turned = np.array([0.2, 0.0])
    paint_eyes(canvas, np.zeros_like(FULL), landmarks[:FACE], np.eye(2), character, turned, REST)
    paint_eyes(canvas, FULL, landmarks[:FACE] + np.array([5000, 0, 0]), np.eye(2), character, turned, REST)
    paint_eyes(canvas, FULL, np.full((FACE, 3), np.nan), np.eye(2), character, turned, REST)
    assert (canvas == before).all()


def mouth_of(character, shapes, seed=0, scale=1.0):
    frames = [place(s) for s in shapes]
    performance = analyse_face(track(frames))
    pictures = {int(i): draw(frames[i]) for i in study_frames(performance, range(len(performance)))}
    return MouthPainter(character, performance, study_driver(performance, pictures, scale), seed)


def painted(painter, vertices, index, frame):
    canvas = draw(place(shape()))
    painter.paint(canvas, FULL, vertices, index, frame)
    return canvas


def painted_large(painter, vertices, index, frame):
    """The same on a canvas of twice the size: small mouths have a contrast of their own."""
    canvas = np.full((2 * SIDE, 2 * SIDE, 3), SKIN, np.uint8)
    painter.paint(canvas, np.full(canvas.shape[:2], 255, np.uint8), 2 * vertices, index, frame)
    return canvas


def test_a_closed_mouth_is_left_alone(character, landmarks):
    painter = mouth_of(character, [shape()] * 30)
    assert (painted(painter, landmarks[:FACE], 5, None) == draw(landmarks)).all()


def test_an_open_mouth_shows_an_interior_only_between_the_lips(character):
    painter = mouth_of(character, [shape()] * 30)
    wide = place(shape(gap=0.2))
    changed = (painted(painter, wide[:FACE], 5, None) != draw(place(shape()))).any(axis=2)
    inside = outline_mask(wide[contour(INNER_UPPER, INNER_LOWER), :2], (SIDE, SIDE), 2.0) > 0
    assert changed[inside].mean() > 0.5
    assert not changed[~inside].any()


def test_a_small_driver_mouth_is_replaced_by_a_drawn_one(character):
    assert not mouth_of(character, [shape()] * 20 + [shape(gap=0.2)] * 10).uses_driver


def test_flesh_in_the_performers_mouth_is_never_purple():
    lilac, warm = np.full((8, 8, 3), (200, 150, 190), np.uint8), np.full((8, 8, 3), (200, 110, 90), np.uint8)
    uv, depth, ones = np.full((4, 4, 2), 4.0, np.float32), np.full((4, 4), 5.0, np.float32), np.ones(3, np.float32)
    graded = {}
    for name, frame in (("lilac", lilac), ("warm", warm)):
        for bluest in (0.9, 9.0):
            inside = np.empty((4, 4, 3), np.float32)
            grade(frame, uv, depth, inside, ones, 1.0, ones, ones, bluest, 500.0, 1.0)
            graded[name, bluest] = inside
    assert (graded["lilac", 9.0][..., 2] > graded["lilac", 9.0][..., 1]).all()
    assert (graded["lilac", 0.9][..., 2] <= 0.91 * graded["lilac", 0.9][..., 1]).all()
    np.testing.assert_array_equal(graded["warm", 0.9], graded["warm", 9.0])


def test_drawn_teeth_depend_on_the_seed_alone(character):
    wide = place(shape(gap=0.2))[:FACE]
    first, again, other = (painted(mouth_of(character, [shape()] * 20, seed), wide, 5, None) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_drawn_teeth_are_brighter_than_the_cavity():
    teeth = draw_teeth(np.array(SKIN, float), np.array([180.0, 80, 80]), np.array([235.0, 235, 230]), 0)
    front = teeth.upper[20:50, 100:156]
    assert front[..., :3].mean() > 3 * teeth.dark_rgb.mean()
    assert front[..., 3].mean() > 0.9
    assert teeth.upper[..., 3].min() >= 0
    assert teeth.upper[..., 3].max() <= 1


def clenched(landmarks, teeth):
    """The drawing with everything between its lips in the colour `teeth`."""
    picture = draw(landmarks)
    inside = outline_mask(landmarks[contour(INNER_UPPER, INNER_LOWER), :2], (SIDE, SIDE)) > 0
    picture[inside] = teeth
    return picture


def _teeth(frame, landmarks, skin):
    view = look_into_mouth(frame, landmarks, skin)
    return view.upper, view.lower


def test_teeth_are_told_from_cavity_and_tongue():
    wide = place(shape(gap=0.12))
    skin = np.array(SKIN, float)
    assert min(_teeth(clenched(wide, (235, 230, 220)), wide, skin)) > 0.9
    assert _teeth(clenched(wide, (190, 80, 85)), wide, skin) == (0, 0)
    assert _teeth(draw(wide), wide, skin) == (0, 0)


def test_rows_of_teeth_meet_when_the_performer_clenches_his(character):
    grin = place(shape(gap=0.09))
    painter = mouth_of(character, [shape(gap=0.0)] * 20 + [shape(gap=0.09)] * 20)
    both, upper = (
        painted(painter, grin[:FACE], 30, picture)[..., 1].astype(float)
        for picture in (clenched(grin, (235, 230, 220)), draw(grin))
    )
    x = round(grin[14, 0])
    low = slice(round(0.35 * grin[13, 1] + 0.65 * grin[14, 1]), round(grin[14, 1]) - 1)
    assert both[low, x - 6 : x + 7].mean() > 1.5 * upper[low, x - 6 : x + 7].mean()


def test_drawn_upper_teeth_stay_under_the_lip_of_a_performer_who_shows_none(character):
    wide = place(shape(gap=0.2))
    painter = mouth_of(character, [shape()] * 20 + [shape(gap=0.2)] * 20)
    smile = draw(wide)
    upper = wide[INNER_UPPER, :2]
    band = np.vstack([upper, (0.55 * wide[INNER_UPPER, :2] + 0.45 * wide[INNER_LOWER, :2])[::-1]])
    smile[outline_mask(band, (SIDE, SIDE)) > 127] = (235, 230, 220)
    dark, toothy = (painted(painter, wide[:FACE], 30, picture).astype(int) for picture in (draw(wide), smile))
    inside = outline_mask(wide[contour(INNER_UPPER, INNER_LOWER), :2], (SIDE, SIDE)) > 200
    shown = [int((picture[..., 1][inside] > 110).sum()) for picture in (dark, toothy)]
    assert 0 < shown[0] < 0.7 * shown[1]


def test_drawn_teeth_are_no_darker_than_the_skin_where_eyes_show_no_white(character):
    grey = tuple(replace(eye, white_rgb=np.array([90.0, 80, 60])) for eye in character.eyes)
    grin = place(shape(gap=0.09))
    painter = mouth_of(replace(character, eyes=grey), [shape()] * 20 + [shape(gap=0.09)] * 20)
    teeth = painted(painter, grin[:FACE], 30, clenched(grin, (235, 230, 220)))
    x, y = np.round(grin[[13, 14], :2].mean(axis=0)).astype(int)
    assert teeth[y - 2 : y + 3, x - 6 : x + 7, 1].max() > 0.75 * SKIN[1]


def test_teeth_in_a_pink_video_are_told_by_their_light():
    grin, skin = place(shape(gap=0.12)), np.array([252.0, 199, 209])
    assert min(_teeth(clenched(grin, (242, 178, 193)), grin, skin)) > 0.9
    assert _teeth(clenched(grin, (190, 110, 130)), grin, skin) == (0, 0)


def test_a_white_read_between_lids_is_not_as_colourful_as_skin():
    skin = np.array(SKIN, float)
    assert greyer(skin, skin) @ LUMA == pytest.approx(skin @ LUMA)
    assert np.ptp(greyer(skin, skin)) == pytest.approx(0.75 * np.ptp(skin))
    white = np.array([240.0, 236, 228])
    np.testing.assert_allclose(greyer(white, skin), white)


def test_teeth_of_a_tiny_face_are_not_tinted_by_its_eyelids(character):
    """Eyes of a few pixels show lids and irises where their white should be."""
    grin = place(shape(gap=0.09))
    tiny, large = (
        tuple(replace(eye, white_rgb=np.array([255.0, 190, 150]), width_px=width) for eye in character.eyes)
        for width in (8.0, 40.0)
    )
    redness = []
    for eyes in (tiny, large):
        painter = mouth_of(replace(character, eyes=eyes), [shape()] * 20 + [shape(gap=0.09)] * 20)
        teeth = painted(painter, grin[:FACE], 30, clenched(grin, (235, 230, 220))).astype(float)
        x, y = np.round(grin[[13, 14], :2].mean(axis=0)).astype(int)
        patch = teeth[y - 2 : y + 3, x - 6 : x + 7].reshape(-1, 3).mean(axis=0)
        redness.append(patch[0] / patch[2])
    assert redness[0] < 0.97 * redness[1]


def test_drawn_teeth_are_in_the_shade_where_the_performers_are(character):
    grin = place(shape(gap=0.12))
    painter = mouth_of(character, [shape()] * 20 + [shape(gap=0.12)] * 20)
    lit, shaded = (
        painted_large(painter, grin[:FACE], 30, clenched(grin, colour)).astype(float)
        for colour in ((235, 230, 220), (115, 112, 105))
    )
    x, y = np.round(2 * grin[13, :2]).astype(int)
    teeth = slice(y + 4, y + 10), slice(x - 12, x + 13)
    assert shaded[teeth].mean() < 0.75 * lit[teeth].mean()


def test_lips_keep_their_colour_unless_they_have_that_of_the_skin(character):
    wide = place(shape(gap=0.2))
    lower = np.round(wide[[14, 17], :2].mean(axis=0)).astype(int)
    changes = []
    for lips in ((180.0, 80, 80), SKIN):
        painter = mouth_of(replace(character, lip_rgb=np.array(lips, float)), [shape()] * 20 + [shape(gap=0.2)] * 20)
        canvas = painted(painter, wide[:FACE], 30, draw(wide)).astype(float)
        changes.append(np.abs(canvas[lower[1], lower[0]] - draw(place(shape()))[lower[1], lower[0]]).max())
    assert changes[0] <= 1
    assert changes[1] > 15


def test_small_teeth_are_drawn_from_small_textures():
    levels = tooth_levels(np.array(SKIN, float), np.array([180.0, 80, 80]), np.array([235.0, 235, 230]), 0)
    assert fitting_level(levels, 300).upper.shape == (128, 256, 4)
    assert fitting_level(levels, 60).upper.shape == (32, 64, 4)


def test_lips_on_cold_skin_do_not_turn_to_lipstick():
    cold, warm = (redder_lips(np.array(skin), np.array(skin) * 0.8) for skin in ([90.0, 98, 112], [180.0, 130, 105]))
    assert cold[0] - cold[1] < 0.5 * (warm[0] - warm[1])


def look_and_performance(frames):
    performance = analyse_face(track(frames))
    pictures = {int(i): draw(frames[i]) for i in study_frames(performance, range(len(performance)))}
    return performance, study_driver(performance, pictures)


def texture_of(character):
    return np.dstack([character.image, FULL])


def test_an_unchanged_driver_leaves_the_texture_alone(character, landmarks):
    performance, look = look_and_performance([landmarks] * 30)
    shaded = ExpressionShading(character, performance, look).shade(texture_of(character), 7, draw(landmarks), np.eye(3))
    assert np.abs(shaded.astype(int) - texture_of(character)).max() <= 2


def test_the_grain_of_a_driver_leaves_the_texture_alone(character, landmarks):
    performance, look = look_and_performance([landmarks] * 30)
    noisy = draw(landmarks) + np.random.default_rng(2).normal(0, 2, (SIDE, SIDE, 3))
    shaded = ExpressionShading(character, performance, look).shade(
        texture_of(character), 7, noisy.clip(0, 255).astype(np.uint8), np.eye(3)
    )
    assert np.abs(shaded.astype(int) - texture_of(character)).mean() < 0.001


def test_a_dark_furrow_darkens_the_same_place(character, landmarks):
    performance, look = look_and_performance([landmarks] * 30)
    furrowed = draw(landmarks)
    x, y = np.round(landmarks[205, :2]).astype(int)
    furrowed[y - 1 : y + 2, x - 8 : x + 9] = np.array(SKIN) * 0.85
    shading = ExpressionShading(character, performance, look)
    shaded = shading.shade(texture_of(character), 7, furrowed, np.eye(3)).astype(int)
    change = shaded[..., :3].mean(axis=2) - character.image.mean(axis=2)
    assert change[y, x] < -5
    mouth = outline_mask(landmarks[contour(INNER_UPPER, INNER_LOWER), :2], (SIDE, SIDE)) > 0
    assert np.abs(change[mouth]).max(initial=0) <= 1


def test_a_strand_of_hair_leaves_no_mark(character, landmarks):
    performance, look = look_and_performance([landmarks] * 30)
    covered = draw(landmarks)
    x, y = np.round(landmarks[205, :2]).astype(int)
    covered[y - 3 : y + 4, x - 8 : x + 9] = np.array(SKIN) * 0.3
    shaded = ExpressionShading(character, performance, look).shade(texture_of(character), 7, covered, np.eye(3))
    change = shaded[..., :3].astype(int).mean(axis=2) - character.image.mean(axis=2)
    assert change[y, x] > -5


def test_shading_leaves_out_glasses_and_fringes():
    luma = np.where(INSIDE, 150.0, 0.0).astype(np.float32)
    framed = luma.copy()
    framed[90:93, 40:80] = 40.0
    assert plain_skin(luma)[91, 60] > 0.9
    assert plain_skin(framed)[91, 60] < 0.1
    fringe = np.full((192, 192), 0.08, np.float32)
    assert bare_forehead(fringe)[20, 96] < 0.1
    assert bare_forehead(fringe)[140, 96] == 1.0
    assert bare_forehead(fringe / 8)[20, 96] > 0.9


def test_shading_keeps_colours_premultiplied(character, landmarks):
    performance, look = look_and_performance([landmarks] * 30)
    texture = texture_of(character) // 2
    white = np.full((SIDE, SIDE, 3), 255, np.uint8)
    shaded = ExpressionShading(character, performance, look).shade(texture, 7, white, np.eye(3))
    assert (shaded[..., :3] <= shaded[..., 3:]).all()


def test_the_atlas_does_not_move_with_the_head():
    atlases = [luma_atlas(draw(place(shape(), pose)), place(shape(), pose)) for pose in ((0, 0, 0), (0, 0, 15))]
    assert np.abs(atlases[0] - atlases[1])[INSIDE].mean() < 6


def test_frame_pixels_keep_pixel_centres():
    assert np.allclose(
        to_frame_px(np.array([[-0.5, -0.5, 4.0], [9.5, 0.0, 0.0]]), 0.5), [[-0.5, -0.5, 2], [4.5, -0.25, 0]]
    )


def test_colours_are_read_from_the_drawing(landmarks):
    image = draw(landmarks)
    assert np.allclose(skin_rgb(image, landmarks), SKIN, atol=6)
    assert lip_rgb(image, landmarks)[0] > lip_rgb(image, landmarks)[1]


def test_colour_gain_brightens_for_brighter_skin():
    assert np.allclose(colour_gain(np.array(SKIN, float), np.array(SKIN, float)), 1.0)
    assert colour_gain(np.array([220.0, 180, 160]), np.array([90.0, 60, 50])).min() > 1.2


def test_push_pull_keeps_known_pixels_and_fills_the_rest():
    image = np.zeros((32, 32, 3), np.float32)
    known = np.zeros((32, 32), bool)
    image[:, :8], known[:, :8] = 100.0, True
    filled = push_pull(image, known)
    assert np.allclose(filled[known], 100, atol=1)
    assert np.allclose(filled, 100, atol=15)


def test_boxes_are_clipped_or_refused():
    assert clipped_box(np.array([[-5.0, 2], [10, 8]]), 1.0, (8, 20)) == (0, 1, 8, 10)
    assert clipped_box(np.array([[100.0, 2], [110, 8]]), 1.0, (8, 20)) is None
    assert clipped_box(np.array([[np.nan, 2], [110, 8]]), 1.0, (8, 20)) is None


def test_lips_of_the_skins_own_colour_redden_as_the_mouth_opens(landmarks):
    pale = draw(landmarks)
    lips = outline_mask(landmarks[contour(OUTER_UPPER, OUTER_LOWER), :2], (SIDE, SIDE)) > 0
    pale[lips] = (0.8 * np.array(SKIN)).astype(np.uint8)
    own = prepare_face(pale, still(landmarks))
    painter = mouth_of(own, [shape()] * 30)
    wide = place(shape(gap=0.15))
    x, y = np.round(wide[[0, 13], :2].mean(axis=0)).astype(int)
    canvas = np.full((SIDE, SIDE, 3), (176, 140, 120), np.uint8)
    painter.paint(canvas, FULL, landmarks[:FACE], 5, None)
    assert (canvas == (176, 140, 120)).all()
    painter.paint(canvas, FULL, wide[:FACE], 5, None)
    red, green, _ = canvas[y, x].astype(float)
    assert red / green > 1.4


def test_a_picture_of_the_clip_shows_the_performers_own_mouth(character):
    frames = [place(shape(gap=0.1))] * 30
    performance = analyse_face(track(frames)).rested_at(np.array([5], np.int32))
    picture = draw(frames[5])
    own = prepare_face(picture, still(frames[5]))
    look = study_driver(performance, {int(i): picture for i in study_frames(performance, range(len(performance)))}, 1.0)
    canvas = picture.copy()
    MouthPainter(own, performance, look, 0).paint(canvas, FULL, frames[5][:FACE], 5, picture)
    assert np.abs(canvas.astype(int) - picture).mean() < 0.3
