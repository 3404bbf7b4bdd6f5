"""Names for landmark numbers, and the bones between them. Left and right are the person's own."""

from enum import IntEnum

import numpy as np

from motioncast.arrays import Int32


class Body(IntEnum):
    """BlazePose's 33 landmarks."""

    NOSE = 0
    LEFT_EYE_INNER = 1
    LEFT_EYE = 2
    LEFT_EYE_OUTER = 3
    RIGHT_EYE_INNER = 4
    RIGHT_EYE = 5
    RIGHT_EYE_OUTER = 6
    LEFT_EAR = 7
    RIGHT_EAR = 8
    MOUTH_LEFT = 9
    MOUTH_RIGHT = 10
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_PINKY = 17
    RIGHT_PINKY = 18
    LEFT_INDEX = 19
    RIGHT_INDEX = 20
    LEFT_THUMB = 21
    RIGHT_THUMB = 22
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28
    LEFT_HEEL = 29
    RIGHT_HEEL = 30
    LEFT_TOE = 31
    RIGHT_TOE = 32


#: Body landmarks of the face
FACE_OF_BODY = slice(0, 11)

#: (20, 2) bones of a hand: 0 is the wrist, then four landmarks a finger from the thumb on
HAND_BONES: Int32 = np.array(
    [(root if joint else 0, root + joint) if not joint else (root + joint - 1, root + joint)
     for root in range(1, 21, 4) for joint in range(4)],
    np.int32,
)  # fmt: skip

#: Face mesh: sides of the face (right, left), whose distance is the face width
FACE_SIDES = (234, 454)
#: Face mesh: outer corner of the right and of the left eye
EYE_CORNERS = (33, 263)
#: Face mesh: nose tip, chin, forehead
NOSE_TIP, CHIN, FOREHEAD = 1, 152, 10
#: Face mesh: centre of the right and of the left iris
IRISES = (468, 473)


def mirror_body() -> Int32:
    """(33,) the landmark that each becomes in a mirror."""
    names = list(Body)
    swapped = {"LEFT": "RIGHT", "RIGHT": "LEFT"}
    return np.array(
        [Body["_".join(swapped.get(word, word) for word in name.name.split("_"))] for name in names], np.int32
    )
