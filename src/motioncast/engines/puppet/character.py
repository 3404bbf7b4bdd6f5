"""Everything the puppet engine knows about the reference image, made once and used for every frame."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from motioncast.arrays import Image
from motioncast.engines.engine import Job
from motioncast.engines.puppet.background import fill_background
from motioncast.engines.puppet.body.driver_pose import joints_of
from motioncast.engines.puppet.body.hem import fade_hem
from motioncast.engines.puppet.body.joints import SIDES, Joints, find_joints
from motioncast.engines.puppet.body.layers import BodyLayers, Layer, build_layers
from motioncast.engines.puppet.body.planar import distance
from motioncast.engines.puppet.body.rest_pose import RestPose
from motioncast.engines.puppet.body.rig import LimbRig, rig_limbs
from motioncast.engines.puppet.body.skeleton import Joint, joint_array
from motioncast.engines.puppet.rim import carry_rim
from motioncast.engines.puppet.trunk import Trunk, build_trunk
from motioncast.errors import InputError
from motioncast.media.geometry import fit, fit_affine, output_size, within
from motioncast.perception.landmarks import StillLandmarks
from motioncast.perception.matting import Matte, extract_matte
from motioncast.perception.still import analyse_still
from motioncast.request import Mode

_MESH_STEP_PX = 14
_ANALYSIS_SIDE_PX = 1600  #: perception gains nothing from larger pictures
_REPLACE_AREA_PX = 1280 * 720  #: in replace mode the figure may be shown larger than it is in its own picture


@dataclass(frozen=True)
class Subject:
    """The subject of the reference image, cut out. All px are those of `image`."""

    image: Image  #: (H, W, 3) the reference image at working size
    matte: Matte
    landmarks: StillLandmarks
    joints: Joints
    background: Image | None  #: (H, W, 3) the picture without its subject; only made for animate mode

    @property
    def size(self) -> tuple[int, int]:
        """(W, H) of the working canvas."""
        return self.image.shape[1], self.image.shape[0]


@dataclass(frozen=True)
class Character:
    """A subject taken apart into layers that move."""

    subject: Subject
    layers: BodyLayers
    rest: RestPose
    limbs: LimbRig
    trunk: Trunk
    hem: float | None  #: torso lengths above the hips where the torso has faded out; None: it ends as it is

    @property
    def joints(self) -> Joints:
        return self.layers.joints


def prepare_subject(job: Job) -> Subject:
    """Cut the subject out of the reference image.

    Raises `InputError` when the picture holds no separable subject.
    """
    source = job.reference.rgb
    native = (source.shape[1], source.shape[0])
    area = job.area_px if job.mode is Mode.ANIMATE else min(_REPLACE_AREA_PX, native[0] * native[1])
    size = output_size(*native, area)
    landmarks = _analyse(job, size)
    image = fit(source, size)
    alpha = None if job.reference.alpha is None else fit(job.reference.alpha, size)
    matte = extract_matte(image, landmarks.person_mask, landmarks, alpha)
    joints = find_joints(landmarks, matte.alpha)
    background = None
    if job.mode is Mode.ANIMATE:
        background = fill_background(image, matte.alpha, joints, job.seed)
    return Subject(image, matte, landmarks, joints, background)


def take_apart(subject: Subject, limbs: bool, on_legs: bool = False) -> Character:
    """Cut the subject into layers. Without `limbs` it stays whole: nothing is cut that the performer does not move.

    on_legs: a character without legs is to stand on those of the performer.
    """
    joints, matte = subject.joints, subject.matte
    if not limbs:
        joints = replace(joints, has_arms=dict.fromkeys(SIDES, False), has_legs=False, skirt=False)
        if subject.background is not None:
            head = distance(joints.neck, joints.ear)
            matte = carry_rim(matte, subject.image, joints.neck, head)
    layers, hem = build_layers(subject.image, matte, joints, subject.landmarks), None
    if on_legs and layers.cut_below and joints.has_torso:
        layers, hem = fade_hem(layers)
    return _assemble(subject, layers, hem)


def recolour(character: Character, colours: Callable[[Image], Image]) -> Character:
    """The same character with its straight RGB colours mapped by `colours`, (H, W, 3) to (H, W, 3)."""

    def mapped(layer: Layer) -> Layer:
        alpha = layer.rgba[..., 3:].astype(np.float32) / 255
        straight = np.clip(layer.rgba[..., :3] / np.maximum(alpha, 1 / 255) + 0.5, 0, 255).astype(np.uint8)
        premultiplied = colours(straight) * alpha + 0.5
        return replace(layer, rgba=np.dstack([premultiplied.astype(np.uint8), layer.rgba[..., 3]]))

    old = character.layers
    layers = replace(
        old,
        torso=mapped(old.torso),
        arms={side: mapped(arm) for side, arm in old.arms.items()},
        legs={side: mapped(leg) for side, leg in old.legs.items()},
        skirt=None if old.skirt is None else mapped(old.skirt),
    )
    subject = replace(character.subject, image=colours(character.subject.image))
    return _assemble(subject, layers, character.hem)


def _assemble(subject: Subject, layers: BodyLayers, hem: float | None) -> Character:
    rest = _rest_pose(layers, subject.landmarks)
    sockets = rest.joints_px[[Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER]] if layers.arms else None
    return Character(
        subject=subject,
        layers=layers,
        rest=rest,
        limbs=rig_limbs(layers, layers.joints, _MESH_STEP_PX),
        trunk=build_trunk(layers.torso, subject.image, subject.landmarks, sockets),
        hem=hem,
    )


def _analyse(job: Job, size: tuple[int, int]) -> StillLandmarks:
    """Landmarks found in the picture's own resolution, moved to the working canvas."""
    source, alpha = job.reference.rgb, job.reference.alpha
    native = (source.shape[1], source.shape[0])
    seen = within(native, _ANALYSIS_SIDE_PX)
    if seen != native:
        source = cv2.resize(source, seen, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        alpha = None if alpha is None else cv2.resize(alpha, seen, interpolation=cv2.INTER_AREA).astype(np.uint8)
    found = analyse_still(source, alpha, job.models)
    if not found.person_mask.any():
        raise InputError(
            "No subject could be separated in the reference image: use a picture of one character that stands out "
            "from its background."
        )
    return found.on_canvas(fit_affine(seen, size), size)


def _rest_pose(layers: BodyLayers, landmarks: StillLandmarks) -> RestPose:
    joints_px = joint_array(layers.joints)
    if landmarks.body_world_m is not None:
        world = joints_of(landmarks.body_world_m.astype(np.float64))
    else:
        world = np.hstack([joints_px, np.zeros((len(Joint), 1))])
    return RestPose(joints_px, world, layers.joints.has_legs, layers.cut_below)
