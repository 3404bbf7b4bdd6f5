"""One performance of one character: what moves how in every frame, planned for the whole clip before rendering."""

from collections.abc import Mapping
from dataclasses import dataclass

from motioncast.arrays import Image
from motioncast.engines.puppet.anchor import anchor_frames
from motioncast.engines.puppet.body.driver_pose import DriverPose
from motioncast.engines.puppet.body.retarget import PoseTargets, retarget
from motioncast.engines.puppet.body.skeleton import Joint
from motioncast.engines.puppet.bust import BustPath, place_bust
from motioncast.engines.puppet.character import Character
from motioncast.engines.puppet.face.driver_look import DriverLook, study_driver
from motioncast.engines.puppet.face.head_motion import HeadMotions, head_motion
from motioncast.engines.puppet.face.mouth import MouthPainter
from motioncast.engines.puppet.face.performance import FacePerformance, analyse_face
from motioncast.engines.puppet.face.shading import ExpressionShading
from motioncast.engines.puppet.face.transfer import FaceTransfer
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.request import Mode

_SEEN = 0.5  #: mean visibility from which the shoulders count as seen


@dataclass(frozen=True)
class FacePlan:
    """How the character's face acts."""

    transfer: FaceTransfer
    mouth: MouthPainter
    shading: ExpressionShading | None  #: None when the performer's skin could not be studied


@dataclass(frozen=True)
class Performance:
    """The plan of a clip."""

    body: PoseTargets | None  #: None: the figure is placed as a whole along `bust`
    bust: BustPath | None
    head: HeadMotions | None  #: None: nothing moves as a head
    face: FacePlan | None
    driver: DriverPose


def plan_performance(
    character: Character, track: PerformanceTrack, driver: DriverPose, mode: Mode, canvas: tuple[int, int]
) -> tuple[Performance, FacePerformance | None]:
    """Plan everything but the face; `track` is in px of the frames the renderer gets (replace: of the canvas)."""
    face = analyse_face(track)
    frame = character.trunk.mesh.frame
    follows_body = character.joints.has_torso and _shows_shoulders(track, driver)
    anchor = anchor_frames(character, track, driver, face)
    if follows_body:
        body = retarget(character.rest, driver, anchor, mode, canvas)
        head = head_motion(face, track, frame, anchor, relative_to_neck=True) if frame else None
        return Performance(body, None, head, None, driver), face
    bust = place_bust(character, track, face, mode)
    head = head_motion(face, track, frame, anchor, relative_to_neck=mode is Mode.REPLACE) if frame else None
    return Performance(None, bust, head, None, driver), face


def plan_face(
    character: Character, face: FacePerformance | None, frames: Mapping[int, Image], seed: int
) -> FacePlan | None:
    """Plan the face from the driving frames that `study_frames` asked for."""
    own = character.trunk.face
    if own is None or face is None:
        return None
    look: DriverLook | None = study_driver(face, frames)
    shading = ExpressionShading(own, face, look) if look is not None else None
    return FacePlan(FaceTransfer(own, face), MouthPainter(own, face, look, seed), shading)


def _shows_shoulders(track: PerformanceTrack, driver: DriverPose) -> bool:
    seen = driver.visibility[:, [Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER]]
    return bool(track.body_valid.mean() > _SEEN and seen.mean() > _SEEN)
