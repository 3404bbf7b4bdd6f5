"""What replace mode does to the scene and to the character's colours, measured before anything is encoded.

* `outside_db`: PSNR against the driving frame where neither performer nor character nor what they touch is.
* `second_person`: share of frames in which the product's own detector finds, besides the figure, somebody in the
  performer's place; `ghost`: in which it finds somebody there in the scene before the character is drawn. The second is
  the sharper one, as the detector joins people who overlap.
* `illuminant_gap`: the light's colour estimated on the figure against that on the scene around it (shades of grey,
  p = 5), largest relative difference of a channel, both normalised to mean 1. A figure's own colours tell on it: a
  red jacket looks like red light. `illuminant_gap_before` is the gap of the figure as it is in its picture.
* `hue_shift_deg`: how far the hue of the clothes moved (CIE a*b*, mean direction weighted by chroma, over the torso);
  none for grey clothes, which have no hue. `colour_shift` is the distance in a*b* that goes with it, of all clothes.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from bench.in_process import Planned, spread
from bench.judge import JudgeTrack
from bench.self_reenactment import HIGHEST_DB, PERSON, psnr_inside
from motioncast.arrays import Bools, Float64, Image
from motioncast.engines.puppet.body.skeleton import Joint
from motioncast.engines.puppet.canvas import Canvas
from motioncast.engines.puppet.scene.relight import ring_around
from motioncast.perception.detector import PoseDetector
from motioncast.perception.roi import whole

FRAMES = 12
GAMMA, MINKOWSKI = 2.2, 5.0
#: of the long side: how far the removal reaches beyond the performer (its grid of 416 px: 6 of widening, 14 of keying)
REMOVAL_REACH = 20 / 416
#: radii of the shank beyond a sole that its contact shadow reaches: half height or width of the ellipse, and the blur
SHADOW_REACH = 1.75 + 3 * 0.45
SOLID = 250  #: coverage from which a pixel shows the figure alone
TORSO = (Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER, Joint.RIGHT_HIP, Joint.LEFT_HIP)
TORSO_SHARE = 0.75  #: of the quadrilateral, about its middle: no arms, no background
LEAST_CHROMA = 8.0  #: CIE units: mean of clothes that are grey, whose hue is what little tint they have
OVERLAP = 0.3  #: intersection over union from which two boxes are one place


@dataclass(frozen=True)
class ReplaceFrame:
    """One frame of a replacement and what it was made of."""

    index: int
    source: Image  #: (H, W, 3)
    made: Image
    emptied: Image  #: the source without its performer
    coverage: Image  #: (H, W) of the figure


def replace_frames(planned: Planned) -> list[ReplaceFrame]:
    """Frames at equal distances."""
    rendering, found = planned.rendering, []
    assert rendering.scene is not None
    for index, source, made in planned.frames(spread(len(planned.track), FRAMES)):
        scene = rendering.scene
        emptied = scene.remover.remove(source, index)
        canvas = Canvas(emptied.copy())
        rendering.figure.draw(canvas, index, source)
        found.append(ReplaceFrame(index, source, made, emptied, canvas.coverage))
    return found


def measure_replace(planned: Planned, driver: JudgeTrack) -> dict[str, Any]:
    """All measures of the module docstring, means over the frames."""
    frames = replace_frames(planned)
    masks = {f.index: driver.person(f.index, planned.rendering.size) for f in frames}
    outside = {f.index: _outside_db(planned, f, masks[f.index]) for f in frames}
    worst = min(outside, key=lambda i: outside[i])
    return {
        "frames": len(frames),
        "outside_db": float(np.mean(list(outside.values()))),
        "outside_worst_frame": worst,
        **_residue(planned, frames),
        **_light(planned, frames, masks),
        **_clothes(planned, frames),
    }


def _outside_db(planned: Planned, frame: ReplaceFrame, mask: Image | None) -> float:
    """PSNR beyond everything that the replacement may touch."""
    taken = (frame.coverage > 0).astype(np.uint8)
    if mask is not None:
        taken |= (mask >= PERSON).astype(np.uint8)
    radius = REMOVAL_REACH * max(taken.shape)
    away = cv2.distanceTransform(1 - taken, cv2.DIST_L2, 3) > radius
    soles, thickness = planned.rendering.figure.soles(frame.index)
    for sole in soles:
        heel, toe = (np.round(point).astype(int).tolist() for point in (sole.heel_px, sole.toe_px))
        shadow = np.zeros_like(taken)
        cv2.line(shadow, heel, toe, 1, max(1, round(2 * SHADOW_REACH * thickness)))
        away &= shadow == 0
    return psnr_inside(frame.made, frame.source, away) if away.any() else HIGHEST_DB


def _residue(planned: Planned, frames: list[ReplaceFrame]) -> dict[str, float]:
    detector = PoseDetector(planned.job.models)

    def people(image: Image) -> list[Float64]:
        return [np.r_[d.points_px[0], d.points_px[1]] for d in detector(image, whole(image))]

    found, second, ghost = 0, 0, 0
    for frame in frames:
        performer = people(frame.source)
        if not performer:
            continue
        found += 1
        here = [p for p in people(frame.made) if _same_place(p, performer[0])]
        second += len(here) > 1
        ghost += any(_same_place(p, performer[0]) for p in people(frame.emptied))
    return {"second_person": second / max(found, 1), "ghost": ghost / max(found, 1), "detected_frames": found}


def _same_place(person: Float64, other: Float64) -> bool:
    """Whether two circles around bodies (x, y of the centre, x, y of the rim) overlap as much as `OVERLAP`."""
    radii = [float(np.linalg.norm(p[2:] - p[:2])) for p in (person, other)]
    low = np.maximum(*(p[:2] - r for p, r in zip((person, other), radii, strict=True)))
    high = np.minimum(*(p[:2] + r for p, r in zip((person, other), radii, strict=True)))
    shared = float(np.prod(np.maximum(high - low, 0)))
    return shared / max(sum(4 * r * r for r in radii) - shared, 1e-9) >= OVERLAP


def illuminant(pixels: Image) -> Float64:
    """(3,) colour of the light over (K, 3) pixels, linear, normalised to mean 1 (Finlayson and Trezzi 2004)."""
    linear = (pixels.reshape(-1, 3) / 255.0) ** GAMMA
    light = (linear**MINKOWSKI).mean(axis=0) ** (1 / MINKOWSKI) + 1e-6
    return np.asarray(light / light.mean(), np.float64)


def light_gap(figure: Image, scene: Image) -> float:
    """Largest relative difference of a channel between the illuminants of two sets of pixels (K, 3)."""
    return float(np.abs(illuminant(figure) / illuminant(scene) - 1).max())


def _light(planned: Planned, frames: list[ReplaceFrame], masks: dict[int, Image | None]) -> dict[str, float]:
    subject = planned.subject
    own = np.asarray(subject.image, np.uint8)[subject.matte.alpha > 0.9]
    after, before = [], []
    for frame in frames:
        mask = masks[frame.index]
        figure = frame.made[frame.coverage > SOLID]
        if mask is None or not len(figure):
            continue
        around = frame.source[ring_around(mask) & (frame.coverage == 0)]
        if len(around):
            after.append(light_gap(figure, around))
            before.append(light_gap(own, around))
    nothing = float("nan")
    return {
        "illuminant_gap": float(np.mean(after)) if after else nothing,
        "illuminant_gap_before": float(np.mean(before)) if before else nothing,
    }


def hue(pixels: Image) -> complex:
    """Mean of the CIE a*b* vectors of (K, 3) RGB pixels: its angle is the hue, weighted by chroma."""
    lab = cv2.cvtColor(pixels.reshape(-1, 1, 3).astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    return complex(*lab.reshape(-1, 3)[:, 1:].mean(axis=0).tolist())


def hue_difference_deg(a: complex, b: complex) -> float:
    """Unsigned angle between two hues, degrees."""
    return float(np.degrees(np.abs(np.angle(a * b.conjugate()))))


def _clothes(planned: Planned, frames: list[ReplaceFrame]) -> dict[str, float]:
    """Medians over the frames; NaN where the figure shows no torso."""
    body, subject = planned.rendering.figure.performance.body, planned.subject
    nothing = {"hue_shift_deg": float("nan"), "colour_shift": float("nan"), "clothes_chroma": float("nan")}
    if body is None:
        return nothing
    rest = planned.rendering.figure.character.rest.joints_px
    own_inside = _torso(rest, subject.image.shape[:2]) & (subject.matte.alpha > 0.9)
    pictures = [
        frame.made[_torso(body.joints_px[frame.index], frame.made.shape[:2]) & (frame.coverage > SOLID)]
        for frame in frames
    ]
    there = [hue(pixels) for pixels in pictures if len(pixels)]
    if not own_inside.any() or not there:
        return nothing
    own = hue(np.asarray(subject.image, np.uint8)[own_inside])
    turned = float(np.median([hue_difference_deg(one, own) for one in there]))
    return {
        "hue_shift_deg": turned if abs(own) >= LEAST_CHROMA else float("nan"),
        "colour_shift": float(np.median([abs(one - own) for one in there])),
        "clothes_chroma": abs(own),
    }


def _torso(joints_px: Float64, shape: tuple[int, ...]) -> Bools:
    corners = joints_px[list(TORSO)]
    inner = corners.mean(axis=0) + TORSO_SHARE * (corners - corners.mean(axis=0))
    mask = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(mask, np.round(inner).astype(np.int32), 1)
    inside: Bools = mask > 0
    return inside
