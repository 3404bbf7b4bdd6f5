"""The performer's motion on the character's bones: right proportions, right place, nothing absurd."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from motioncast.arrays import Float32, Float64
from motioncast.engines.wan.conditions.limbs import Point, drawn_points
from motioncast.engines.wan.conditions.retarget import retarget
from motioncast.engines.wan.conditions.wholebody import LEFT_HAND, POINTS, WholeBody

#: COCO-WholeBody body and feet of somebody 400 px tall, whose mid-hips are the origin
STANDING = {
    0: (0, -190), 1: (12, -202), 2: (-12, -202), 3: (24, -194), 4: (-24, -194), 5: (45, -130), 6: (-45, -130),
    7: (75, -70), 8: (-75, -70), 9: (95, -10), 10: (-95, -10), 11: (25, 0), 12: (-25, 0), 13: (28, 90), 14: (-28, 90),
    15: (30, 180), 16: (-30, 180), 17: (40, 200), 18: (44, 200), 19: (26, 196), 20: (-40, 200), 21: (-44, 200),
    22: (-26, 196),
}  # fmt: skip
CANVAS = (640, 480)


def _person(place: tuple[float, float] = (320, 260), scale: float = 1.0, frames: int = 1) -> WholeBody:
    points = np.zeros((frames, POINTS, 2), np.float32)
    scores = np.zeros((frames, POINTS), np.float32)
    for number, point in STANDING.items():
        points[:, number] = point
    points[:, LEFT_HAND] = points[:, [9]] + np.arange(21)[:, None] * [0.5, 1]
    scores[:, :23] = scores[:, LEFT_HAND] = 0.9
    return WholeBody((points * scale + place).astype(np.float32), scores, *CANVAS)


def _with(body: WholeBody, numbers: list[int], move: Float64 | list[float]) -> WholeBody:
    points = body.points_px.copy()
    points[:, numbers] += np.asarray(move, np.float32)
    return replace(body, points_px=points)


def _unseen(body: WholeBody, numbers: list[int]) -> WholeBody:
    scores = body.scores.copy()
    scores[:, numbers] = 0
    return replace(body, scores=scores)


def _limb(body: WholeBody, start: Point, end: Point, frame: int = 0) -> float:
    points, _ = drawn_points(body.points_px, body.scores)
    return float(np.linalg.norm(points[frame, end] - points[frame, start]))


def _with_forearms(body: WholeBody, share: float) -> WholeBody:
    """The same with both forearms at `share` of their length."""
    points = body.points_px.copy()
    for elbow, wrist in ((7, 9), (8, 10)):
        points[:, wrist] = points[:, elbow] + share * (points[:, wrist] - points[:, elbow])
    return replace(body, points_px=points)


def _seen(body: WholeBody) -> Float32:
    return body.points_px[body.scores > 0.5]


@pytest.mark.parametrize("frames", [1, 12])
def test_who_performs_as_in_the_picture_stays_as_in_the_picture(frames: int) -> None:
    result = retarget(_person(frames=frames), _person())
    np.testing.assert_allclose(_seen(result), _seen(_person(frames=frames)), atol=0.5)
    np.testing.assert_array_equal(result.scores, _person(frames=frames).scores)


def test_the_character_stands_where_and_as_large_as_its_picture_shows() -> None:
    picture = replace(_person((500, 300), 0.7), width=900, height=500)
    result = retarget(_person((200, 260), frames=3), picture)
    assert (result.width, result.height) == (900, 500)
    np.testing.assert_allclose(_seen(result)[:23], _seen(picture)[:23], atol=0.5)


def test_the_frames_most_like_the_picture_say_where_the_character_stands() -> None:
    clip = _person((250, 260), frames=20)
    clip.points_px[15:, :23, 0] += 50
    clip.points_px[15:, [9, 10], 1] -= 120  # raised hands, as in the picture
    picture = _with(_person((330, 260)), [9, 10], [0, -120])
    result = retarget(clip, picture)
    np.testing.assert_allclose(result.points_px[16, :23], picture.points_px[0, :23], atol=1)
    assert result.points_px[0, 0, 0] == pytest.approx(280, abs=1)


def test_each_bone_takes_the_length_of_the_picture() -> None:
    long_arms = _with(_with(_person(), [7, 9], [10, 20]), [8, 10], [-10, 20])
    result = retarget(_person(frames=4), long_arms)
    arm, forearm = (Point.RIGHT_SHOULDER, Point.RIGHT_ELBOW), (Point.LEFT_ELBOW, Point.LEFT_WRIST)
    for start, end in (arm, forearm, (Point.NECK, Point.LEFT_HIP), (Point.LEFT_KNEE, Point.LEFT_ANKLE)):
        assert _limb(result, start, end) == pytest.approx(_limb(long_arms, start, end), abs=0.5)


def test_the_directions_are_the_performers() -> None:
    raised = _person(frames=2)
    raised.points_px[1, 9] = raised.points_px[1, 7] + [0, -70]
    result = retarget(raised, _person((400, 250), 0.6))
    forearm = result.points_px[1, 9] - result.points_px[1, 7]
    np.testing.assert_allclose(forearm / np.linalg.norm(forearm), [0, -1], atol=0.01)


def test_a_first_frame_that_is_neither_frontal_nor_stretched_does_no_harm() -> None:
    """The performer begins sideways with bent arms; the rest of the clip tells the true lengths."""
    clip = _person(frames=30)
    clip.points_px[:3, :, 0] = 320 + 0.3 * (clip.points_px[:3, :, 0] - 320)
    clip.points_px[:3, [9, 10]] = clip.points_px[:3, [7, 8]]
    result = retarget(clip, _person())
    np.testing.assert_allclose(_seen(result)[-44:], _seen(_person()), atol=1)


def test_a_bone_pointing_at_the_camera_is_not_a_short_one() -> None:
    result = retarget(_person(frames=4), _with_forearms(_person(), 0.1))
    assert _limb(result, Point.LEFT_ELBOW, Point.LEFT_WRIST) == pytest.approx(
        _limb(_person(), Point.LEFT_ELBOW, Point.LEFT_WRIST), abs=0.5
    )


@pytest.mark.parametrize(("share", "wanted"), [(0.6, 0.7), (0.8, 0.8), (1.25, 1.25), (1.8, 1.4)])
def test_no_forearm_leaves_its_upper_arm_too_far(share: float, wanted: float) -> None:
    result = retarget(_person(frames=4), _with_forearms(_person(), share))
    ratio = _limb(result, Point.LEFT_ELBOW, Point.LEFT_WRIST) / _limb(_person(), Point.LEFT_ELBOW, Point.LEFT_WRIST)
    assert ratio == pytest.approx(wanted, abs=0.01)


def test_the_longer_of_a_pair_counts_for_both() -> None:
    picture = _person()
    picture.points_px[0, 9] = picture.points_px[0, 7] + 0.8 * (picture.points_px[0, 9] - picture.points_px[0, 7])
    result = retarget(_person(frames=2), picture)
    assert _limb(result, Point.LEFT_ELBOW, Point.LEFT_WRIST) == pytest.approx(
        _limb(_person(), Point.LEFT_ELBOW, Point.LEFT_WRIST), abs=0.5
    )


def test_a_picture_without_legs_lends_them_the_scale_of_the_torso() -> None:
    waist_up = _unseen(_person((320, 300), 1.5), [13, 14, 15, 16, 17, 18, 19, 20, 21, 22])
    result = retarget(_person(frames=2), waist_up)
    for start, end in ((Point.LEFT_HIP, Point.LEFT_KNEE), (Point.LEFT_KNEE, Point.LEFT_ANKLE)):
        assert _limb(result, start, end) == pytest.approx(1.5 * _limb(_person(), start, end), rel=0.01)
    np.testing.assert_allclose(result.points_px[:, :5], np.repeat(waist_up.points_px[:, :5], 2, axis=0), atol=0.5)


def test_a_picture_without_hips_is_measured_by_its_shoulders() -> None:
    bust = _unseen(_person((320, 400), 2.0), list(range(11, 23)))
    result = retarget(_person(frames=2), bust)
    np.testing.assert_allclose(result.points_px[0, [5, 6]], bust.points_px[0, [5, 6]], atol=0.5)
    assert _limb(result, Point.NECK, Point.LEFT_HIP) == pytest.approx(2 * _limb(_person(), Point.NECK, Point.LEFT_HIP))


def test_a_foot_is_at_most_half_a_calf() -> None:
    long_feet, longer_feet = (
        _with(_with(_person(), [17, 18], [x, y]), [20, 21], [-x, y]) for x, y in ((16, 5), (30, 15))
    )
    result = retarget(long_feet, longer_feet)
    calf, foot = (Point.LEFT_KNEE, Point.LEFT_ANKLE), (Point.LEFT_ANKLE, Point.LEFT_TOE)
    assert _limb(longer_feet, *foot) > 0.55 * _limb(longer_feet, *calf)
    assert _limb(result, *foot) == pytest.approx(0.5 * _limb(result, *calf), rel=0.01)


def test_feet_stay_on_the_ground_when_short_legs_kneel() -> None:
    clip = _person(frames=8)
    clip.points_px[4:, :13] += [0, 80]  # hips and all above them sink,
    clip.points_px[4:, LEFT_HAND] += [0, 80]
    clip.points_px[4:, [13, 14]] += [[40, 40], [-40, 40]]  # the knees give way, the feet stay
    picture = _with(_person(), [13, 14], [0, -30])
    picture = _with(picture, [15, 16, 17, 18, 19, 20, 21, 22], [0, -60])
    result = retarget(clip, picture)
    ankles = result.points_px[:, [15, 16], 1]
    assert np.ptp(ankles) < 4
    assert result.points_px[4, 0, 1] > result.points_px[0, 0, 1] + 30


def test_hands_hang_on_the_wrist_and_grow_with_the_shoulders() -> None:
    broad = _person()
    for number, side in ((5, 1), (7, 1), (9, 1), (6, -1), (8, -1), (10, -1)):
        broad = _with(broad, [number], [9 * side, 0])
    result = retarget(_person(frames=2), broad)
    hand, wrist = result.points_px[0, LEFT_HAND], result.points_px[0, 9]
    before = _person().points_px[0, LEFT_HAND] - _person().points_px[0, 9]
    np.testing.assert_allclose(hand - wrist, 1.2 * before, atol=0.1)


def test_the_head_stays_in_the_picture_while_the_performers_does() -> None:
    clip = _person((100, 260), frames=20)
    clip.points_px[10:] += [440, 0]  # from one side of the stage to the other
    narrow = replace(_person((150, 260)), width=300)
    result = retarget(clip, narrow)
    assert (result.points_px[:, 0, 0] > 0).all()
    assert (result.points_px[:, 0, 0] < 300).all()
    assert result.points_px[-1, 0, 0] > result.points_px[0, 0, 0] + 50


def test_a_jump_out_of_the_picture_does_not_damp_the_kneeling() -> None:
    clip = _person(frames=30)
    clip.points_px[10:20] -= [0, 60]
    clip.points_px[20:] += [0, 15]
    picture = _person((320, 225))  # the head is near the upper edge
    result = retarget(clip, picture)
    nose = result.points_px[:, 0, 1]
    assert nose[10:20].min() > 0
    assert nose[25] - nose[0] == pytest.approx(15, abs=1)


def test_nobody_in_the_picture_leaves_the_performer_as_it_is() -> None:
    nobody = replace(_person(), scores=np.zeros((1, POINTS), np.float32), width=1280, height=960)
    result = retarget(_person(frames=2), nobody)
    np.testing.assert_allclose(result.points_px, _person(frames=2).points_px * 2 + 0.5, atol=1e-3)


def test_a_face_alone_is_enough() -> None:
    body = list(range(5, 23))
    result = retarget(_unseen(_person(frames=2), body), _unseen(_person((300, 470), 2.0), body))
    np.testing.assert_allclose(result.points_px[0, :5], _person((300, 470), 2.0).points_px[0, :5], atol=0.5)


_SOMEBODY = st.builds(
    lambda points, scores: WholeBody(points, scores, 64, 48),
    arrays.arrays(np.float32, (3, POINTS, 2), elements=st.floats(width=32) | st.floats(-10, 80, width=32)),
    arrays.arrays(np.float32, (3, POINTS), elements=st.floats(0, 1, width=32) | st.just(float("nan"))),
)


@settings(max_examples=60, deadline=None)
@given(_SOMEBODY, _SOMEBODY)
def test_whatever_comes_in_finite_points_near_the_canvas_come_out(driver: WholeBody, picture: WholeBody) -> None:
    picture = replace(picture, points_px=picture.points_px[:1], scores=picture.scores[:1], width=100, height=40)
    result = retarget(driver, picture)
    assert np.isfinite(result.points_px).all()
    assert np.isfinite(result.scores).all()
    assert (np.abs(result.points_px) <= 9 * np.array([100, 40])).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_shaken_people_come_out_finite(seed: int) -> None:
    """Bodies that are plausible enough to be measured, with parts missing at random."""
    random = np.random.default_rng(seed)

    def shaken(frames: int) -> WholeBody:
        body = _person(frames=frames, scale=random.uniform(0.02, 2))
        points = body.points_px + random.normal(0, random.uniform(0, 60), body.points_px.shape)
        lost = random.random(body.scores.shape) < random.uniform(0, 0.6)
        points[lost & (random.random(lost.shape) < 0.5)] = np.nan
        return replace(body, points_px=points.astype(np.float32), scores=np.where(lost, 0, body.scores))

    result = retarget(shaken(6), shaken(1))
    assert np.isfinite(result.points_px).all()
    assert (np.abs(result.points_px) <= 9 * np.array(CANVAS)).all()
