"""What colours tell of a mouth: how white its teeth may be, whether its lips stand out, whether it is a drawn one."""

import numpy as np

from motioncast.arrays import Float64
from motioncast.engines.puppet.face.character_face import CharacterFace
from motioncast.engines.puppet.face.geometry import ramp
from motioncast.engines.puppet.face.measures import eye_opening
from motioncast.engines.puppet.face.skin import LUMA, greyer, lip_hue, lip_redness, luma_of
from motioncast.engines.puppet.face.topology import EYES

_DRAWN_EYE_OPENING = 0.45  #: lid distance over eye width; larger eyes are drawn ones
#: lips of another hue than the skin, redder, or as light; filmed ones: over .16 or over 5, .56 to .78
_HUE, _RED, _LIGHT = (0.05, 0.15), (3.0, 8.0), (0.85, 0.98)
_HUE_AFAR, _RED_AFAR = (0.15, 0.22), (5.5, 9.0)  #: the same of lips that are small
_GUESS = 1.05  #: luma of eyes' white over the skin's, where it cannot be read
_READABLE_PX = (10.0, 30.0)  #: width of an eye from which, and to which, its white is told from lids and iris


def eye_white(character: CharacterFace) -> Float64:
    """White of the eyes (3,), or a guess from the skin where they do not show it."""
    skin = character.skin_rgb
    guess = np.full(3, min(_GUESS * float(skin @ LUMA), 230.0))
    readable = ramp(*_READABLE_PX, min(eye.width_px for eye in character.eyes))
    if readable <= 0 or any(eye.follow < 1.0 for eye in character.eyes):
        return guess
    white = greyer(np.mean([eye.white_rgb for eye in character.eyes], axis=0).astype(np.float64), skin)
    # between the lines of a small drawing no eye is white; teeth are no darker than skin in any case
    white = white * max(1.0, 0.9 * float(skin @ LUMA) / luma_of(white))
    return np.asarray(guess + readable * (white - guess), np.float64)


def lip_paleness(character: CharacterFace) -> tuple[float, float]:
    """1 for lips of the skin's own colour, as on many drawings and statues; 0 for those of photographs.

    Seen from afar, where even lips of a slightly other colour do not show, and from near.
    """
    return _paleness(character, _HUE_AFAR, _RED_AFAR), _paleness(character, _HUE, _RED)


def _paleness(character: CharacterFace, hue: tuple[float, float], redness: tuple[float, float]) -> float:
    skin, lip = character.skin_rgb, character.lip_rgb
    contrast = float(lip @ LUMA) / luma_of(skin)
    red = max(ramp(*hue, lip_hue(skin, lip)), ramp(*redness, lip_redness(skin, lip)))
    return max(1.0 - red, ramp(*_LIGHT, contrast))


def looks_filmed(character: CharacterFace) -> bool:
    """The character looks like a photograph or a painting of a person, by eyes and lips."""
    return not (
        all(eye.follow == 0 for eye in character.eyes)
        or _paleness(character, _HUE_AFAR, _RED_AFAR) > 0.5
        or float(np.mean([eye_opening(character.shape, eye) for eye in EYES])) > _DRAWN_EYE_OPENING
    )
