"""The parts of a person, each followed by a chain over the frames, hung on the body."""

from dataclasses import dataclass, replace
from pathlib import Path

from motioncast.arrays import Image
from motioncast.perception.body import BodyFollower
from motioncast.perception.body_pace import BodyLook, PacedBody
from motioncast.perception.detector import Detector, FaceDetector, FarFaceDetector, PoseDetector
from motioncast.perception.face import FaceFollower
from motioncast.perception.face_network import FaceMesh
from motioncast.perception.hand import HandFollower, Look
from motioncast.perception.hand_network import HandLandmarks, HandRecrop
from motioncast.perception.mask import MaskFollower, PlacedMask
from motioncast.perception.networks import Points
from motioncast.perception.pose_network import Pose, PoseLandmarks
from motioncast.perception.segmentation import PoseMask

#: Classes of the parts that hold no state of a clip.
NETWORKS = (Detector, PoseLandmarks, PoseMask, FaceMesh, HandLandmarks, HandRecrop)


@dataclass(frozen=True)
class Found:
    """What one frame shows of the person, in pixels of the frame as it was looked at."""

    body: BodyLook
    mask: PlacedMask | None
    face: Points | None
    left: Look
    right: Look


class Chains:
    """The chains of one pass over the frames."""

    def __init__(self, models: Path, rate: float, masks: bool) -> None:
        body = BodyFollower(PoseDetector(models), PoseLandmarks(models, masks), FarFaceDetector(models), rate)
        self.body = PacedBody(body)
        self._masks = MaskFollower(PoseMask(models)) if masks else None
        self.face = FaceFollower(FaceDetector(models), FarFaceDetector(models), FaceMesh(models))
        self.left = HandFollower("left", models)
        self.right = HandFollower("right", models)

    def mask(self, pose: Pose | None) -> PlacedMask | None:
        """The person mask of a pose, if masks are asked for."""
        return self._masks(pose) if self._masks is not None else None

    def look(self, image: Image, cut: bool) -> Found:
        """All parts of the next frame."""
        body = self.body(image, cut)
        pose = body.pose
        face, left, right = self.face(image, pose, cut), self.left(image, pose), self.right(image, pose)
        return slim(Found(body, self.mask(pose), face, left, right))


def slim(found: Found) -> Found:
    """Without the features, once the mask is made."""
    pose = found.body.pose
    return found if pose is None else replace(found, body=replace(found.body, pose=replace(pose, mask_features=())))
