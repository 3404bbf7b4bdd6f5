"""The shadow under a character that stood on a floor in its own picture.

The filled background has none of it left; here it is measured in the picture, and drawn again where the feet go.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from motioncast.arrays import Float32, Image
from motioncast.engines.puppet.body.joints import SIDES
from motioncast.engines.puppet.body.skeleton import side_joints
from motioncast.engines.puppet.character import Character
from motioncast.engines.puppet.scene.shadow import Sole, draw_shadow

_FAINTEST, _DARKEST = 0.04, 0.6  #: shares of the light taken away: less is not worth drawing, more is no shadow
_BELOW = 0.25  #: `draw_shadow` draws this many radii below a sole


@dataclass(frozen=True)
class GroundShadow:
    """A soft shadow under the feet, as dark as it was in the picture."""

    darkness: float  #: 0..1, share of the light that it takes away
    drop: float  #: from the tip of the toes down to the middle of the shadow, radii of the shank

    def draw(self, image: Image, soles: tuple[Sole, ...], thickness_px: float) -> None:
        """Darken `image` (H, W, 3) in place under the soles, before the character is drawn over it."""
        down = [0.0, (self.drop - _BELOW) * thickness_px]
        flat = tuple(
            replace(sole, heel_px=np.array([sole.heel_px[0], sole.toe_px[1]]) + down, toe_px=sole.toe_px + down)
            for sole in soles
        )
        draw_shadow(image, flat, thickness_px, darkness=self.darkness)


def ground_shadow(character: Character) -> GroundShadow | None:
    """The shadow that belongs to a character in its own scene; None where it has none, or no feet, or no background."""
    subject, rest = character.subject, character.rest
    if subject.background is None or not rest.has_legs:
        return None
    feet = (side_joints(side, "ANKLE", "TOE") for side in SIDES)
    soles = tuple(Sole(rest.joints_px[ankle], rest.joints_px[toe]) for ankle, toe in feet)
    return measure_shadow(subject.image, subject.background, subject.matte.alpha, soles, character.joints.radius)


def measure_shadow(
    image: Image, background: Image, alpha: Float32, soles: tuple[Sole, ...], thickness_px: float
) -> GroundShadow | None:
    """The shadow of an (H, W, 3) picture under its character, by what its (H, W, 3) filled background has not.

    alpha: (H, W) matte. soles: the feet where they are in the picture, px of it. None without a shadow, or without feet
    inside the picture.
    """
    if not soles:
        return None
    feet = np.array([point for sole in soles for point in (sole.heel_px, sole.toe_px)], np.float64)
    toes = float(np.mean([sole.toe_px[1] for sole in soles]))
    top, bottom = max(0, round(toes - thickness_px)), min(len(alpha), round(toes + 2 * thickness_px))
    left, right = (round(x + sign * 2 * thickness_px) for x, sign in ((feet[:, 0].min(), -1), (feet[:, 0].max(), 1)))
    box = slice(top, bottom), slice(max(0, left), max(0, right))
    if alpha[box].size == 0:
        return None
    # the rim of the matte is dark by the shoe
    beside = cv2.dilate((alpha[box] > 0.02).astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    if not beside.any():
        return None
    before, after = (cv2.cvtColor(p[box], cv2.COLOR_RGB2GRAY).astype(np.float32) for p in (image, background))
    missing = np.where(beside, 1 - before / np.maximum(after, 1), 0).clip(0)
    darkness = float(np.percentile(missing[beside], 97))
    if darkness < _FAINTEST:
        return None
    rows = missing.sum(axis=1) / np.maximum(beside.sum(axis=1), 1)
    middle = top + float((rows * np.arange(len(rows))).sum() / rows.sum())
    return GroundShadow(min(darkness, _DARKEST), float(np.clip((middle - toes) / thickness_px, -0.2, 1.0)))
