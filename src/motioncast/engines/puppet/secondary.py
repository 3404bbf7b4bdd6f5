"""Secondary motion: hair lags behind the head, hangs down when the head tilts, and stirs, each seed in its own way."""

from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Float32, Float64
from motioncast.engines.puppet.head import HeadMesh
from motioncast.perception.smoothing import smoothstep

_FREQUENCY_HZ, _DAMPING = 1.9, 0.35  #: of the spring that hair hangs on
_HANG, _STEEPEST = 0.5, 0.5  #: share of the head's tilt (at most so many rad) that gravity takes back
_LAG, _STIR = 0.10, 0.006  #: largest lag and the amplitude of the stirring, in face widths
_WAVE_PER_WIDTH = 1.3  #: rad of phase a face width down: the wave runs along the hair


@dataclass(frozen=True)
class SecondaryMotion:
    """Offsets of loose vertices through N frames."""

    looseness: Float64  #: (V,) 0..1 how freely each vertex of the trunk mesh hangs
    phase: Float64  #: (V,) rad
    lag_px: Float64  #: (N, 2) reference px
    hang_rad: Float64  #: (N,) how far gravity turns what hangs back about the head
    hanging: Float64  #: (V,) 0..1 what hangs from the head alone, and not from the shoulders too
    faces: int  #: vertices before this one are the face, about whose middle hair hangs
    amplitude_px: float
    rate_rad: Float64  #: (2,) rad a frame of two slow waves
    start_rad: Float64  #: (2,)

    def apply(self, vertices_px: Float32, index: int, scale: float) -> Float32:
        """Vertices (V, 3) on the canvas with their loose parts displaced; `scale`: canvas px a reference px."""
        first, second = self.rate_rad * index + self.start_rad
        wave = np.sin(first + self.phase) + 0.5 * np.sin(second + 1.7 * self.phase)
        x = self.lag_px[index, 0] + self.amplitude_px * wave
        moved = self._hanging(vertices_px, self.hang_rad[index])
        moved[:, 0] += (scale * self.looseness * x).astype(np.float32)
        moved[:, 1] += (scale * self.looseness * self.lag_px[index, 1]).astype(np.float32)
        return moved

    def _hanging(self, vertices_px: Float32, angle: float) -> Float32:
        moved = vertices_px.copy()
        if self.faces and angle:
            pivot = vertices_px[: self.faces, :2].mean(axis=0)
            c, s = np.cos(angle * self.hanging), np.sin(angle * self.hanging)
            x, y = (vertices_px[:, :2] - pivot).T
            moved[:, 0] = pivot[0] + c * x - s * y
            moved[:, 1] = pivot[1] + s * x + c * y
        return moved


def plan_secondary(
    mesh: HeadMesh, path_px: Float64, tilt_rad: Float64, rate: float, seed: int
) -> SecondaryMotion | None:
    """Plan from the path (N, 2) of the head in reference px and its tilt (N,); None where nothing moves as a head."""
    frame = mesh.frame
    if frame is None:
        return None
    rng = np.random.default_rng((seed, 1))
    width = frame.width_px
    frequency = _FREQUENCY_HZ * rng.uniform(0.85, 1.15)
    looseness = _looseness(mesh)
    tilt = np.clip(tilt_rad, -_STEEPEST, _STEEPEST)
    return SecondaryMotion(
        looseness=looseness,
        phase=(mesh.rest_px[:, 1] - frame.centre_px[1]) / width * _WAVE_PER_WIDTH,
        lag_px=np.clip(_spring(path_px, frequency, rate), -_LAG * width, _LAG * width),
        hang_rad=-_HANG * (tilt + _spring(tilt[:, None], frequency, rate)[:, 0]),
        hanging=looseness * smoothstep(0.5, 0.9, mesh.weight),
        faces=mesh.faces,
        amplitude_px=_STIR * width,
        rate_rad=2 * np.pi * rng.uniform([0.22, 0.5], [0.36, 0.8]) / rate,
        start_rad=rng.uniform(0, 2 * np.pi, 2),
    )


def _looseness(mesh: HeadMesh) -> Float64:
    """What hangs beside and below the face and still belongs to the head: long hair, veils, ear rings."""
    frame = mesh.frame
    assert frame is not None
    offset = (mesh.rest_px - frame.centre_px[:2]) / frame.width_px
    beside = smoothstep(0.55, 1.0, np.abs(offset[:, 0]))
    below = smoothstep(-0.1, 0.9, offset[:, 1])
    loose = beside * below * smoothstep(0.0, 0.3, mesh.weight)
    loose[: mesh.faces] = 0.0
    return np.asarray(loose, np.float64)


def _spring(path_px: Float64, frequency_hz: float, rate: float) -> Float64:
    """Offset (N, D) of a mass on a damped spring whose other end follows the path: u'' = -w^2 u - 2 z w u' - x''.

    Integrated with the semi-implicit Euler method in steps of 1/240 s.
    """
    omega = 2 * np.pi * frequency_hz
    steps = max(1, round(240 / rate))
    dt = 1.0 / (rate * steps)
    pull = np.zeros_like(path_px)
    pull[1:-1] = (path_px[2:] - 2 * path_px[1:-1] + path_px[:-2]) * rate**2
    offset, speed = np.zeros(path_px.shape[1]), np.zeros(path_px.shape[1])
    out = np.empty_like(path_px)
    for index in range(len(path_px)):
        for _ in range(steps):
            speed = speed + dt * (-(omega**2) * offset - 2 * _DAMPING * omega * speed - pull[index])
            offset = offset + dt * speed
        out[index] = offset
    return out
