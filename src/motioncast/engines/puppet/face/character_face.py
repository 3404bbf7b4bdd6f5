"""Everything about the character's face that does not depend on the performer, made once."""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Float64, Image
from motioncast.engines.puppet.face.eyes import EyeLayer, prepare_eyes
from motioncast.engines.puppet.face.far_side import FarSide
from motioncast.engines.puppet.face.geometry import euler_deg, umeyama
from motioncast.engines.puppet.face.lid_lines import follow_lid_lines
from motioncast.engines.puppet.face.lids import snap_lids
from motioncast.engines.puppet.face.measures import lip_gaps, mouth_width
from motioncast.engines.puppet.face.skin import lip_rgb, skin_rgb
from motioncast.engines.puppet.face.topology import (
    CANONICAL,
    CHIN,
    FACE,
    FOREHEAD,
    INNER_LOWER,
    INNER_UPPER,
    OUTER_LOWER,
    OUTER_UPPER,
    STABLE,
)
from motioncast.perception.landmarks import SURE_SPREAD, StillLandmarks

PARTED_LIPS = 0.02


@dataclass(frozen=True)
class CharacterFace:
    """A readable face in the reference image. All `_px` are reference pixels, z in the same unit."""

    image: Image  #: (H, W, 3) RGB as it will be drawn
    landmarks_px: Float64  #: (478, 3), lids snapped to the painted ones
    shape: Float64  #: (478, 3) in `CANONICAL` axes, unit: this face's width
    rotation: Float64  #: (3, 3) canonical axes to image axes
    angles_deg: Float64  #: (3,) yaw, pitch, roll
    width_px: float  #: scale of the similarity: one face width
    height_px: float  #: forehead to chin
    centre_px: Float64  #: (3,) pivot of the head
    eyes: tuple[EyeLayer, EyeLayer]
    lip_gap: Float64  #: (9,) own opening of the lips, in face widths
    mouth_width: float  #: in face widths
    skin_rgb: Float64  #: (3,)
    lip_rgb: Float64  #: (3,)
    far_side: FarSide | None = None  #: of a half turned face

    @property
    def parted(self) -> bool:
        """The picture shows the inside of the mouth."""
        return bool(self.lip_gap[3:6].mean() > PARTED_LIPS)

    @property
    def texture_px(self) -> Float64:
        """Where each of the 468 vertices takes its colour from, (468, 2).

        Of parted lips the inner contour samples 22 % inside the lip, so that teeth do not bleed into the closed line.
        """
        uv = self.landmarks_px[:FACE, :2].copy()
        if self.parted:
            for inner, outer in ((INNER_UPPER, OUTER_UPPER), (INNER_LOWER, OUTER_LOWER)):
                points = self.landmarks_px[:, :2]
                uv[inner[1:-1]] += 0.22 * (points[outer[1:-1]] - points[inner[1:-1]])
        return uv


def prepare_face(image: Image, still: StillLandmarks) -> CharacterFace | None:
    """Study the face of a reference `image` (H, W, 3) RGB. None if there is none, or none the tracker is sure of."""
    if still.face_px is None or still.face_spread > SURE_SPREAD:
        return None
    landmarks = snap_lids(image, np.asarray(still.face_px, np.float64))
    pose = umeyama(landmarks[None, STABLE], CANONICAL[STABLE])
    eyes = prepare_eyes(image, landmarks)
    if all(eye.follow == 0 for eye in eyes):
        landmarks = follow_lid_lines(image, landmarks)
    shape = pose.undo(landmarks[None])[0]
    return CharacterFace(
        image=image,
        landmarks_px=landmarks,
        shape=shape,
        rotation=pose.rotation[0],
        angles_deg=euler_deg(pose.rotation[0]),
        width_px=float(pose.scale[0]),
        height_px=float(np.linalg.norm(landmarks[FOREHEAD] - landmarks[CHIN])),
        centre_px=landmarks[STABLE].mean(axis=0),
        eyes=eyes,
        lip_gap=lip_gaps(shape),
        mouth_width=mouth_width(shape),
        skin_rgb=skin_rgb(image, landmarks),
        lip_rgb=lip_rgb(image, landmarks),
    )
