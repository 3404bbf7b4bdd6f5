"""How the performer's face looks, from a few frames of the clip: skin, teeth, sharpness, and the shading at rest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from motioncast.arrays import Bools, Float32, Float64, Image, Int32
from motioncast.engines.puppet.face.atlas import luma_atlas
from motioncast.engines.puppet.face.fill import clipped_box, outline_mask
from motioncast.engines.puppet.face.performance import FacePerformance
from motioncast.engines.puppet.face.skin import LUMA, skin_rgb, to_linear
from motioncast.engines.puppet.face.topology import INNER_LOWER, INNER_UPPER, contour

NEUTRAL_FRAMES, OPEN_FRAMES = 8, 16
#: from the upper to the lower lip, where `look_into_mouth` looks
_ABOVE, _BELOW = (0.12, 0.22, 0.32, 0.4), (0.5, 0.6, 0.7, 0.85)
_NO_FLESH = 0.9  #: of the skin's luma: within a mouth only teeth are lighter, whatever the tinge of the video
_PALE = 0.85  #: of the skin's colourfulness: teeth have .65 to .85 of it, in any light; a tongue about as much as skin
_SHADED, _LIT = 0.38, 0.65  #: luma of teeth over the skin's, at least: upper ones lie in the shade of the lip
MIN_OPENING = 0.08  #: of the mouth width, for a frame that shows teeth


@dataclass(frozen=True)
class DriverLook:
    """What the mouth and shading layers need to know of the performer's picture."""

    scale: float  #: frame px = (track px + .5) * scale - .5
    skin_rgb: Float64  #: (3,)
    rest_luma: Float32  #: (S, S) atlas of the resting face
    restless: Float32  #: (S, S) log-ratio to it that the fine detail exceeds in a tenth of the studied frames
    teeth_luma: float  #: linear light of the bright inside of the mouth over that of the skin
    mouth_width_px: float  #: in frame pixels
    sharpness: float  #: detail inside the open mouth: mean |Laplacian| / luma at 64 px mouth width; 0 = never open


def to_frame_px(points_px: Float64, scale: float) -> Float64:
    """Track pixels (K, 3) to pixels of a frame scaled by `scale`."""
    placed = np.asarray(points_px, np.float64) * scale
    placed[:, :2] += 0.5 * scale - 0.5
    return placed


def study_frames(performance: FacePerformance, offered: Iterable[int]) -> Int32:
    """Those of the frames `offered` that `study_driver` wants to see, ascending: the calmest, the widest open mouths.

    Where the reference image is a moment of the clip, that moment too.
    """
    frames = np.unique(np.fromiter(offered, np.int32))
    opening = performance.lip_gap[:, 3:6].mean(axis=1) * performance.valid * performance.confidence
    # spread over the clip: the widest opening of each of equal parts
    parts = np.array_split(frames, min(OPEN_FRAMES, max(len(frames), 1)))
    widest = [part[np.argmax(opening[part])] for part in parts if len(part)]
    widest = [index for index in widest if performance.valid[index]]
    calm = performance.neutral_frames if performance.pictured else _calm(performance, frames)
    return np.unique(np.r_[calm[:NEUTRAL_FRAMES], np.array(widest, np.int32)]).astype(np.int32)


def _calm(performance: FacePerformance, frames: Int32) -> Int32:
    """The calmest of the `frames`, best first."""
    calmest = performance.calmest[np.isin(performance.calmest, frames)]
    return calmest[: min(NEUTRAL_FRAMES, len(performance.neutral_frames))]


def study_driver(performance: FacePerformance, frames: Mapping[int, Image], scale: float = 1.0) -> DriverLook | None:
    """Study RGB frames by index, at `scale` times the track's pixels. None if no face was seen in any of them."""
    calm = _calm(performance, np.fromiter(frames, np.int32)).tolist()
    if not calm:
        return None
    points = {i: to_frame_px(performance.landmarks_px(i), scale) for i in frames}
    skin = np.median([skin_rgb(frames[i], points[i]) for i in calm], axis=0)
    mouths = [m for i in sorted(frames) if (m := _study_mouth(frames[i], points[i])) is not None]
    skin_luma = max(float(to_linear(skin) @ LUMA), 1e-3)
    atlases = {i: luma_atlas(frames[i], points[i]) for i in sorted(frames)}
    rest = np.mean([atlases[i] for i in calm], axis=0).astype(np.float32)
    return DriverLook(
        scale=scale,
        skin_rgb=skin,
        rest_luma=rest,
        restless=np.percentile([_detail(luma, rest) for luma in atlases.values()], 90, axis=0).astype(np.float32),
        teeth_luma=float(np.percentile([m[0] for m in mouths], 80)) / skin_luma if mouths else 1.0,
        mouth_width_px=performance.mouth_width * float(np.median(performance.pose.scale)) * scale,
        sharpness=float(np.median([m[1] for m in mouths])) if mouths else 0.0,
    )


def _detail(luma: Float32, rest: Float32) -> Float32:
    """Fine part (S, S) of the log-ratio of two atlases, its size."""
    ratio = np.log((luma + 12.0) / (rest + 12.0)).astype(np.float32)
    return np.asarray(np.abs(ratio - cv2.GaussianBlur(ratio, (0, 0), 10)), np.float32)


def mouth_brightness(image: Image, landmarks_px: Float64) -> float | None:
    """Linear luma that the brightest fifth inside the lips exceeds; None while they are nearly closed."""
    cut = _cut_mouth(image, landmarks_px)
    return None if cut is None else _brightness(*cut)


@dataclass(frozen=True)
class MouthView:
    """What one driving frame shows between the lips."""

    upper: float  #: share 0..1 of the best row of the upper part that shows teeth
    lower: float  #: share 0..1 of the lower part that shows teeth
    teeth: float  #: luma of the upper teeth over the skin's, 0 if none show


def look_into_mouth(frame: Image, landmarks_px: Float64, skin_rgb: Float64) -> MouthView:
    """Tell teeth from flesh at a few points between the lips.

    Teeth are light, and less colourful than the skin; upper ones lie in the shade of the lip. landmarks_px (468 or
    more, 2 or more) in pixels of the RGB `frame`; skin_rgb (3,): `DriverLook.skin_rgb`.
    """
    upper, lower = (landmarks_px[ids[3:8], :2] for ids in (INNER_UPPER, INNER_LOWER))
    at = np.stack([upper + share * (lower - upper) for share in (*_ABOVE, *_BELOW)]).astype(np.float32)
    seen = cv2.remap(frame, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    high, low = seen.max(axis=2).astype(np.float64), seen.min(axis=2).astype(np.float64)
    own = (skin_rgb.max() - skin_rgb.min()) / (skin_rgb.max() + 1.0)
    light = np.asarray(seen @ LUMA / float(skin_rgb @ LUMA), np.float64)
    pale = ((high - low) / (high + 1.0) < max(_PALE * own, 0.25)) | (light > _NO_FLESH)
    above, below = (pale & (light > _SHADED))[: len(_ABOVE)], (pale & (light > _LIT))[len(_ABOVE) :]
    # lips that are tracked a little off cover the rows next to them: the best row counts
    return MouthView(
        upper=float(above.mean(axis=1).max()),
        lower=float(below.mean()),
        teeth=float(np.median(light[: len(_ABOVE)][above])) if above.any() else 0.0,
    )


def _study_mouth(frame: Image, points: Float64) -> tuple[float, float] | None:
    """`mouth_brightness`, and the detail inside the lips at 64 px mouth width."""
    cut = _cut_mouth(frame, points)
    if cut is None:
        return None
    patch, mask = cut
    zoom = 64.0 / float(np.linalg.norm(points[61, :2] - points[291, :2]))
    size = (max(4, round(mask.shape[1] * zoom)), max(4, round(mask.shape[0] * zoom)))
    gray = cv2.resize(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    core = cv2.erode(cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST), np.ones((3, 3)))
    detail = np.abs(cv2.Laplacian(gray, cv2.CV_32F))[core > 0]
    sharpness = float(detail.mean() / (gray[core > 0].mean() + 12.0)) if len(detail) else 0.0
    return _brightness(patch, mask), sharpness


def _cut_mouth(image: Image, points: Float64) -> tuple[Image, Bools] | None:
    """Box around the open lips and which of its pixels lie between them."""
    outline = points[contour(INNER_UPPER, INNER_LOWER), :2]
    width = float(np.linalg.norm(points[61, :2] - points[291, :2]))
    opening = np.linalg.norm(points[INNER_UPPER[3:8], :2] - points[INNER_LOWER[3:8], :2], axis=1).mean()
    box = clipped_box(outline, 2.0, (image.shape[1], image.shape[0]))
    if box is None or opening < MIN_OPENING * width:
        return None
    x0, y0, x1, y1 = box
    mask = outline_mask(outline - [x0, y0], (x1 - x0, y1 - y0)) > 127
    return (image[y0:y1, x0:x1], mask) if mask.sum() >= 12 else None


def _brightness(patch: Image, mask: Bools) -> float:
    return float(np.percentile(to_linear(patch[mask].astype(np.float64)) @ LUMA, 80))
