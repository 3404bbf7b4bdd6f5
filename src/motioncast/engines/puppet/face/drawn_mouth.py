"""The drawn inside of a mouth: for performers whose own is too small or blurred, and for drawn characters.

Teeth show, meet and lie in the shade as the performer's do.
"""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Float32, Float64, Floats, Image
from motioncast.engines.puppet.face.character_face import CharacterFace
from motioncast.engines.puppet.face.driver_look import DriverLook, look_into_mouth, to_frame_px
from motioncast.engines.puppet.face.geometry import ramp
from motioncast.engines.puppet.face.measures import distance
from motioncast.engines.puppet.face.mouth_kernels import draw_interior
from motioncast.engines.puppet.face.mouth_opening import MouthOpening
from motioncast.engines.puppet.face.performance import FacePerformance
from motioncast.engines.puppet.face.teeth import HEIGHT, fitting_level, tooth_levels

_CLENCHED = (0.25, 0.45)  #: share of lower teeth from which, and to which, the rows of teeth close
_AGAPE = (0.28, 0.38)  #: lip gap over mouth width: no teeth can meet across it
_SHOWN, _HINT = (0.05, 0.4), 0.25  #: the same for the upper row, and what always shows of it
_LOWER = (0.0, 0.2)  #: the same for the lower row, of a mouth that is wide open
_SHADE = 0.5  #: light of teeth in the deep shade of the lip
_FILMED = 1.6  #: how much lighter than the darkest a large cavity is


@dataclass(frozen=True)
class _View:
    """What shows between the lips, 0..1."""

    upper: float  #: how far the upper teeth come out
    light: float  #: how light they are
    lower: float  #: how far the lower teeth show in a wide open mouth
    clenched: float  #: how far the rows of teeth meet


class DrawnMouth:
    """Draws the inside of one character's mouth as one performer's looks."""

    def __init__(
        self,
        character: CharacterFace,
        performance: FacePerformance,
        look: DriverLook | None,
        white_rgb: Float64,
        seed: int,
    ) -> None:
        self._character, self._performance, self._look = character, performance, look
        self._teeth = tooth_levels(character.skin_rgb, character.lip_rgb, white_rgb, seed)

    def draw(
        self,
        inside: Float32,
        opening: MouthOpening,
        origin: tuple[int, int],
        vertices_px: Floats,
        index: int,
        frame: Image | None,
    ) -> None:
        """Fill `inside` (h, w, 3), whose pixel (0, 0) is `origin` on the canvas, for frame `index` of the performance.

        vertices_px (468, 2 or more): posed face on the canvas. frame: the driver's RGB picture at the look's scale.
        """
        view = self._view(opening, index, frame)
        left, right = opening.upper[0], opening.upper[-1]
        middle, width = (left + right) / 2, max(float(np.linalg.norm(right - left)), 1e-3)
        axis = (right - left) / width
        width = max(width, self._jaw_width(vertices_px))
        down = np.array([-axis[1], axis[0]])
        top = float(((opening.upper[4:7] - middle) @ down).mean() / width)
        bottom = float(((opening.lower[4:7] - middle) @ down).mean() / width)
        placing = np.array([*axis, *down, *(middle - origin), width, top, bottom, HEIGHT], np.float32)
        teeth = fitting_level(self._teeth, width)
        dark = teeth.dark_rgb * (1.0 + opening.large * (_FILMED - 1.0))
        shown = view.upper, view.light, view.lower, view.clenched
        draw_interior(inside, placing, teeth.upper, teeth.lower, teeth.tongue, dark.astype(np.float32), *shown)

    def _jaw_width(self, vertices_px: Floats) -> float:
        """Inner mouth width at rest on the canvas: teeth keep it when the lips purse."""
        own = self._character.landmarks_px
        zoom = distance(vertices_px[:, :2], 33, 263) / max(distance(own[:, :2], 33, 263), 1e-3)
        return zoom * distance(own[:, :2], 78, 308)

    def _view(self, opening: MouthOpening, index: int, frame: Image | None) -> _View:
        if self._look is None or frame is None or self._performance.legible[index] <= 0.5:
            return _View(1.0, 1.0, 1.0, 0.0)
        points = to_frame_px(self._performance.landmarks_px(index), self._look.scale)
        view = look_into_mouth(frame, points, self._look.skin_rgb)
        clenched = ramp(*_CLENCHED, view.lower) * (1.0 - ramp(*_AGAPE, opening.gap))
        upper = _HINT + (1.0 - _HINT) * max(ramp(*_SHOWN, view.upper), clenched)
        # a small mouth must be read from afar: there teeth are light and the rest is dark
        light = 1.0 - opening.large * (1.0 - float(np.clip(view.teeth, _SHADE, 1.0)))
        return _View(upper, light, ramp(*_LOWER, view.lower), clenched)
