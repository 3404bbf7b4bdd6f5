"""The inside of the mouth, drawn between the posed lips: the performer's own, a drawn one, or the picture's teeth."""

from dataclasses import dataclass

import cv2
import numpy as np

from motioncast.arrays import Float32, Float64, Floats, Image, Int32
from motioncast.engines.puppet.face.character_face import CharacterFace
from motioncast.engines.puppet.face.driver_look import DriverLook, look_into_mouth, mouth_brightness, to_frame_px
from motioncast.engines.puppet.face.fill import clipped_box, outline_mask
from motioncast.engines.puppet.face.geometry import ramp
from motioncast.engines.puppet.face.measures import distance, eye_opening
from motioncast.engines.puppet.face.mouth_kernels import blend_interior, draw_interior, grade, hang_own_teeth, tint
from motioncast.engines.puppet.face.performance import FacePerformance
from motioncast.engines.puppet.face.skin import LUMA, colour_gain, greyer, lip_hue, lip_redness, redder_lips, to_linear
from motioncast.engines.puppet.face.teeth import HEIGHT, fitting_level, tooth_chroma, tooth_levels
from motioncast.engines.puppet.face.topology import (
    EYES,
    INNER_LOWER,
    INNER_UPPER,
    OUTER_LOWER,
    OUTER_UPPER,
    contour,
    strip,
)
from motioncast.engines.puppet.raster import EMPTY, SOLID, rasterise

MIN_WIDTH_PX, MIN_SHARPNESS = 45.0, 0.08  #: a smaller or blurrier mouth of the performer is not worth showing
DRAWN_EYE_OPENING = 0.45  #: lid distance over eye width; larger eyes are drawn ones
_INSET = 0.13  #: the performer's contour is shrunk by it, else his lips and beard leak in as a rim
_RIM = 0.10  #: of the mouth width: what still leaks in is shaded over it
_FLESH = 0.5  #: luma of the tongue over that of the skin, at most
_CLENCHED = (0.25, 0.45)  #: share of lower teeth from which, and to which, the rows of teeth close
_SHOWN, _HINT = (0.05, 0.4), 0.25  #: the same for the upper row, and what always shows of it
_LARGE_PX = (50.0, 62.0)  #: mouth width on the canvas
_FILMED = 1.6  #: how much lighter than the darkest a large cavity is
_SHADE = 0.5  #: light of teeth in the deep shade of the lip
_LOWER = (0.0, 0.2)  #: the same for the lower row, of a mouth that is wide open
_AGAPE = (0.28, 0.38)  #: lip gap over mouth width: no teeth can meet across it
#: lips of another hue than the skin, redder, or as light; filmed ones: over .16 or over 5, .56 to .78
_HUE, _RED, _LIGHT = (0.05, 0.15), (3.0, 8.0), (0.85, 0.98)
_HUE_AFAR, _RED_AFAR = (0.15, 0.22), (5.5, 9.0)  #: the same of lips that are small
_GUESS = 1.05  #: luma of eyes' white over the skin's, where it cannot be read
_READABLE_PX = (10.0, 30.0)  #: width of an eye from which, and to which, its white is told from lids and iris
_STRIP: Int32 = strip(np.arange(11, dtype=np.int32), np.r_[0, np.arange(12, 21), 10].astype(np.int32))


@dataclass(frozen=True)
class _Opening:
    """The gap between the posed lips, on the canvas."""

    upper: Float64  #: (11, 2)
    lower: Float64  #: (11, 2)
    width: float  #: outer mouth width, canvas px
    gap: float  #: mean lip distance over `width`


@dataclass(frozen=True)
class _View:
    """What shows between the lips, 0..1."""

    upper: float  #: how far the upper teeth come out
    light: float  #: how light they are
    lower: float  #: how far the lower teeth show in a wide open mouth
    clenched: float  #: how far the rows of teeth meet
    large: float  #: how well it is to be seen, whatever its contrast


class MouthPainter:
    """Draws the inside of one character's mouth for one performer."""

    def __init__(
        self, character: CharacterFace, performance: FacePerformance, look: DriverLook | None, seed: int
    ) -> None:
        self._character, self._performance, self._look = character, performance, look
        white = _white(character)
        self._teeth = tooth_levels(character.skin_rgb, character.lip_rgb, white, seed)
        self.uses_driver = look is not None and (performance.pictured or _worth_showing(character, look))
        self._gain = colour_gain(character.skin_rgb, look.skin_rgb) if look else np.ones(3)
        self._tooth_gain = self._tooth_boost(white, look) if look else 1.0
        lip = character.lip_rgb / max(float(character.lip_rgb @ LUMA), 1.0)
        self._tooth_tint = tooth_chroma(character.skin_rgb, white).astype(np.float32)
        self._dark_tint = (0.5 + 0.5 * lip).astype(np.float32)
        self._bluest = float(max(self._tooth_tint[2] / self._tooth_tint[1], lip[2] / max(lip[1], 1e-3)))
        self._flesh = max(_FLESH * float(character.skin_rgb @ LUMA), 1.0)
        afar, near = _paleness(character, _HUE_AFAR, _RED_AFAR), _paleness(character, _HUE, _RED)
        self._paleness = (0.0, 0.0) if performance.pictured else (afar, near)
        self._lip_gain = np.clip(
            redder_lips(character.skin_rgb, character.lip_rgb) / np.maximum(character.lip_rgb, 1.0), 0.5, 1.0
        )
        own = character.landmarks_px
        self._own_gap = _opening(own).gap
        outline = own[contour(INNER_UPPER, INNER_LOWER), :2]
        self._own_outline = outline.mean(axis=0) + (outline - outline.mean(axis=0)) * [0.97, 0.94]

    def paint(self, canvas: Image, coverage: Image, vertices_px: Floats, index: int, frame: Image | None) -> None:
        """Draw the open mouth of frame `index` into `canvas` (H, W, 3) RGB in place, where `coverage` has the head.

        vertices_px (468, 2 or more): posed face on the canvas. frame: the driver's RGB picture at the look's scale.
        """
        opening = _opening(vertices_px)
        opacity = ramp(0.018, 0.06, opening.gap)
        outline = np.vstack([opening.upper, opening.lower[::-1][1:-1]])
        box = clipped_box(outline, 4.0, (canvas.shape[1], canvas.shape[0]))
        if opacity <= 0 or box is None:
            return
        self._redden_lips(canvas, coverage, vertices_px, opening, opacity)
        x0, y0, x1, y1 = box
        mask = outline_mask(outline - [x0, y0], (x1 - x0, y1 - y0), max(0.45, 0.006 * opening.width))
        depth = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 3).astype(np.float32)
        inside = np.empty((y1 - y0, x1 - x0, 3), np.float32)
        if self.uses_driver and frame is not None and self._performance.legible[index] > 0.5:
            self._from_driver(inside, depth, opening, (x0, y0), index, frame)
        else:
            self._drawn(inside, opening, (x0, y0), self._jaw_width(vertices_px), self._view(opening, index, frame))
        if self._character.parted and not self._performance.pictured:
            self._own_teeth(inside, opening, (x0, y0))
        # a narrow slit must not drown in its own shadow
        reach = 0.0 if self._performance.pictured else opening.width * min(0.045, 0.15 * opening.gap)
        region = canvas[y0:y1, x0:x1], coverage[y0:y1, x0:x1]
        blend_interior(*region, inside, mask, depth, max(reach, 0.3), opacity)

    def _redden_lips(
        self, canvas: Image, coverage: Image, vertices_px: Floats, opening: _Opening, opacity: float
    ) -> None:
        """Lips of hardly another colour than the skin would look like the edge of a hole."""
        outline = np.asarray(vertices_px, np.float64)[contour(OUTER_UPPER, OUTER_LOWER), :2]
        box = clipped_box(outline, 4.0, (canvas.shape[1], canvas.shape[0]))
        afar, near = self._paleness
        paleness = afar + ramp(*_LARGE_PX, opening.width) * (near - afar)
        if paleness <= 0 or box is None:
            return
        x0, y0, x1, y1 = box
        mask = outline_mask(outline - [x0, y0], (x1 - x0, y1 - y0), max(0.6, 0.012 * opening.width))
        tint(
            canvas[y0:y1, x0:x1],
            coverage[y0:y1, x0:x1],
            mask,
            self._lip_gain.astype(np.float32),
            paleness * opacity,
        )

    def _tooth_boost(self, white_rgb: Float64, look: DriverLook) -> float:
        """Gain that lifts the performer's teeth to the level of the character's skin and eye whites."""
        skin = max(float(to_linear(self._character.skin_rgb) @ LUMA), 1e-3)
        own = mouth_brightness(self._character.image, self._character.landmarks_px)
        if self._character.parted and own is not None:
            target = float(np.clip(own / skin, 0.8, 1.6))
        else:
            target = float(np.clip(0.25 * 1.1 + 0.75 * to_linear(white_rgb) @ LUMA / skin, 0.9, 1.5))
        matched = look.teeth_luma * float(self._gain @ LUMA) * float(to_linear(look.skin_rgb) @ LUMA) / skin
        return float(np.clip(target / max(matched, 1e-3), 1.0, 2.2))

    def _from_driver(
        self, inside: Float32, depth: Float32, opening: _Opening, origin: tuple[int, int], index: int, frame: Image
    ) -> None:
        assert self._look is not None
        points = to_frame_px(self._performance.landmarks_px(index), self._look.scale)[:, :2]
        upper, lower = points[INNER_UPPER], points[INNER_LOWER]
        middle = (upper + lower) / 2
        source = np.vstack([upper, lower])
        if not self._performance.pictured:
            source += (np.vstack([middle, middle]) - source) * _INSET
        target = np.vstack([opening.upper, opening.lower]) - origin
        # past the lips by 5 % and a pixel and a half, so that the soft edge of the mask finds colours
        across = opening.upper[-1] - opening.upper[0]
        up = np.array([across[1], -across[0]]) / max(float(np.linalg.norm(across)), 1e-3)
        target = target.mean(axis=0) + (target - target.mean(axis=0)) * 1.05
        target += np.outer(np.repeat([1.5, -1.5], 11), up)
        vertices = np.column_stack([target, np.zeros(len(target))]).astype(np.float32)
        uv = np.full((*depth.shape, 2), EMPTY, np.float32)
        rasterise(vertices, source.astype(np.float32), _STRIP, SOLID, uv, np.empty_like(depth))
        if self._performance.pictured:
            inside[:] = cv2.remap(frame, uv[..., 0], uv[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            return
        gain, rim = self._gain.astype(np.float32), max(_RIM * opening.width, 1.0)
        tints = self._dark_tint, self._tooth_tint
        grade(frame, uv, depth, inside, gain, self._tooth_gain, *tints, self._bluest, self._flesh, rim)

    def _jaw_width(self, vertices_px: Floats) -> float:
        """Inner mouth width at rest on the canvas: teeth keep it when the lips purse."""
        own = self._character.landmarks_px
        zoom = distance(vertices_px[:, :2], 33, 263) / max(distance(own[:, :2], 33, 263), 1e-3)
        return zoom * distance(own[:, :2], 78, 308)

    def _view(self, opening: _Opening, index: int, frame: Image | None) -> _View:
        if self._look is None or frame is None or self._performance.legible[index] <= 0.5:
            return _View(1.0, 1.0, 1.0, 0.0, 1.0)
        points = to_frame_px(self._performance.landmarks_px(index), self._look.scale)
        view = look_into_mouth(frame, points, self._look.skin_rgb)
        clenched = ramp(*_CLENCHED, view.lower) * (1.0 - ramp(*_AGAPE, opening.gap))
        upper = _HINT + (1.0 - _HINT) * max(ramp(*_SHOWN, view.upper), clenched)
        # a small mouth must be read from afar: there teeth are light and the rest is dark
        large = ramp(*_LARGE_PX, opening.width)
        light = 1.0 - large * (1.0 - float(np.clip(view.teeth, _SHADE, 1.0)))
        return _View(upper, light, ramp(*_LOWER, view.lower), clenched, large)

    def _drawn(
        self, inside: Float32, opening: _Opening, origin: tuple[int, int], jaw_width: float, view: _View
    ) -> None:
        left, right = opening.upper[0], opening.upper[-1]
        middle, width = (left + right) / 2, max(float(np.linalg.norm(right - left)), 1e-3)
        axis = (right - left) / width
        width = max(width, jaw_width)
        down = np.array([-axis[1], axis[0]])
        top = float(((opening.upper[4:7] - middle) @ down).mean() / width)
        bottom = float(((opening.lower[4:7] - middle) @ down).mean() / width)
        frame = np.array([*axis, *down, *(middle - origin), width, top, bottom, HEIGHT], np.float32)
        teeth = fitting_level(self._teeth, width)
        dark = teeth.dark_rgb * (1.0 + view.large * (_FILMED - 1.0))
        shown = view.upper, view.light, view.lower, view.clenched
        draw_interior(inside, frame, teeth.upper, teeth.lower, teeth.tongue, dark.astype(np.float32), *shown)

    def _own_teeth(self, inside: Float32, opening: _Opening, origin: tuple[int, int]) -> None:
        """The picture's own teeth hang from the upper lip, stretched sideways, until the mouth opens wider."""
        ratio = opening.gap / max(self._own_gap, 1e-3)
        share = 1.0 - ramp(1.25, 1.5, ratio)
        if share <= 0:
            return
        own = _opening(self._character.landmarks_px)
        old, new = own.upper[-1] - own.upper[0], opening.upper[-1] - opening.upper[0]
        stretch = float(np.linalg.norm(new)) / max(float(np.linalg.norm(old)), 1e-3)
        tall = opening.width / own.width * float(np.clip(ratio, 1.0, 1.5))
        x_old = old / max(float(np.linalg.norm(old)), 1e-3)
        x_new = new / max(float(np.linalg.norm(new)), 1e-3)
        frame_old = np.array([x_old, [-x_old[1], x_old[0]]])
        frame_new = np.array([x_new, [-x_new[1], x_new[0]]])
        forward = frame_new.T @ np.diag([stretch, tall]) @ frame_old
        hang_old, hang_new = own.upper[4:7].mean(axis=0), opening.upper[4:7].mean(axis=0) - origin
        size = (inside.shape[1], inside.shape[0])
        cover = outline_mask((self._own_outline - hang_old) @ forward.T + hang_new, size, 1.0)
        inverse = np.linalg.inv(forward)
        to_source = np.column_stack([inverse, hang_old - inverse @ hang_new]).astype(np.float32)
        gum = (self._character.lip_rgb * 0.42).astype(np.float32)
        hang_own_teeth(inside, self._character.image, cover, to_source, share, gum)


def _opening(vertices_px: Floats) -> _Opening:
    points = np.asarray(vertices_px, np.float64)[:, :2]
    upper, lower = points[INNER_UPPER], points[INNER_LOWER]
    width = float(np.linalg.norm(points[61] - points[291]))
    gap = float(np.linalg.norm(upper[3:8] - lower[3:8], axis=1).mean())
    return _Opening(upper, lower, width, gap / max(width, 1e-3))


def _white(character: CharacterFace) -> Float64:
    """White of the eyes (3,), or a guess from the skin where they do not show it."""
    skin = character.skin_rgb
    guess = np.full(3, min(_GUESS * float(skin @ LUMA), 230.0))
    readable = ramp(*_READABLE_PX, min(eye.width_px for eye in character.eyes))
    if readable <= 0 or any(eye.follow < 1.0 for eye in character.eyes):
        return guess
    white = greyer(np.mean([eye.white_rgb for eye in character.eyes], axis=0).astype(np.float64), skin)
    # between the lines of a small drawing no eye is white; teeth are no darker than skin in any case
    white = white * max(1.0, 0.9 * float(skin @ LUMA) / max(float(white @ LUMA), 1.0))
    return np.asarray(guess + readable * (white - guess), np.float64)


def _paleness(character: CharacterFace, hue: tuple[float, float], redness: tuple[float, float]) -> float:
    """1 for lips of the skin's own colour, as on many drawings and statues; 0 for those of photographs."""
    skin, lip = character.skin_rgb, character.lip_rgb
    contrast = float(lip @ LUMA) / max(float(skin @ LUMA), 1.0)
    red = max(ramp(*hue, lip_hue(skin, lip)), ramp(*redness, lip_redness(skin, lip)))
    return max(1.0 - red, ramp(*_LIGHT, contrast))


def _worth_showing(character: CharacterFace, look: DriverLook) -> bool:
    """The performer's mouth is large and sharp, and the character looks like a photograph or a painting of a person."""
    drawn = (
        all(eye.follow == 0 for eye in character.eyes)
        or _paleness(character, _HUE_AFAR, _RED_AFAR) > 0.5
        or (np.mean([eye_opening(character.shape, eye) for eye in EYES]) > DRAWN_EYE_OPENING)
    )
    return bool(not drawn and look.mouth_width_px >= MIN_WIDTH_PX and look.sharpness >= MIN_SHARPNESS)
