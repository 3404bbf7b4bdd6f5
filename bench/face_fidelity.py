"""How well the output's face follows the driver's: correlation and slope of every channel over the frames."""

from dataclasses import dataclass

import numpy as np

from bench.face_measures import face_channels
from motioncast.arrays import Float64

#: A channel counts only where the driver moves: its standard deviation must exceed this (units: `face_channels`).
#: Of a head that is held still while its face acts, the judge reads a yaw of .007 to .013.
LEAST_MOTION = {
    "mouth_open": 0.008,
    "eye_open": 0.02,
    "yaw": 0.02,
    "mouth_width": 0.008,
    "brow": 0.005,
    "gaze": 0.02,
    "pitch": 0.01,
    "roll": 0.01,
}
#: Smaller faces than this, in a picture scaled to 720 pixels on its long side, cannot be judged.
LEAST_WIDTH_PX = 100
LONG_SIDE_PX = 720
FEWEST_FRAMES = 10


@dataclass(frozen=True)
class ChannelFidelity:
    """One channel of the output (y) against the driver's (x)."""

    r: float  #: Pearson correlation
    slope: float  #: of the least-squares line y = a + slope x
    driver_std: float
    moves: bool  #: the driver moves enough for r and slope to mean something


@dataclass(frozen=True)
class FaceFidelity:
    """A pair of faces; `channels` is empty when `skipped` says why they cannot be judged."""

    driver_width_px: float  #: median, at 720 pixels on the long side
    output_width_px: float
    lost_rate: float  #: share of frames with a face in the driver where the judge finds none in the output
    skipped: str
    channels: dict[str, ChannelFidelity]


def compare_faces(
    driver_px: Float64, driver_size: tuple[int, int], output_px: Float64, output_size: tuple[int, int]
) -> FaceFidelity:
    """Compare (N, 478, 3) landmarks frame by frame; sizes are (W, H) of the pictures; NaN where no face was found."""
    driver, output = face_channels(driver_px), face_channels(output_px)
    in_driver, in_output = np.isfinite(driver["yaw"]), np.isfinite(output["yaw"])
    both = in_driver & in_output
    widths = (_median_width(driver, driver_size), _median_width(output, output_size))
    lost = float((in_driver & ~in_output).sum() / max(1, in_driver.sum()))
    skipped = _reason_to_skip(int(both.sum()), *widths)
    channels = {}
    if not skipped:
        channels = {
            name: compare_channel(driver[name][both], output[name][both], least) for name, least in LEAST_MOTION.items()
        }
    return FaceFidelity(*widths, lost, skipped, channels)


def compare_channel(driver: Float64, output: Float64, least_motion: float) -> ChannelFidelity:
    """Correlation and slope of two (N,) series without NaN; both 0 where one of them stands still."""
    x, y = driver - driver.mean(), output - output.mean()
    spread_x, spread_y = float(x @ x), float(y @ y)
    still = min(spread_x, spread_y) < 1e-12
    r = 0.0 if still else float(x @ y) / float(np.sqrt(spread_x * spread_y))
    slope = 0.0 if still else float(x @ y) / spread_x
    std = float(x.std())
    return ChannelFidelity(r, slope, std, std > least_motion)


def _median_width(channels: dict[str, Float64], size: tuple[int, int]) -> float:
    widths = channels["width_px"][np.isfinite(channels["width_px"])]
    return float(np.median(widths)) * LONG_SIDE_PX / max(size) if len(widths) else 0.0


def _reason_to_skip(frames: int, driver_width: float, output_width: float) -> str:
    if driver_width < LEAST_WIDTH_PX:
        return f"driver's face {driver_width:.0f} px"
    if output_width < LEAST_WIDTH_PX:
        return f"output's face {output_width:.0f} px"
    return "" if frames >= FEWEST_FRAMES else f"faces in {frames} frames only"
