"""Self-reenactment: one frame of a clip, driven by the clip itself, against the clip: how much better than a still?"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.body_measures import VISIBLE
from bench.face_measures import face_channels
from bench.frames import fit, read_frames
from bench.judge import JudgeTrack
from motioncast.arrays import Float64, Image

#: A frame equal to the reference would count infinitely: no frame counts more than this.
HIGHEST_DB = 50.0
PERSON = 128
#: How far from its median each channel may be for the same loss of neutrality.
_STEPS = {"eye_open": 0.05, "brow": 0.02, "mouth_width": 0.03, "yaw": 0.25, "pitch": 0.25, "roll": 0.25}
#: The bones of somebody who stands facing the camera, arms slightly away from the body: from, to, image direction.
_STANDING = (
    (11, 13, 0.4, 0.9), (12, 14, -0.4, 0.9), (13, 15, 0.3, 0.95), (14, 16, -0.3, 0.95), (23, 25, 0, 1), (24, 26, 0, 1),
    (25, 27, 0, 1), (26, 28, 0, 1), (12, 11, 1, 0), (24, 23, 1, 0),
)  # fmt: skip


@dataclass(frozen=True)
class SelfReenactment:
    """Mean over the frames of the PSNR inside the performer's mask, in dB, the reference frame left out."""

    puppet_db: float
    still_db: float  #: the same for the reference held still
    frames: int

    @property
    def gain_db(self) -> float:
        return self.puppet_db - self.still_db


def neutral_frame(track: JudgeTrack) -> int:
    """The frame that makes the best reference.

    Where the face fills the picture: the mouth closed, all else near the clip's median.
    Else: the body stands facing the camera, all limbs in view.
    """
    face = face_channels(track.face_px)
    seen = np.isfinite(face["yaw"])
    width = np.nanmedian(face["width_px"]) if seen.any() else 0.0
    if width > 0.15 * min(track.size_px):
        unusual = (np.abs(face[name] - np.nanmedian(face[name])) / step for name, step in _STEPS.items())
        return int(np.nanargmin(sum(unusual, start=face["mouth_open"] / 0.02)))
    return int(np.nanargmax(_standing(track)))


def _standing(track: JudgeTrack) -> Float64:
    """(N,) how much the body is that of somebody who stands facing the camera, all in view: 1 is entirely."""
    start, end = (np.array([bone[i] for bone in _STANDING]) for i in (0, 1))
    goal = np.array([bone[2:] for bone in _STANDING])
    bones = track.body_px[:, end, :2] - track.body_px[:, start, :2]
    longest = np.nanpercentile(np.linalg.norm(bones, axis=2), 95, axis=0)
    along = (bones * goal).sum(2) / longest
    visible = np.minimum(track.body_visibility[:, start], track.body_visibility[:, end]) >= VISIBLE
    standing: Float64 = (np.clip(along, -1, 1) * visible).mean(1)
    return standing


def psnr_inside(picture: Image, truth: Image, inside: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    """Peak signal-to-noise ratio in dB over the pixels of `inside` (H, W), at most `HIGHEST_DB`."""
    difference = picture[inside].astype(np.float64) - truth[inside]
    noise = float((difference**2).mean())
    return HIGHEST_DB if noise == 0 else min(HIGHEST_DB, 10 * float(np.log10(255**2 / noise)))


def compare_to_still(output: Path, driving: Path, reference: Image, skip: int, track: JudgeTrack) -> SelfReenactment:
    """PSNR of `output` and of the `reference` held still against `driving`; frame `skip` is the reference.

    Raises `ValueError` when the judge saw the performer in no frame.
    """
    puppet, still = [], []
    held: Image | None = None
    for index, (made, true) in enumerate(zip(read_frames(output), read_frames(driving), strict=False)):
        size = (made.shape[1], made.shape[0])
        held = fit(reference, size) if held is None else held
        mask = track.person(index, (true.shape[1], true.shape[0]))
        if index == skip or mask is None:
            continue
        inside = fit(mask, size) >= PERSON
        if inside.any():
            truth = fit(true, size)
            puppet.append(psnr_inside(made, truth, inside))
            still.append(psnr_inside(held, truth, inside))
    if not puppet:
        raise ValueError(f"the judge saw nobody in {driving.name}")
    return SelfReenactment(float(np.mean(puppet)), float(np.mean(still)), len(puppet))
