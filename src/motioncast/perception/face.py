"""Following one face through the frames, from the body where there is one, by itself where there is none."""

import numpy as np

from motioncast.arrays import Float32, Image
from motioncast.perception.detector import Detection, FaceDetector, FarFaceDetector
from motioncast.perception.face_network import FaceMesh
from motioncast.perception.glance import Glance
from motioncast.perception.networks import Points
from motioncast.perception.pose_network import Pose
from motioncast.perception.roi import Roi, around, level, whole, wrapped
from motioncast.perception.settling import settled
from motioncast.perception.skeleton import EYE_CORNERS, FACE_OF_BODY, NOSE_TIP, Body

_PRESENT = 0.5  #: least score of the mesh
_HEAD_SCALE = 3.0  #: region around the body's face points in which the face is searched
_DETECTED_SCALE, _DETECTED_SHIFT = 2.0, -0.1  #: from the detector's key points to the mesh's region
_MESH_SCALE = 1.5  #: from a mesh to its region in the next frame
_SETTLED = 0.006  #: sides and radians within which a region is where the mesh has it
_STEADY_MOVE, _STEADY_TURN = 0.1, np.deg2rad(15)  #: a face that moved less (of its size) is looked for where it was
_SAME_FACE_MOVE, _SAME_FACE_SCALE = 1.0, 1.6  #: a face found again: largest move in face sizes, change of size


def region_of_mesh(mesh: Float32) -> Roi:
    """Region of the face mesh (478, 3) in the next frame."""
    right, left = EYE_CORNERS
    return around(mesh, level(mesh[left, :2] - mesh[right, :2])).scaled(_MESH_SCALE)


def _next_region(found: Points) -> Roi:
    return region_of_mesh(found.points_px)


def region_of_detection(detection: Detection) -> Roi:
    """Region for the mesh from a detected face."""
    points = detection.points_px
    return around(points, level(points[1] - points[0])).shifted(_DETECTED_SHIFT).scaled(_DETECTED_SCALE)


def region_of_head(pose: Pose) -> Roi:
    """Where the body's face points say that the face is."""
    eyes = pose.body_px[[Body.RIGHT_EYE, Body.LEFT_EYE], :2]
    return around(pose.body_px[FACE_OF_BODY], level(eyes[1] - eyes[0])).scaled(_HEAD_SCALE)


class FaceFollower:
    """Follows one face. Give it every frame in order, with the body found in it."""

    def __init__(self, near: FaceDetector, far: FarFaceDetector, mesh: FaceMesh) -> None:
        self._near, self._far, self._mesh = near, far, mesh
        self._restart()

    def _restart(self) -> None:
        self._glance: Glance | None = None  # where the next frame is looked at, while the face is seen
        self._known: Roi | None = None  # the last such region of this shot
        self._head: Roi | None = None  # the body's idea of the head in the previous frame

    def __call__(self, image: Image, pose: Pose | None, cut: bool = False) -> Points | None:
        """The face mesh in `image`, or None."""
        if cut:
            self._restart()
        head = region_of_head(pose) if pose is not None else None
        steady = head is None or self._head is None or _steady(self._head, head)
        self._head = head
        glance = self._glance if steady else None
        found = self._read(image, glance.region, head) if glance is not None else None
        region: Roi | None
        if found is not None and glance is not None:
            region = glance.region if glance.still(image) else _next_region(found)
        else:
            found, region = self._find(image, head)
        self._glance = Glance.of(region, image) if region is not None else None
        self._known = region or self._known
        return found

    def _find(self, image: Image, head: Roi | None) -> tuple[Points, Roi] | tuple[None, None]:
        """The mesh of a face anywhere, the first of a shot in a region that fits; and where to look next."""
        region = self._search(image, head)
        first = self._read(image, region, head) if region is not None else None
        if first is None:
            return None, None
        if self._known is not None:
            return first, _next_region(first)
        found, fitting = settled(lambda there: self._read(image, there, head), _next_region, first, _SETTLED)
        return found, fitting or _next_region(found)

    def _read(self, image: Image, region: Roi, head: Roi | None) -> Points | None:
        face = self._mesh(image, region)
        if face.score < _PRESENT:
            return None
        nose = face.points_px[NOSE_TIP]
        if head is not None and np.hypot(nose[0] - head.x, nose[1] - head.y) > 0.5 * head.side:
            return None  # somebody else's
        return face

    def _search(self, image: Image, head: Roi | None) -> Roi | None:
        """A face within the head's region; without a body, anywhere."""
        if head is not None:
            found = self._near(image, head) or self._far(image, head)
            return region_of_detection(found[0]) if found else None
        found = self._near(image, whole(image)) or self._far(image, whole(image), 0.6)
        regions = [region_of_detection(d) for d in found]
        if self._known is not None:
            regions = [r for r in regions if _same_face(self._known, r)]
        middle = whole(image)
        return max(regions, key=lambda r: r.side - 0.5 * np.hypot(r.x - middle.x, r.y - middle.y), default=None)


def _steady(before: Roi, now: Roi) -> bool:
    """Did the head hold still enough for the old region to show it?"""
    size = now.side / _HEAD_SCALE * _DETECTED_SCALE
    move = np.hypot(now.x - before.x, now.y - before.y)
    return bool(move <= _STEADY_MOVE * size and abs(wrapped(now.angle - before.angle)) <= _STEADY_TURN)


def _same_face(known: Roi, found: Roi) -> bool:
    near = np.hypot(found.x - known.x, found.y - known.y) <= _SAME_FACE_MOVE * known.side
    return bool(near and max(found.side / known.side, known.side / found.side) <= _SAME_FACE_SCALE)
