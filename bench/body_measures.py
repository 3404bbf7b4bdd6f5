"""How far the output's bones point away from the driver's, in the image plane (numpy only)."""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Bools, Float64

#: Bone → BlazePose landmarks of its start and of its end; two landmarks mean their middle.
BONES = {
    "spine": ((23, 24), (11, 12)),
    "shoulders": ((12,), (11,)),
    "left_upper_arm": ((11,), (13,)),
    "right_upper_arm": ((12,), (14,)),
    "left_forearm": ((13,), (15,)),
    "right_forearm": ((14,), (16,)),
    "left_thigh": ((23,), (25,)),
    "right_thigh": ((24,), (26,)),
    "left_shank": ((25,), (27,)),
    "right_shank": ((26,), (28,)),
}
VISIBLE = 0.5
#: A bone that points at the camera has no direction in the image: shorter than this, it is not measured.
SHORTEST_M = 0.12
FEWEST_FRAMES = 5
#: A bone that the driver shows for less than this share of the clip is mostly a mistake of the judge.
LEAST_SHARE = 0.25
#: shoulders, elbows, wrists, hips, knees, ankles
KEYPOINTS = [*range(11, 17), *range(23, 29)]
_SCALE_POINTS = [7, 8, 11, 12, 23, 24]


@dataclass(frozen=True)
class BodyFidelity:
    """Image-angle differences between the driver's and the output's bones, over frames and bones."""

    mean_deg: float  #: NaN when no bone could be compared
    median_deg: float
    missing_rate: float  #: share of the driver's visible bones that the judge does not see in the output
    bones_deg: dict[str, float]  #: mean of each bone that was compared


def compare_bodies(
    driver_px: Float64,
    driver_visibility: Float64,
    driver_world_m: Float64,
    output_px: Float64,
    output_visibility: Float64,
) -> BodyFidelity:
    """Compare bodies frame by frame: `*_px` and `*_world_m` (N, 33, 3), visibilities (N, 33)."""
    long_enough_px = SHORTEST_M * pixels_per_metre(driver_px, driver_world_m)
    errors, bones, expected, missing = [], {}, 0, 0
    for name, ends in BONES.items():
        driver, driver_seen = _bone(driver_px, driver_visibility, ends)
        output, output_seen = _bone(output_px, output_visibility, ends)
        measured = driver_seen & (np.linalg.norm(driver, axis=1) >= long_enough_px)
        if measured.sum() < max(FEWEST_FRAMES, LEAST_SHARE * len(measured)):
            continue
        both = measured & output_seen
        expected += int(measured.sum())
        missing += int((measured & ~output_seen).sum())
        if both.any():
            errors.append(angle_between_deg(driver[both], output[both]))
            bones[name] = float(errors[-1].mean())
    together = np.concatenate(errors) if errors else np.array([np.nan])
    missing_rate = missing / expected if expected else float("nan")
    return BodyFidelity(float(together.mean()), float(np.median(together)), missing_rate, bones)


def missing_keypoints(
    driver_visibility: Float64, output_visibility: Float64, reference_visibility: Float64
) -> dict[str, float]:
    """Share of frames and keypoints that the judge does not see, in the driver and in the output.

    Visibilities (N, 33), of the reference (33,). The keypoints are the joints of limbs that the driver shows in at
    least half of the frames, and that the reference shows too: nobody can move what is not in the picture.
    """
    shown = (driver_visibility[:, KEYPOINTS] >= VISIBLE).mean(axis=0) >= 0.5
    shown &= reference_visibility[KEYPOINTS] >= VISIBLE
    missing = [visibility[:, KEYPOINTS][:, shown] < VISIBLE for visibility in (driver_visibility, output_visibility)]
    driver, output = (float(rate.mean()) if shown.any() else float("nan") for rate in missing)
    return {"driver": driver, "output": output}


def angle_between_deg(a: Float64, b: Float64) -> Float64:
    """Unsigned angle in degrees between (N, 2) vectors, 0..180."""
    cross = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    angle: Float64 = np.degrees(np.abs(np.arctan2(cross, (a * b).sum(1))))
    return angle


def pixels_per_metre(body_px: Float64, body_world_m: Float64) -> Float64:
    """(N,) scale of the least-squares fit of ears, shoulders and hips in pixels on the same points in metres."""
    pixels, metres = (points[:, _SCALE_POINTS, :2] for points in (body_px, body_world_m))
    pixels, metres = pixels - pixels.mean(1, keepdims=True), metres - metres.mean(1, keepdims=True)
    spread: Float64 = (metres**2).sum((1, 2))
    scale: Float64 = np.maximum((pixels * metres).sum((1, 2)), 0) / np.maximum(spread, 1e-9)
    return scale


def _bone(
    body_px: Float64, visibility: Float64, ends: tuple[tuple[int, ...], tuple[int, ...]]
) -> tuple[Float64, Bools]:
    """Image vector (N, 2) of a bone and whether all of its landmarks are visible (N,)."""
    start, end = (body_px[:, list(points), :2].mean(1) for points in ends)
    vector = end - start
    seen = (visibility[:, [*ends[0], *ends[1]]] >= VISIBLE).all(1) & np.isfinite(vector).all(1)
    return vector, seen
