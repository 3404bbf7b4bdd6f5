"""The joints and bones of the body skeleton, and where its joints lie among the 33 body landmarks."""

from enum import Enum, IntEnum, auto

import numpy as np

from motioncast.arrays import Float64
from motioncast.engines.puppet.body.joints import SIDES, Joints, Side


class Joint(IntEnum):
    """A joint, numbered as in arrays (..., J, 2); left and right are the person's own."""

    NECK = 0
    HIP = 1
    EAR = 2
    LEFT_SHOULDER = 3
    RIGHT_SHOULDER = 4
    LEFT_ELBOW = 5
    RIGHT_ELBOW = 6
    LEFT_WRIST = 7
    RIGHT_WRIST = 8
    LEFT_HAND = 9
    RIGHT_HAND = 10
    LEFT_HIP = 11
    RIGHT_HIP = 12
    LEFT_KNEE = 13
    RIGHT_KNEE = 14
    LEFT_ANKLE = 15
    RIGHT_ANKLE = 16
    LEFT_TOE = 17
    RIGHT_TOE = 18


class Bone(Enum):
    """A bone; left and right are the person's own."""

    SPINE = auto()
    SHOULDERS = auto()
    HIPS = auto()
    HEAD = auto()
    LEFT_UPPER_ARM = auto()
    RIGHT_UPPER_ARM = auto()
    LEFT_FOREARM = auto()
    RIGHT_FOREARM = auto()
    LEFT_THIGH = auto()
    RIGHT_THIGH = auto()
    LEFT_SHANK = auto()
    RIGHT_SHANK = auto()


#: start and end joint of every bone
BONES: dict[Bone, tuple[Joint, Joint]] = {
    Bone.SPINE: (Joint.HIP, Joint.NECK),
    Bone.SHOULDERS: (Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER),
    Bone.HIPS: (Joint.RIGHT_HIP, Joint.LEFT_HIP),
    Bone.HEAD: (Joint.NECK, Joint.EAR),
    Bone.LEFT_UPPER_ARM: (Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW),
    Bone.RIGHT_UPPER_ARM: (Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW),
    Bone.LEFT_FOREARM: (Joint.LEFT_ELBOW, Joint.LEFT_WRIST),
    Bone.RIGHT_FOREARM: (Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST),
    Bone.LEFT_THIGH: (Joint.LEFT_HIP, Joint.LEFT_KNEE),
    Bone.RIGHT_THIGH: (Joint.RIGHT_HIP, Joint.RIGHT_KNEE),
    Bone.LEFT_SHANK: (Joint.LEFT_KNEE, Joint.LEFT_ANKLE),
    Bone.RIGHT_SHANK: (Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE),
}

PAIRS: tuple[tuple[Bone, Bone], ...] = (
    (Bone.LEFT_UPPER_ARM, Bone.RIGHT_UPPER_ARM),
    (Bone.LEFT_FOREARM, Bone.RIGHT_FOREARM),
    (Bone.LEFT_THIGH, Bone.RIGHT_THIGH),
    (Bone.LEFT_SHANK, Bone.RIGHT_SHANK),
)

#: body landmarks whose middle is the joint, in the order of `Joint`
BODY_LANDMARK: dict[Joint, tuple[int, ...]] = {
    Joint.NECK: (11, 12),
    Joint.HIP: (23, 24),
    Joint.EAR: (7, 8),
    Joint.LEFT_SHOULDER: (11,),
    Joint.RIGHT_SHOULDER: (12,),
    Joint.LEFT_ELBOW: (13,),
    Joint.RIGHT_ELBOW: (14,),
    Joint.LEFT_WRIST: (15,),
    Joint.RIGHT_WRIST: (16,),
    Joint.LEFT_HAND: (17, 19),
    Joint.RIGHT_HAND: (18, 20),
    Joint.LEFT_HIP: (23,),
    Joint.RIGHT_HIP: (24,),
    Joint.LEFT_KNEE: (25,),
    Joint.RIGHT_KNEE: (26,),
    Joint.LEFT_ANKLE: (27,),
    Joint.RIGHT_ANKLE: (28,),
    Joint.LEFT_TOE: (31,),
    Joint.RIGHT_TOE: (32,),
}


def side_joints(side: Side, *names: str) -> tuple[Joint, ...]:
    """The joints of one side, for example `side_joints("left", "ELBOW", "WRIST")`."""
    return tuple(Joint[f"{side.upper()}_{name}"] for name in names)


def joint_array(joints: Joints) -> Float64:
    """The reference character's joints as (J, 2) px in the order of `Joint`."""
    out = np.empty((len(Joint), 2))
    out[Joint.NECK], out[Joint.HIP], out[Joint.EAR] = joints.neck, joints.hip, joints.ear
    for side in SIDES:
        out[list(side_joints(side, "SHOULDER", "ELBOW", "WRIST", "HAND"))] = joints.arms[side]
        out[list(side_joints(side, "HIP", "KNEE", "ANKLE", "TOE"))] = joints.legs[side]
    return out
