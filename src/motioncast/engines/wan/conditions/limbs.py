"""The skeleton that Wan2.2-Animate was trained on: 20 points, the 19 limbs between them, and their colours.

Facts of the official preprocessing (Wan-Video/Wan2.2, `wan/modules/animate/preprocess`: `AAPoseMeta.load_from_kp2ds`
and `draw_aapose_new`), kept point by point: order is drawing order, colours are RGB.
"""

from enum import IntEnum

import numpy as np

from motioncast.arrays import Float32, Int32

THRESHOLD = 0.5  #: a point with a lower score is not drawn


class Point(IntEnum):
    """The drawn points, in drawing order. Left and right are the person's own."""

    NOSE = 0
    NECK = 1
    RIGHT_SHOULDER = 2
    RIGHT_ELBOW = 3
    RIGHT_WRIST = 4
    LEFT_SHOULDER = 5
    LEFT_ELBOW = 6
    LEFT_WRIST = 7
    RIGHT_HIP = 8
    RIGHT_KNEE = 9
    RIGHT_ANKLE = 10
    LEFT_HIP = 11
    LEFT_KNEE = 12
    LEFT_ANKLE = 13
    RIGHT_EYE = 14
    LEFT_EYE = 15
    RIGHT_EAR = 16
    LEFT_EAR = 17
    LEFT_TOE = 18
    RIGHT_TOE = 19


#: (2, 20) the two COCO-WholeBody points whose middle each drawn point is: the neck lies between the shoulders, a toe
#: between the big and the small one
_ENDS: Int32 = np.array(
    [
        [0, 6, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3, 17, 20],
        [0, 5, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3, 18, 21],
    ],
    np.int32,
)

#: (19, 2) from and to which point each limb goes; a limb starts where an earlier one ended, or at the neck
LIMBS: tuple[tuple[Point, Point], ...] = (
    (Point.NECK, Point.RIGHT_SHOULDER),
    (Point.NECK, Point.LEFT_SHOULDER),
    (Point.RIGHT_SHOULDER, Point.RIGHT_ELBOW),
    (Point.RIGHT_ELBOW, Point.RIGHT_WRIST),
    (Point.LEFT_SHOULDER, Point.LEFT_ELBOW),
    (Point.LEFT_ELBOW, Point.LEFT_WRIST),
    (Point.NECK, Point.RIGHT_HIP),
    (Point.RIGHT_HIP, Point.RIGHT_KNEE),
    (Point.RIGHT_KNEE, Point.RIGHT_ANKLE),
    (Point.NECK, Point.LEFT_HIP),
    (Point.LEFT_HIP, Point.LEFT_KNEE),
    (Point.LEFT_KNEE, Point.LEFT_ANKLE),
    (Point.NECK, Point.NOSE),
    (Point.NOSE, Point.RIGHT_EYE),
    (Point.RIGHT_EYE, Point.RIGHT_EAR),
    (Point.NOSE, Point.LEFT_EYE),
    (Point.LEFT_EYE, Point.LEFT_EAR),
    (Point.LEFT_ANKLE, Point.LEFT_TOE),
    (Point.RIGHT_ANKLE, Point.RIGHT_TOE),
)

#: (20, 3) the colour of each point; a limb is drawn in the colour of its own number, darkened
COLOURS: tuple[tuple[int, int, int], ...] = (
    (255, 0, 0),
    (255, 85, 0),
    (255, 170, 0),
    (255, 255, 0),
    (170, 255, 0),
    (85, 255, 0),
    (0, 255, 0),
    (0, 255, 85),
    (0, 255, 170),
    (0, 255, 255),
    (0, 170, 255),
    (0, 85, 255),
    (0, 0, 255),
    (85, 0, 255),
    (170, 0, 255),
    (255, 0, 255),
    (255, 0, 170),
    (255, 0, 85),
    (200, 200, 0),
    (100, 100, 0),
)


def drawn_points(points_px: Float32, scores: Float32) -> tuple[Float32, Float32]:
    """The 20 drawn points (..., 20, 2) and their scores (..., 20) of whole bodies (..., 133, 2) and (..., 133).

    A point between two has the mean of their scores.
    """
    return points_px[..., _ENDS, :].mean(axis=-3), scores[..., _ENDS].mean(axis=-2)
