"""How the camera moved: a chain of background homographies, gathered frame by frame while the performer is tracked."""

from dataclasses import dataclass

import cv2
import numpy as np

from motioncast.arrays import Bools, Float32, Float64, Image

WORK_WIDTH = 416  #: px of the long side of the grey image that corners are followed in
MAX_CORNERS = 200
MIN_POINTS = 12  #: fewer followed corners than this say nothing
STILL_PX = 0.6  #: a shot whose corners return this close (work px) to where they began was taken from a tripod
PROBE_EVERY = 12  #: frames between two direct comparisons with the first frame of the shot
OBEYS_PX = 1.5  #: a corner this close to where the motion puts it belongs to the scene
_ROUNDS = 4
#: how many corners' worth of evidence it takes to leave the similarity: shift, shear and scale, perspective
_STIFF = np.array([3.0, 3.0, 0.1, 3.0, 3.0, 0.1, 10.0, 10.0])
_LK = {"winSize": (15, 15), "maxLevel": 3, "criteria": (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.03)}


@dataclass(frozen=True)
class CameraMotion:
    """Camera motion of a clip of N frames."""

    homographies: Float64  #: (N, 3, 3), px of the first frame of t's shot -> px of frame t, source pixels
    shot_starts: tuple[int, ...]  #: first frame of every shot, beginning with 0
    static: tuple[bool, ...]  #: per shot: the camera stood still (its homographies are exactly the identity)

    def __len__(self) -> int:
        return len(self.homographies)

    def shot(self, index: int) -> int:
        """The number of the shot that frame `index` belongs to."""
        return int(np.searchsorted(self.shot_starts, index, side="right")) - 1

    def on_canvas(self, index: int, to_canvas: Float64) -> Float64:
        """`homographies[index]` between canvases where canvas px = to_canvas (3, 3) applied to source px."""
        return np.asarray(to_canvas @ self.homographies[index] @ np.linalg.inv(to_canvas))


def scaling(source: tuple[int, int], canvas: tuple[int, int]) -> Float64:
    """The (3, 3) map from px of a (W, H) image to px of its resized copy; pixel centres are integers in both."""
    sx, sy = canvas[0] / source[0], canvas[1] / source[1]
    return np.array([[sx, 0, 0.5 * sx - 0.5], [0, sy, 0.5 * sy - 0.5], [0, 0, 1]])


class CameraEstimator:
    """Feed it every frame once, in order, after the performer's mask of that frame is known.

    Corners outside the performer are carried from frame to frame by pyramidal Lucas-Kanade, and the motion is fitted
    from the last key frame (not the last frame) to the present one, so error grows with key frames, not with frames.
    """

    def __init__(self, source_size: tuple[int, int]) -> None:
        """source_size: (W, H) of the source; homographies come in its pixels whatever size `add` is given."""
        self._source = source_size
        k = min(1.0, WORK_WIDTH / max(source_size))
        self._size = (max(32, round(source_size[0] * k)), max(32, round(source_size[1] * k)))
        self._chain: list[Float64] = []
        self._starts: list[int] = []
        self._drift: list[list[float]] = []

    def add(self, index: int, rgb: Image, person_mask: Image, *, cut: bool = False) -> None:
        """Take frame `index` and the soft mask (h, w) uint8 of its performer, each of any size; cut: a shot begins.

        Raises ValueError when frames do not come in order.
        """
        if index != len(self._chain):
            raise ValueError(f"frame {len(self._chain)} was expected, {index} came")
        small = cv2.resize(rgb, self._size, interpolation=cv2.INTER_AREA)
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
        free = _background(person_mask, self._size)
        if cut or not self._chain:
            self._begin_shot(index, grey, free)
        else:
            self._chain.append(self._follow(grey, free))
            if (index - self._starts[-1]) % PROBE_EVERY == 0:
                self._probe(grey, free)
        self._previous = grey

    def finish(self) -> CameraMotion:
        """The motion of all frames so far; shots taken from a tripod get exact identities."""
        to_source = scaling(self._size, self._source)
        chain = np.array(self._chain).reshape(-1, 3, 3)
        motion = to_source @ chain @ np.linalg.inv(to_source)
        ends = [*self._starts[1:], len(chain)]
        static = []
        for start, end, drift in zip(self._starts, ends, self._drift, strict=True):
            still = _came_back(drift) or _hardly_moved(chain[start:end], self._size)
            static.append(still)
            if still:
                motion[start:end] = np.eye(3)
        return CameraMotion(motion / motion[:, 2:, 2:], tuple(self._starts), tuple(static))

    def _begin_shot(self, index: int, grey: Image, free: Image) -> None:
        self._starts.append(index)
        self._drift.append([])
        self._chain.append(np.eye(3))
        self._first = grey
        self._first_points = _corners(grey, free)
        self._set_key(grey, free, np.eye(3))

    def _set_key(self, grey: Image, free: Image, motion: Float64) -> None:
        self._key_motion = motion
        self._key_points = _corners(grey, free)
        self._points = self._key_points.copy()
        self._key_count = len(self._points)

    def _follow(self, grey: Image, free: Image) -> Float64:
        """Motion from the first frame of the shot to this one, in work px."""
        if len(self._points) < MIN_POINTS:
            self._set_key(self._previous, free, self._chain[-1])
        motion = self._chain[-1]
        if len(self._points) >= MIN_POINTS:
            moved, found = _track(self._previous, grey, self._points)
            keep = found & _inside(moved, free)
            self._points, self._key_points = moved[keep], self._key_points[keep]
            fit, inliers = _fit(self._key_points, self._points)
            self._points, self._key_points = self._points[inliers], self._key_points[inliers]
            if fit is not None:
                motion = fit @ self._key_motion
        if len(self._points) < max(3 * MIN_POINTS, 0.55 * self._key_count):
            self._set_key(grey, free, motion)
        return motion

    def _probe(self, grey: Image, free: Image) -> None:
        if len(self._first_points) < MIN_POINTS:
            return
        moved, found = _track(self._first, grey, self._first_points)
        keep = found & _inside(moved, free)
        if keep.sum() >= MIN_POINTS:
            steps = np.linalg.norm(moved[keep] - self._first_points[keep], axis=1)
            self._drift[-1].append(float(np.median(steps)))


def _background(mask: Image, size: tuple[int, int]) -> Image:
    """(h, w) uint8, 255 where no person is near."""
    person = cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR) > 60
    near = cv2.dilate(person.astype(np.uint8), np.ones((15, 15), np.uint8))
    return ((1 - near) * 255).astype(np.uint8)


def _corners(grey: Image, free: Image) -> Float32:
    """Corners to follow, (K, 2) float32 work px, K may be 0."""
    points = cv2.goodFeaturesToTrack(grey, MAX_CORNERS, 0.01, 8, mask=free)
    return np.zeros((0, 2), np.float32) if points is None else points.reshape(-1, 2).astype(np.float32)


def _track(before: Image, after: Image, points: Float32) -> tuple[Float32, Bools]:
    guess = points.reshape(-1, 1, 2).copy()
    moved, found, _ = cv2.calcOpticalFlowPyrLK(before, after, points.reshape(-1, 1, 2), guess, **_LK)  # type: ignore[call-overload]
    return moved.reshape(-1, 2), np.asarray(found.ravel() > 0)


def _inside(points: Float32, free: Image) -> Bools:
    """Which points lie in the picture and off the performer."""
    h, w = free.shape
    x, y = np.rint(points[:, 0]).astype(int), np.rint(points[:, 1]).astype(int)
    ok = (x >= 0) & (y >= 0) & (x < w) & (y < h)
    ok[ok] = free[y[ok], x[ok]] > 0
    return np.asarray(ok)


def _fit(key: Float32, now: Float32) -> tuple[Float64 | None, Bools]:
    """The motion (3, 3) that explains the corners, and which corners obey it; None when too few do.

    Choosing between models from frame to frame would make the scene jump. A similarity, which few corners decide well,
    takes on as much shear and perspective as all of them prove together: least squares with a penalty on what differs
    from the similarity, reweighted (Cauchy) so that corners on other things that move have no say.
    """
    everyone = np.ones(len(key), bool)
    if len(key) < MIN_POINTS:
        return None, everyone
    partial, _ = cv2.estimateAffinePartial2D(key, now, method=cv2.RANSAC, ransacReprojThreshold=2 * OBEYS_PX)
    if np.ndim(partial) != 2:  # there is none
        return None, everyone
    to_unit = _to_unit(key)
    back = np.linalg.inv(to_unit)
    start = to_unit @ np.vstack([partial, [0.0, 0.0, 1.0]]) @ back
    source, target = _through(to_unit, key.astype(np.float64)), _through(to_unit, now.astype(np.float64))
    fit = start
    for _ in range(_ROUNDS):
        error = np.linalg.norm(_through(fit, source) - target, axis=1) / to_unit[0, 0]
        fit = _penalised(source, target, 1 / (1 + (error / (0.5 * OBEYS_PX)) ** 2), start)
    agree = np.linalg.norm(_through(fit, source) - target, axis=1) / to_unit[0, 0] < OBEYS_PX
    if agree.sum() < max(MIN_POINTS, 0.4 * len(key)):
        return None, everyone
    return np.asarray(back @ fit @ to_unit), np.asarray(agree)


def _to_unit(points: Float32) -> Float64:
    """(3, 3) work px -> coordinates around the middle of the points in which the picture is about 2 wide."""
    k, (x, y) = 2 / WORK_WIDTH, points.mean(axis=0)
    return np.array([[k, 0, -k * x], [0, k, -k * y], [0, 0, 1]])


def _through(motion: Float64, points: Float64) -> Float64:
    """Points (K, 2) through a homography."""
    moved = points @ motion[:, :2].T + motion[:, 2]
    return np.asarray(moved[:, :2] / moved[:, 2:])


def _penalised(source: Float64, target: Float64, weight: Float64, start: Float64) -> Float64:
    """The homography with the least sum of weighted squared errors and squared distance of its factors from `start`."""
    rows = np.zeros((2, len(source), 8))
    for axis in range(2):
        rows[axis, :, 3 * axis : 3 * axis + 2] = source
        rows[axis, :, 3 * axis + 2] = 1
        rows[axis, :, 6:] = -source * target[:, axis : axis + 1]
    flat, wanted = rows.reshape(-1, 8), target.T.reshape(-1)
    weighted = flat.T * np.tile(weight, 2)
    prior = start.reshape(-1)[:8]
    factors = np.linalg.solve(weighted @ flat + np.diag(_STIFF), weighted @ wanted + _STIFF * prior)
    return np.append(factors, 1.0).reshape(3, 3)


def _came_back(drift: list[float]) -> bool:
    return bool(drift) and float(np.percentile(drift, 80)) < STILL_PX


def _hardly_moved(chain: Float64, size: tuple[int, int]) -> bool:
    """Where direct comparison fails (moving captions, short shots): judge by where the picture's corners went."""
    corners = np.array([[0, 0, 1], [size[0], 0, 1], [0, size[1], 1], [size[0], size[1], 1]], float).T
    moved = chain @ corners
    away = np.abs(moved[:, :2] / moved[:, 2:] - corners[:2]).max(axis=(1, 2))
    return bool(np.percentile(away, 95) < 1.5 * STILL_PX)
