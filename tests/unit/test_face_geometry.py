"""Similarities, Euler angles and soft limits of the face."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from motioncast.engines.puppet.face.geometry import (
    euler_deg,
    limit_length,
    nearest_rotation,
    rotation_from_euler,
    umeyama,
)
from motioncast.engines.puppet.face.topology import (
    CANONICAL,
    EYES,
    FACE,
    FILLED_TRIANGLES,
    MIRROR,
    NEIGHBOUR_STARTS,
    NEIGHBOURS,
    STABLE,
    TRIANGLES,
)
from motioncast.perception.smoothing import soft_limit

angles = st.tuples(st.floats(-80, 80), st.floats(-80, 80), st.floats(-170, 170))


@given(angles, st.floats(0.5, 500), st.tuples(*[st.floats(-2000, 2000)] * 3))
def test_umeyama_recovers_any_pose(angles_deg, scale, translation):
    rotation = rotation_from_euler(np.array(angles_deg))
    points = scale * CANONICAL[STABLE] @ rotation.T + translation
    pose = umeyama(points[None], CANONICAL[STABLE])
    assert np.allclose(pose.rotation[0], rotation, atol=1e-6)
    assert np.isclose(pose.scale[0], scale, rtol=1e-6)
    assert np.allclose(pose.translation[0], translation, atol=1e-5 * scale)
    assert np.allclose(pose.undo(points[None])[0], CANONICAL[STABLE], atol=1e-6)
    assert np.allclose(pose.apply(CANONICAL[STABLE])[0], points, atol=1e-5 * scale)


def test_umeyama_never_mirrors():
    mirrored = CANONICAL[STABLE] * [-1.0, 1.0, 1.0]
    rotation = umeyama(mirrored[None], np.random.default_rng(0).normal(size=(len(STABLE), 3))).rotation[0]
    assert np.isclose(np.linalg.det(rotation), 1.0)


@given(angles)
def test_euler_angles_round_trip(angles_deg):
    assert np.allclose(euler_deg(rotation_from_euler(np.array(angles_deg))), angles_deg, atol=1e-6)


def test_euler_signs_follow_the_picture():
    nose, right_to_left = np.array([0.0, 0.0, -1.0]), np.array([1.0, 0.0, 0.0])
    assert (rotation_from_euler(np.array([20.0, 0, 0])) @ nose)[0] < 0
    assert (rotation_from_euler(np.array([0, 20.0, 0])) @ nose)[1] > 0
    assert (rotation_from_euler(np.array([0, 0, 20.0])) @ right_to_left)[1] > 0


def test_nearest_rotation_repairs_a_smoothed_matrix():
    a, b = rotation_from_euler(np.array([[10.0, 0, 0], [40.0, 0, 0]]))
    repaired = nearest_rotation(((a + b) / 2)[None])[0]
    assert np.allclose(repaired @ repaired.T, np.eye(3), atol=1e-9)
    assert np.isclose(euler_deg(repaired)[0], 25.0)


@given(st.floats(-1e4, 1e4), st.floats(0.1, 100))
def test_soft_limit_stays_below_its_limit_and_keeps_the_sign(value, limit):
    limited = float(soft_limit(np.array(value), limit))
    assert abs(limited) <= limit
    assert limited * value >= 0
    assert abs(limited) <= abs(value) + 1e-12


def test_limit_length_keeps_the_direction():
    limited = limit_length(np.array([[30.0, 40.0], [0.0, 0.0]]), 10.0)
    assert np.allclose(limited[0] / np.linalg.norm(limited[0]), [0.6, 0.8])
    assert np.linalg.norm(limited[0]) <= 10.0
    assert not limited[1].any()


def test_canonical_face_is_symmetric_frontal_and_one_wide():
    assert (MIRROR[MIRROR] == np.arange(478)).all()
    assert np.allclose(CANONICAL[MIRROR] * [-1, 1, 1], CANONICAL, atol=2e-3)
    assert np.isclose(np.linalg.norm(CANONICAL[234] - CANONICAL[454]), 1.0, atol=1e-3)
    assert CANONICAL[152, 1] > CANONICAL[10, 1]
    assert CANONICAL[4, 2] < CANONICAL[234, 2]


def test_triangles_cover_the_face_without_folds():
    a, b, c = (CANONICAL[TRIANGLES[:, i], :2] for i in range(3))
    areas = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    assert (areas >= 0).all()
    assert set(TRIANGLES.ravel()) == set(range(FACE))
    assert len(FILLED_TRIANGLES) > len(TRIANGLES)


def test_neighbours_are_mutual():
    def of(vertex):
        return set(NEIGHBOURS[NEIGHBOUR_STARTS[vertex] : NEIGHBOUR_STARTS[vertex + 1]])

    assert all(vertex in of(other) for vertex in range(FACE) for other in of(vertex))


def test_eye_contours_pair_upper_above_lower():
    for eye in EYES:
        assert (CANONICAL[eye.lower[1:-1], 1] > CANONICAL[eye.upper[1:-1], 1]).all()
        assert (CANONICAL[eye.upper_ring, 1] < CANONICAL[eye.upper[1:-1], 1]).all()
