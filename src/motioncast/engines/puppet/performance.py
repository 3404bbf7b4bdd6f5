"""One performance of one character: what moves how in every frame, planned for the whole clip before rendering."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Image
from motioncast.engines.puppet.anchor import find_anchor
from motioncast.engines.puppet.body.driver_pose import DriverPose
from motioncast.engines.puppet.body.retarget import PoseTargets, retarget
from motioncast.engines.puppet.body.skeleton import Joint
from motioncast.engines.puppet.bust import BustPath, place_bust
from motioncast.engines.puppet.character import Character
from motioncast.engines.puppet.face.driver_look import DriverLook, study_driver
from motioncast.engines.puppet.face.head_motion import HeadMotion, HeadMotions, head_motion
from motioncast.engines.puppet.face.mouth import MouthPainter
from motioncast.engines.puppet.face.performance import FacePerformance
from motioncast.engines.puppet.face.shading import ExpressionShading
from motioncast.engines.puppet.face.transfer import FaceTransfer
from motioncast.engines.puppet.pin_head import pin_head
from motioncast.engines.puppet.secondary import SecondaryMotion, plan_secondary
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.request import Mode

UNMOVED = HeadMotion(np.eye(3), 1.0, np.zeros(2))  #: the motion of what has no head
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
    secondary: SecondaryMotion | None
    driver: DriverPose


@dataclass(frozen=True)
class Stage:
    """Where and as what a performance takes place."""

    mode: Mode
    size: tuple[int, int]  #: (W, H) of the output
    seed: int


def plan_performance(
    character: Character, track: PerformanceTrack, driver: DriverPose, face: FacePerformance | None, stage: Stage
) -> Performance:
    """Plan everything but the face; `track` is in px of the frames the renderer gets (replace: of the output)."""
    frame = character.trunk.mesh.frame
    anchor = find_anchor(character, track, driver, face)
    body, bust, head = None, None, None
    stands = _stands(character, stage)
    if character.joints.has_torso and _shows_shoulders(track, driver) and not stands:
        body = retarget(character.rest, driver, anchor, stage.mode, stage.size)
        if frame is not None:
            head = head_motion(face, track, frame, anchor, relative_to_neck=True)
        if head is not None and face is not None and anchor.alike and stage.mode is Mode.ANIMATE:
            head = pin_head(head, character, body, face, anchor, (track.width, track.height))
    else:
        bust = place_bust(character, track, face, stage.mode)
        if frame is not None:
            # a bust moves with its head in the picture; who stands, or is carried to the performer's place, does not
            relative = stands or stage.mode is Mode.REPLACE
            head = head_motion(face, track, frame, anchor, relative_to_neck=relative)
    secondary = None
    if head is not None:
        path = head.shift_px + (body.joints_px[:, Joint.NECK] / body.scale[:, None] if body is not None else 0.0)
        tilt = np.arctan2(head.rotation[:, 1, 0], head.rotation[:, 0, 0])
        secondary = plan_secondary(character.trunk.mesh, path, tilt, track.rate, stage.seed)
    return Performance(body, bust, head, None, secondary, driver)


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


def _stands(character: Character, stage: Stage) -> bool:
    """The picture shows feet that the performer does not move: a figure must not leave the floor with its head."""
    return stage.mode is Mode.ANIMATE and character.subject.joints.has_legs and not character.rest.has_legs


def _shows_shoulders(track: PerformanceTrack, driver: DriverPose) -> bool:
    seen = driver.visibility[:, [Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER]]
    return bool(track.body_valid.mean() > _SEEN and seen.mean() > _SEEN)
