"""Self-reenactment against simple baselines that are told the truth: the landmarks of the frame they are to become."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.delaunay_baseline import FACE, DelaunayBaseline
from bench.frames import read_frame, read_frames, write_png
from bench.in_process import Studio, spread
from bench.judge import BenchError, JudgeTrack
from bench.self_reenactment import HIGHEST_DB, PERSON, neutral_frame, psnr_inside
from bench.skinning_baseline import SkinningBaseline
from motioncast.arrays import Bools, Float64, Image
from motioncast.media.geometry import fit, fit_affine

FRAMES = 24  #: of each clip
SEARCH_PX = 40  #: farthest that a misplaced figure is looked for


@dataclass(frozen=True)
class OwnClip:
    """A clip, the judge's view of it, and the frame of it that is the reference."""

    clip: Path
    track: JudgeTrack
    index: int
    reference: Path  #: that frame as a picture

    @classmethod
    def of(cls, clip: Path, track: JudgeTrack, folder: Path) -> "OwnClip":
        """Choose the reference and write it to `folder`."""
        index = neutral_frame(track)
        reference = folder / f"{clip.stem}-frame{index}.png"
        write_png(reference, read_frame(clip, index))
        return cls(clip, track, index, reference)

    def to_output(self, points_px: Float64, size: tuple[int, int]) -> Float64:
        """Points (..., 2 or more) of the clip in pixels of an output of `size` (W, H), as (..., 2)."""
        affine = fit_affine(self.track.size_px, size)
        moved: Float64 = points_px[..., :2] @ affine[:, :2].T + affine[:, 2]
        return moved

    def true_frames(self, wanted: list[int], size: tuple[int, int]) -> dict[int, Image]:
        """The wanted frames of the clip at `size` (W, H)."""
        chosen = set(wanted)
        return {i: np.asarray(fit(f, size), np.uint8) for i, f in enumerate(read_frames(self.clip)) if i in chosen}


def compare_faces_to_delaunay(own: OwnClip, studio: Studio) -> dict[str, Any]:
    """PSNR inside the hull of the face: as for another person's picture, with the drawn mouth, and of the baseline.

    Raises `BenchError` when the judge sees no face to compare.
    """
    planned = studio.plan(own.reference, own.clip, stranger=True)
    variants = {"puppet": planned, "drawn_mouth": planned.with_drawn_mouth()}
    size = planned.rendering.size
    seen = [i for i in spread(len(own.track), FRAMES) if i != own.index and np.isfinite(own.track.face_px[i]).all()]
    if not seen or not np.isfinite(own.track.face_px[own.index]).all():
        raise BenchError(f"The judge sees no face in {own.clip.name}.")
    landmarks = own.to_output(own.track.face_px, size)
    baseline = DelaunayBaseline.of(np.asarray(planned.subject.image, np.uint8), landmarks[own.index])
    truth = own.true_frames(seen, size)
    insides = {i: face_hull(landmarks[i], size) for i in seen}
    bent = {i: psnr_inside(baseline.at(landmarks[i]), truth[i], insides[i]) for i in seen}
    result: dict[str, Any] = {"frames": len(seen), "delaunay_db": _mean(bent)}
    for name, variant in variants.items():
        made = {i: drawn for i, _, drawn in variant.frames(seen)}
        result |= _beside(name, made, truth, insides, bent)
    return result


def compare_body_to_skinning(own: OwnClip, studio: Studio) -> dict[str, Any]:
    """PSNR inside the mask of the person, of the product and of the baseline.

    Raises `BenchError` when the judge sees nobody to compare.
    """
    planned = studio.plan(own.reference, own.clip)
    size, track = planned.rendering.size, own.track
    masks = {i: track.person(i, size) for i in {own.index, *spread(len(track), FRAMES)}}
    insides = {i: mask >= PERSON for i, mask in masks.items() if mask is not None and i != own.index}
    insides = {i: inside for i, inside in sorted(insides.items()) if inside.any()}
    person = masks[own.index]
    if person is None or not insides:
        raise BenchError(f"The judge sees nobody in {own.clip.name}.")
    body = own.to_output(track.body_px, size)
    picture = np.asarray(planned.subject.image, np.uint8)
    baseline = SkinningBaseline.of(picture, body[own.index], track.body_visibility[own.index], person)
    truth = own.true_frames(list(insides), size)
    skinned = {i: psnr_inside(baseline.at(body[i]), truth[i], inside) for i, inside in insides.items()}
    made = {i: drawn for i, _, drawn in planned.frames(insides)}
    return {"frames": len(insides), "skinning_db": _mean(skinned)} | _beside("puppet", made, truth, insides, skinned)


def _beside(
    name: str,
    made: dict[int, Image],
    truth: dict[int, Image],
    insides: dict[int, Bools],
    baseline: dict[int, float],
) -> dict[str, Any]:
    """PSNR of what was made, its gain over the baseline's, and how much of the loss is a figure in the wrong place."""
    psnr = {i: psnr_inside(picture, truth[i], insides[i]) for i, picture in made.items()}
    gain = {i: psnr[i] - baseline[i] for i in made}
    placed = {i: best_place(picture, truth[i], insides[i]) for i, picture in made.items()}
    return {
        f"{name}_db": _mean(psnr),
        f"{name}_gain_db": _mean(gain),
        f"{name}_worst_frame": min(gain, key=lambda i: gain[i]),
        f"{name}_misplaced_px": _mean({i: float(np.hypot(*shift)) for i, (shift, _) in placed.items()}),
        f"{name}_gain_if_placed_db": _mean({i: best - baseline[i] for i, (_, best) in placed.items()}),
    }


def best_place(made: Image, truth: Image, inside: Bools) -> tuple[tuple[int, int], float]:
    """The shift (x, y) in px, at most `SEARCH_PX`, at which `made` is most like `truth` inside, and the PSNR there."""
    x, y, width, height = cv2.boundingRect(inside.astype(np.uint8))
    box = slice(y, y + height), slice(x, x + width)
    margin = (SEARCH_PX, SEARCH_PX)
    around = np.pad(made, (margin, margin, (0, 0)), mode="edge")
    around = around[y : y + height + 2 * SEARCH_PX, x : x + width + 2 * SEARCH_PX]
    mask = np.repeat(inside[box][..., None], 3, axis=2).astype(np.float32)
    squares = cv2.matchTemplate(around.astype(np.float32), truth[box].astype(np.float32), cv2.TM_SQDIFF, mask=mask)
    least, _, (column, row), _ = cv2.minMaxLoc(squares)
    noise = max(least, 0.0) / mask.sum()
    best = HIGHEST_DB if noise == 0 else min(HIGHEST_DB, 10 * float(np.log10(255**2 / noise)))
    return (column - SEARCH_PX, row - SEARCH_PX), best


def face_hull(landmarks_px: Float64, size: tuple[int, int]) -> Bools:
    """(H, W) bool: inside the convex hull of the face landmarks (468 or more, 2)."""
    mask = np.zeros(size[::-1], np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(landmarks_px[:FACE]).astype(np.int32)), 1)
    inside: Bools = mask > 0
    return inside


def _mean(values: dict[int, float]) -> float:
    return float(np.mean(list(values.values())))
