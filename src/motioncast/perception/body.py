"""Following one body through the frames: region tracking, and detection when it is lost or doubtful."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from motioncast.arrays import Float64, Floats, Image
from motioncast.perception.detector import Detection, FarFaceDetector, PoseDetector
from motioncast.perception.glance import Glance
from motioncast.perception.identity import Identity
from motioncast.perception.pose_network import Pose, PoseLandmarks
from motioncast.perception.roi import Roi, around, circle, whole
from motioncast.perception.settling import settled
from motioncast.perception.skeleton import FACE_SIDES, NOSE_TIP, Body

GOOD_QUALITY = 1.25  #: of a pose that need not be doubted
_PRESENT = 0.5  #: least score of the pose network
_REGION_SCALE = 1.25  #: region of the next frame: this much larger than the circle around the body
_SETTLED = 0.05  #: sides and radians within which a region is where the pose has it
_TRUSTED_AFTER = 24  #: a pose that never looks good, but is tracked this long without a break, is trusted
_PATIENCE = 48  #: doubtful frames of a shot in which everything is tried; after that only in every eighth
_SEARCH_EVERY = 4  #: frames between searches with tiles, while nobody is found
#: bodies that a face may belong to: centre below the face and size of the region, in face sizes
_BODIES_OF_FACE = ((3.2, 11.0), (2.0, 7.0))


def quality(pose: Pose, face: Roi | None) -> float:
    """-.5..2: head and shoulders seen, shoulders below the ears, and under the face that the pose belongs to.

    `face`, where one was found independently: centre at the tip of the nose, side as wide as the face.
    """
    head = [Body.NOSE, Body.LEFT_EAR, Body.RIGHT_EAR, Body.LEFT_SHOULDER, Body.RIGHT_SHOULDER]
    ears, shoulders = pose.body_px[[7, 8], :2], pose.body_px[[11, 12], :2].mean(axis=0)
    upright = shoulders[1] - ears[:, 1].mean() > 0.2 * np.linalg.norm(ears[0] - ears[1])
    plain = float(pose.visibility[head].mean()) + 0.5 * bool(upright)
    if face is None:
        return plain
    off = np.linalg.norm(pose.body_px[Body.NOSE, :2] - [face.x, face.y]) / face.side
    # a head bent down or aside still has the shoulders half a face away
    apart = np.linalg.norm(shoulders - [face.x, face.y]) / face.side
    return plain + (0.5 if off < 0.3 and apart > 0.45 else -0.5)


def detected_face(detection: Detection) -> Roi:
    """Nose and width of a detected face, for `quality`."""
    return replace(around(detection.points_px), x=float(detection.points_px[2, 0]), y=float(detection.points_px[2, 1]))


def read_face(mesh: Floats) -> Roi:
    """Nose and width of a face mesh (478, 3), for `quality`."""
    width = np.hypot(*(mesh[FACE_SIDES[0], :2] - mesh[FACE_SIDES[1], :2]))
    return Roi(float(mesh[NOSE_TIP, 0]), float(mesh[NOSE_TIP, 1]), max(float(width), 1e-3))


class BodyFollower:
    """Follows one person. Give it every frame in order; it answers with the pose, or None where there is none."""

    def __init__(self, detector: PoseDetector, network: PoseLandmarks, faces: FarFaceDetector, rate: float) -> None:
        self._detector, self._network, self._faces = detector, network, faces
        self._identity = Identity(rate)
        self._filter = _OneEuro()
        self._restart()

    def _restart(self) -> None:
        self._last: Pose | None = None  # of the previous frame
        self._missing = 0  # frames since the person was last seen
        self._doubted = 0  # doubtful frames of this shot
        self._unbroken = 0  # frames tracked without a break
        self._trusted = False  # a good pose was seen in this shot
        self._identity.new_shot()
        self._filter.reset()
        self._glance: Glance | None = None  # where the person was seen in the previous frame

    @property
    def sure(self) -> bool:
        """Was a pose to be trusted seen in the last frame?"""
        return self._trusted and self._last is not None

    def seed(self, pose: Pose) -> None:
        """Start from a known pose of the neighbouring frame."""
        self._restart()
        self._trusted = True
        self._last = pose
        self._identity.learn(None, pose, 0)

    def __call__(self, image: Image, cut: bool = False) -> Pose | None:
        """The person in `image`; `cut` says that a new shot begins with it."""
        if cut:
            self._restart()
        pose, face = self._track(image), self._face_if_unsure(image)
        self._unbroken = self._unbroken + 1 if pose is not None else 0
        if pose is None or self._doubtful(pose, face):
            found = self._find(image, face)
            if found is not None and (pose is None or quality(found, face) > quality(pose, face) + 0.05):
                self._filter.reset()
                self._unbroken = 0
                pose = self._settle(image, found)
        self._last = pose
        if pose is None:
            self._filter.reset()
            self._glance = None
            self._missing += 1
        else:
            good = quality(pose, face) >= GOOD_QUALITY
            self._trusted = self._trusted or good or self._unbroken >= _TRUSTED_AFTER
            if self._trusted:
                self._identity.learn(image if good else None, pose, self._missing)
            self._missing = 0
        return pose

    def _face_if_unsure(self, image: Image) -> Roi | None:
        """The largest face in the picture, as a second opinion until the pose is trusted."""
        if self._trusted:
            return None
        faces = [detected_face(d) for d in self._faces(image, whole(image), 0.6)]
        return max(faces, key=lambda face: face.side, default=None)

    def _doubtful(self, pose: Pose, face: Roi | None) -> bool:
        """Is a better pose worth a search?"""
        if self._trusted or quality(pose, face) >= GOOD_QUALITY:
            return False
        self._doubted += 1
        return self._doubted < _PATIENCE or self._doubted % 8 == 0

    def _track(self, image: Image) -> Pose | None:
        """Look where the person was in the previous frame."""
        if self._last is None:
            return None
        region = region_of_body(circle(*self._filter(self._last.frame_px)))
        if self._glance is not None and self._glance.still(image):
            region = self._glance.region
        pose, self._glance = self._network(image, region), Glance.of(region, image)
        return pose if pose.score >= _PRESENT and self._identity.allows(image, pose, 0) else None

    def _settle(self, image: Image, found: Pose) -> Pose:
        """The same person, in a region that fits."""

        def look(region: Roi) -> Pose | None:
            pose = self._network(image, region)
            sure = pose.score >= _PRESENT and self._identity.allows(image, pose, self._missing)
            return pose if sure and quality(pose, None) >= quality(found, None) - 0.05 else None

        pose, region = settled(look, lambda pose: region_of_body(pose.circle), found, _SETTLED)
        self._glance = Glance.of(region, image) if region is not None else None
        return pose

    def _find(self, image: Image, face: Roi | None) -> Pose | None:
        """Look everywhere: the first good pose, else the best."""
        best: Pose | None = None
        for region in self._places_to_look(image, face):
            pose = self._network(image, region)
            if pose.score < _PRESENT or not self._identity.allows(image, pose, self._missing):
                continue
            if best is None or quality(pose, face) > quality(best, face):
                best = pose
            if self._trusted or quality(best, face) >= GOOD_QUALITY:
                break
        return best

    def _places_to_look(self, image: Image, face: Roi | None) -> Iterator[Roi]:
        """Regions around detected people, and around the bodies that the face may belong to."""
        views = [[whole(image)]]
        if self._last is None and self._missing % _SEARCH_EVERY == 0:
            views.append(tiles(image))
        for view in views:
            found = [detection for tile in view for detection in self._detector(image, tile)]
            ranked = sorted(found, key=lambda d: -self._preference(d, image))[:3]
            yield from (region_of_body(circle_of(detection)) for detection in ranked)
        if face is not None:
            yield from bodies_of_face(face)

    def _preference(self, detection: Detection, image: Image) -> float:
        """Large and central at first, then near to where the person was."""
        away = self._identity.distance(np.mean(detection.points_px[[0, 2]], axis=0))
        if away is not None:
            return -away
        middle = np.array([image.shape[1], image.shape[0]]) / 2
        off = np.linalg.norm((detection.box_px[:2] + detection.box_px[2:]) / 2 - middle) / np.linalg.norm(middle)
        return circle_of(detection).side * (1.0 - 0.5 * float(off))


def circle_of(detection: Detection) -> Roi:
    """The circle around a detected body."""
    return circle(detection.points_px[0], detection.points_px[1])


def region_of_body(body: Roi) -> Roi:
    """Region for the pose network from the circle around a body."""
    return body.scaled(_REGION_SCALE)


def bodies_of_face(face: Roi) -> list[Roi]:
    """Regions of the bodies that a face may belong to."""
    return [Roi(face.x, face.y + down * face.side, size * face.side) for down, size in _BODIES_OF_FACE]


def tiles(image: Image) -> list[Roi]:
    """Three overlapping squares along the longer side, for people who are small in the picture."""
    height, width = image.shape[:2]
    side = min(max(width, height) * 0.6, min(width, height))
    centre = np.array([width - 1, height - 1]) / 2
    reach = np.maximum(np.array([width, height]) - side, 0) / 2
    return [Roi(float(x), float(y), side) for x, y in (centre + step * reach for step in (-1, 0, 1))]


class _OneEuro:
    """Casiez et al., 1-euro filter (CHI 2012), on the two points that span the region: still while the person is still.

    Constants as in the pose graph of mediapipe: cut-off .01 Hz + 10 Hz a body size a second, at 30 frames a second.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._raw: Float64 | None = None
        self._smooth = np.zeros((2, 2))
        self._speed = np.zeros((2, 2))

    def __call__(self, points: Floats) -> Float64:
        """Filtered (2, 2) points."""
        raw = np.asarray(points, np.float64)
        if self._raw is None:
            self._raw, self._smooth, self._speed = raw, raw, np.zeros((2, 2))
            return raw
        size = max(2.0 * float(np.hypot(*(raw[1] - raw[0]))), 1e-6)
        speed = (raw - self._raw) * 30.0 / size
        self._speed += _alpha(1.0) * (speed - self._speed)
        self._smooth = self._smooth + _alpha(0.01 + 10.0 * np.abs(self._speed)) * (raw - self._smooth)
        self._raw = raw
        return self._smooth


def _alpha(cutoff: float | Float64) -> Float64:
    """Weight of the new value in a first-order low-pass at 30 frames a second."""
    return np.asarray(1.0 / (1.0 + 30.0 / (2.0 * np.pi * np.asarray(cutoff))), np.float64)
