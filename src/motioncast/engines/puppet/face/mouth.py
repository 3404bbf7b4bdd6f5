"""The inside of the mouth, drawn between the posed lips: the performer's own, a drawn one, or the picture's teeth."""

import cv2
import numpy as np

from motioncast.arrays import Float32, Float64, Floats, Image, Int32
from motioncast.engines.puppet.face.character_face import CharacterFace
from motioncast.engines.puppet.face.drawn_mouth import DrawnMouth
from motioncast.engines.puppet.face.driver_look import DriverLook, mouth_brightness, to_frame_px
from motioncast.engines.puppet.face.fill import clipped_box, outline_mask
from motioncast.engines.puppet.face.geometry import ramp
from motioncast.engines.puppet.face.mouth_colours import eye_white, lip_paleness, looks_filmed
from motioncast.engines.puppet.face.mouth_kernels import blend_interior, grade, hang_own_teeth, tint
from motioncast.engines.puppet.face.mouth_opening import MouthOpening, measure_opening
from motioncast.engines.puppet.face.performance import FacePerformance
from motioncast.engines.puppet.face.skin import LUMA, chroma_of, colour_gain, redder_lips, to_linear
from motioncast.engines.puppet.face.teeth import tooth_chroma
from motioncast.engines.puppet.face.topology import (
    INNER_LOWER,
    INNER_UPPER,
    OUTER_LOWER,
    OUTER_UPPER,
    contour,
    strip,
)
from motioncast.engines.puppet.raster import EMPTY, SOLID, rasterise

MIN_WIDTH_PX, MIN_SHARPNESS = 45.0, 0.08  #: a smaller or blurrier mouth of the performer is not worth showing
_INSET = 0.13  #: the performer's contour is shrunk by it, else his lips and beard leak in as a rim
_RIM = 0.10  #: of the mouth width: what still leaks in is shaded over it
_FLESH = 0.5  #: luma of the tongue over that of the skin, at most
_STRIP: Int32 = strip(np.arange(11, dtype=np.int32), np.r_[0, np.arange(12, 21), 10].astype(np.int32))


class MouthPainter:
    """Draws the inside of one character's mouth for one performer."""

    def __init__(
        self, character: CharacterFace, performance: FacePerformance, look: DriverLook | None, seed: int
    ) -> None:
        self._character, self._performance, self._look = character, performance, look
        white = eye_white(character)
        self._drawn = DrawnMouth(character, performance, look, white, seed)
        self.uses_driver = look is not None and (performance.pictured or _worth_showing(character, look))
        self._gain = colour_gain(character.skin_rgb, look.skin_rgb) if look else np.ones(3)
        self._tooth_gain = self._tooth_boost(white, look) if look else 1.0
        lip = chroma_of(character.lip_rgb)
        self._tooth_tint = tooth_chroma(character.skin_rgb, white).astype(np.float32)
        self._dark_tint = (0.5 + 0.5 * lip).astype(np.float32)
        self._bluest = float(max(self._tooth_tint[2] / self._tooth_tint[1], lip[2] / max(lip[1], 1e-3)))
        self._flesh = max(_FLESH * float(character.skin_rgb @ LUMA), 1.0)
        self._paleness = (0.0, 0.0) if performance.pictured else lip_paleness(character)
        self._lip_gain = np.clip(
            redder_lips(character.skin_rgb, character.lip_rgb) / np.maximum(character.lip_rgb, 1.0), 0.5, 1.0
        )
        own = character.landmarks_px
        self._own_gap = measure_opening(own).gap
        outline = own[contour(INNER_UPPER, INNER_LOWER), :2]
        self._own_outline = outline.mean(axis=0) + (outline - outline.mean(axis=0)) * [0.97, 0.94]

    def paint(self, canvas: Image, coverage: Image, vertices_px: Floats, index: int, frame: Image | None) -> None:
        """Draw the open mouth of frame `index` into `canvas` (H, W, 3) RGB in place, where `coverage` has the head.

        vertices_px (468, 2 or more): posed face on the canvas. frame: the driver's RGB picture at the look's scale.
        """
        opening = measure_opening(vertices_px)
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
            self._drawn.draw(inside, opening, (x0, y0), vertices_px, index, frame)
        if self._character.parted and not self._performance.pictured:
            self._own_teeth(inside, opening, (x0, y0))
        # a narrow slit must not drown in its own shadow
        reach = 0.0 if self._performance.pictured else opening.width * min(0.045, 0.15 * opening.gap)
        region = canvas[y0:y1, x0:x1], coverage[y0:y1, x0:x1]
        blend_interior(*region, inside, mask, depth, max(reach, 0.3), opacity)

    def _redden_lips(
        self, canvas: Image, coverage: Image, vertices_px: Floats, opening: MouthOpening, opacity: float
    ) -> None:
        """Lips of hardly another colour than the skin would look like the edge of a hole."""
        outline = np.asarray(vertices_px, np.float64)[contour(OUTER_UPPER, OUTER_LOWER), :2]
        box = clipped_box(outline, 4.0, (canvas.shape[1], canvas.shape[0]))
        afar, near = self._paleness
        paleness = afar + opening.large * (near - afar)
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
        self, inside: Float32, depth: Float32, opening: MouthOpening, origin: tuple[int, int], index: int, frame: Image
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

    def _own_teeth(self, inside: Float32, opening: MouthOpening, origin: tuple[int, int]) -> None:
        """The picture's own teeth hang from the upper lip, stretched sideways, until the mouth opens wider."""
        ratio = opening.gap / max(self._own_gap, 1e-3)
        share = 1.0 - ramp(1.25, 1.5, ratio)
        if share <= 0:
            return
        own = measure_opening(self._character.landmarks_px)
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


def _worth_showing(character: CharacterFace, look: DriverLook) -> bool:
    """The performer's mouth is large and sharp, and would not look strange in the character's face."""
    return looks_filmed(character) and look.mouth_width_px >= MIN_WIDTH_PX and look.sharpness >= MIN_SHARPNESS
