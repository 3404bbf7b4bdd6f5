"""A layer while it is being made."""

from dataclasses import dataclass

from motioncast.arrays import Float32, Image


@dataclass(frozen=True)
class Sheet:
    """Colours and coverage of one layer on a canvas that need not be the picture's."""

    colours: Image  #: (H, W, 3) RGB, not premultiplied
    alpha: Float32  #: (H, W) 0..1
    origin_px: tuple[int, int] = (0, 0)  #: reference-image (x, y) of the canvas' pixel (0, 0)
