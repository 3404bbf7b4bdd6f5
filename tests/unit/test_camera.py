"""Camera motion behind a moving performer, on synthetic scenes whose motion is known."""

import cv2
import numpy as np
import pytest

from motioncast.perception.camera import CameraEstimator, CameraMotion, scaling

SIZE = (416, 240)


def scene(seed: int = 1, size: tuple[int, int] = (900, 600)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (size[1] // 12, size[0] // 12, 3), np.uint8)
    return cv2.GaussianBlur(cv2.resize(small, size, interpolation=cv2.INTER_NEAREST), (0, 0), 1.2)


def view(picture: np.ndarray, to_frame: np.ndarray) -> np.ndarray:
    return cv2.warpPerspective(picture, to_frame, SIZE, flags=cv2.INTER_AREA)


def performer(frame: np.ndarray, t: int) -> tuple[np.ndarray, np.ndarray]:
    """Paints a striped body that runs to the right, and gives its mask."""
    mask = np.zeros(frame.shape[:2], np.uint8)
    x = 40 + 6 * t
    cv2.rectangle(mask, (x, 60), (x + 80, 239), 255, -1)
    body = np.zeros_like(frame)
    body[:, (np.arange(SIZE[0]) - x) % 14 < 7] = 255
    return np.where(mask[..., None] > 0, body, frame), mask


def film(paths: list[np.ndarray], cuts: tuple[int, ...] = ()) -> CameraMotion:
    estimator = CameraEstimator(SIZE)
    for t, to_frame in enumerate(paths):
        seed = 1 + sum(t >= cut for cut in cuts)
        frame, mask = performer(view(scene(seed), to_frame), t % 30)
        estimator.add(t, frame, mask, cut=t in cuts)
    return estimator.finish()


def pan(dx: float, dy: float, zoom: float = 1.0) -> np.ndarray:
    return np.array([[zoom, 0, -100 - dx], [0, zoom, -100 - dy], [0, 0, 1.0]])


def corner_error(found: np.ndarray, true: np.ndarray) -> float:
    corners = np.array([[0, 0, 1], [SIZE[0], 0, 1], [0, SIZE[1], 1], [SIZE[0], SIZE[1], 1.0]]).T
    a, b = found @ corners, true @ corners
    return float(np.abs(a[:2] / a[2] - b[:2] / b[2]).max())


def test_a_tripod_gives_exact_identities_although_the_performer_moves() -> None:
    motion = film([pan(0, 0)] * 30)
    assert motion.static == (True,)
    assert np.array_equal(motion.homographies, np.broadcast_to(np.eye(3), (30, 3, 3)))


def test_pan_and_zoom_are_followed_through_the_whole_clip() -> None:
    paths = [pan(2.5 * t, 0.8 * t, 1 + 0.004 * t) for t in range(30)]
    motion = film(paths)
    assert motion.static == (False,)
    for t in (5, 15, 29):
        assert corner_error(motion.homographies[t], paths[t] @ np.linalg.inv(paths[0])) < 1.5


def test_a_cut_starts_again_from_the_identity() -> None:
    paths = [pan(3 * t, 0) for t in range(15)] + [pan(0, 2 * t) for t in range(15)]
    motion = film(paths, cuts=(15,))
    assert motion.shot_starts == (0, 15)
    assert [motion.shot(t) for t in (0, 14, 15, 29)] == [0, 0, 1, 1]
    assert np.allclose(motion.homographies[15], np.eye(3), atol=1e-9)
    assert corner_error(motion.homographies[29], paths[29] @ np.linalg.inv(paths[15])) < 1.5


def test_frames_may_come_smaller_than_the_source() -> None:
    big = (2 * SIZE[0], 2 * SIZE[1])
    estimator = CameraEstimator(big)
    paths = [pan(2 * t, 0) for t in range(12)]
    for t, to_frame in enumerate(paths):
        estimator.add(t, view(scene(), to_frame), np.zeros((64, 64), np.uint8))
    found = estimator.finish().homographies[11]
    assert found[0, 2] == pytest.approx(-2 * 22, abs=1.0)


def test_a_plain_wall_counts_as_still() -> None:
    estimator = CameraEstimator(SIZE)
    for t in range(5):
        estimator.add(t, np.full((240, 416, 3), 128, np.uint8), np.zeros((240, 416), np.uint8))
    assert estimator.finish().static == (True,)


def test_canvas_homographies_move_the_same_points() -> None:
    motion = film([pan(3 * t, 0) for t in range(10)])
    to_canvas = scaling(SIZE, (208, 120))
    point = np.array([300.0, 100.0, 1.0])
    direct = to_canvas @ (motion.homographies[9] @ point)
    by_canvas = motion.on_canvas(9, to_canvas) @ (to_canvas @ point)
    assert np.allclose(direct / direct[2], by_canvas / by_canvas[2])


def test_frames_out_of_order_are_refused() -> None:
    estimator = CameraEstimator(SIZE)
    with pytest.raises(ValueError, match="frame 0 was expected"):
        estimator.add(3, np.zeros((240, 416, 3), np.uint8), np.zeros((240, 416), np.uint8))
