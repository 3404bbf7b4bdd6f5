"""One driving frame as the model sees it."""

from dataclasses import dataclass

from motioncast.arrays import Image


@dataclass(frozen=True, slots=True)
class Condition:
    """The conditions of one frame. (H, W) is the output's size; all images are uint8, colours RGB."""

    pose: Image  #: (H, W, 3) the drawn skeleton on black
    face: Image  #: (S, S, 3) the performer's face, S = 512 for the real model
    mask: Image | None = None  #: replace: (H, W), 255 where the character goes, dilated and on its grid
    background: Image | None = None  #: replace: (H, W, 3) the driving frame, black under the mask
    frame: Image | None = None  #: replace: (H, W, 3) the driving frame itself; None where it is not known
