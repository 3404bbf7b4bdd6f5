"""The names of the body's parts."""

from enum import IntEnum


class Part(IntEnum):
    """Labels of the part map."""

    TORSO = 0  #: with the head
    LEFT_ARM = 1
    RIGHT_ARM = 2
    LEFT_LEG = 3
    RIGHT_LEG = 4
    SKIRT = 5  #: both legs and the cloth around them


ARM_PART = {"left": Part.LEFT_ARM, "right": Part.RIGHT_ARM}
LEG_PART = {"left": Part.LEFT_LEG, "right": Part.RIGHT_LEG}
