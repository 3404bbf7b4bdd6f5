"""What of Wan2.2-Animate fits on a card and roughly how long a job takes: arithmetic, nothing measured here.

Segments and operations are exact, memory is that of `footprint`, speeds are those of `gpus`.
"""

from dataclasses import dataclass
from typing import Any, Final

from motioncast.engines.wan.flops import segment_flop, transformer_flop
from motioncast.engines.wan.footprint import WEIGHTS_BYTES, footprint
from motioncast.engines.wan.gpus import SCALED, Gpu
from motioncast.engines.wan.profiles import PROFILES, Profile
from motioncast.engines.wan.segments import plan_segments
from motioncast.errors import InputError
from motioncast.request import MAX_DURATION_S, Mode, Resolution

MAX_FPS: Final = 120

COMPUTED: Final = "computed"
ASSUMED: Final = "assumed, never measured"
#: Share of the transformer's speed at which the VAE runs: 1.33 PFLOP in 15.5 s on an H200 that did 566 TFLOP/s [MAX].
VAE_SHARE: Final = 0.15
PCIE_GB_S: Final = 20  #: weights from RAM to the card; assumed
CPU_TFLOPS: Final = 1.0  #: a large desktop or server processor; assumed


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """What is to be rendered."""

    resolution: Resolution
    mode: Mode
    profile_name: str
    seconds: float
    fps: float

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= MAX_DURATION_S:
            raise InputError(f"--seconds must be above 0 and at most {MAX_DURATION_S}, not {self.seconds:g}.")
        if not 0 < self.fps <= MAX_FPS:
            raise InputError(f"--fps must be above 0 and at most {MAX_FPS}, not {self.fps:g}.")

    @property
    def profile(self) -> Profile:
        return PROFILES[self.profile_name]

    @property
    def size(self) -> tuple[int, int]:
        """(W, H) in pixels of a landscape job; other shapes of the same area cost the same within a few percent."""
        return (832, 480) if self.resolution is Resolution.P480 else (1280, 720)

    @property
    def frames(self) -> int:
        return max(1, round(self.seconds * self.fps))

    @property
    def segments(self) -> int:
        """Segments of 77 frames, one of them carried over."""
        return len(plan_segments(self.frames))


@dataclass(frozen=True, slots=True)
class PlanOutlook:
    """One way to hold the network, what it needs, and how long the job takes that way."""

    name: str
    gpu_gib: float  #: at the peak; 0 without a card
    ram_gib: float  #: for weights that do not live on the card
    fits: bool  #: on the card
    seconds: tuple[float, float]  #: whole job, from the fastest to the slowest case
    basis: str  #: of the speed behind `seconds`; the memory is computed

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "gpu_gib": round(self.gpu_gib, 1),
            "ram_gib": round(self.ram_gib, 1),
            "memory_basis": COMPUTED,
            "fits": self.fits,
            "seconds": [round(value) for value in self.seconds],
            "speed_basis": self.basis,
        }


@dataclass(frozen=True, slots=True)
class Outlook:
    """The answer of `motioncast plan`."""

    job: PlannedJob
    gpu: Gpu
    step_pflop: float
    segment_pflop: float
    job_pflop: float
    plans: tuple[PlanOutlook, ...]

    @property
    def advised(self) -> PlanOutlook:
        """The first plan that fits; the last one always does."""
        return next(plan for plan in self.plans if plan.fits)

    def as_json(self) -> dict[str, Any]:
        job, speed = self.job, self.gpu.speed
        return {
            "mode": job.mode.value,
            "resolution": job.resolution.value,
            "width": job.size[0],
            "height": job.size[1],
            "profile": job.profile_name,
            "steps": job.profile.steps,
            "skipped_share": {"from": 0.0, "to": job.profile.skipped, "basis": ASSUMED},
            "frames": job.frames,
            "segments": job.segments,
            "work": {
                "step_pflop": round(self.step_pflop, 3),
                "segment_pflop": round(self.segment_pflop, 2),
                "job_pflop": round(self.job_pflop, 1),
                "basis": COMPUTED,
            },
            "gpu": {
                "name": self.gpu.name,
                "memory_gib": self.gpu.memory_gib,
                "nominal_tflops": self.gpu.tflops,
                "effective_tflops": [round(speed.slowest, 1), round(speed.fastest, 1)],
                "basis": speed.basis,
                "source": speed.source,
            },
            "plans": [plan.as_json() for plan in self.plans],
            "advised": self.advised.name,
            "measured_by_this_project": False,
        }


def make_job(mode: str, resolution: str, profile: str, seconds: float, fps: float) -> PlannedJob:
    """A job from a caller's words. Raises `InputError` for a word or number that is not allowed."""
    for name, given, allowed in (
        ("mode", mode, list(Mode)),
        ("resolution", resolution, list(Resolution)),
        ("profile", profile, list(PROFILES)),
    ):
        if given not in allowed:
            raise InputError(f"{name} must be {' or '.join(allowed)}, not {given!r}.")
    return PlannedJob(Resolution(resolution), Mode(mode), profile, seconds, fps)


def outlook(job: PlannedJob, gpu: Gpu) -> Outlook:
    """Operations, memory and time of `job` on `gpu`."""
    width, height = job.size
    transformer, vae = segment_flop(width, height, job.profile.steps)
    return Outlook(
        job=job,
        gpu=gpu,
        step_pflop=transformer_flop(width, height) / 1e15,
        segment_pflop=(transformer + vae) / 1e15,
        job_pflop=job.segments * (transformer + vae) / 1e15,
        plans=plan_outlooks(job, gpu),
    )


def plan_outlooks(job: PlannedJob, gpu: Gpu) -> tuple[PlanOutlook, ...]:
    """The plans from the fastest to the most frugal."""
    needs = footprint(*job.size)
    speed, transfer_s = gpu.speed, WEIGHTS_BYTES / (PCIE_GB_S * 1e9)
    resident = _seconds(job, speed.fastest, speed.slowest)
    offloaded = _seconds(job, speed.fastest, speed.slowest, transfer_s=transfer_s)
    on_cpu = _seconds(job, CPU_TFLOPS, CPU_TFLOPS, vae_share=1.0)
    basis = SCALED if job.profile.skipped else speed.basis  # nobody published a share of skipped steps
    room = gpu.memory_gib
    return (
        PlanOutlook("full bf16", needs.full_gib, 0.0, needs.full_gib <= room, resident, basis),
        PlanOutlook("int8 or fp8 weights", needs.eight_bit_gib, 0.0, needs.eight_bit_gib <= room, resident, SCALED),
        PlanOutlook(
            "group offload", needs.offload_gib, needs.offload_ram_gib, needs.offload_gib <= room, offloaded, SCALED
        ),
        PlanOutlook("CPU", 0.0, needs.cpu_ram_gib, True, on_cpu, ASSUMED),
    )


def _seconds(
    job: PlannedJob, fastest_tflops: float, slowest_tflops: float, transfer_s: float = 0.0, vae_share: float = VAE_SHARE
) -> tuple[float, float]:
    """(least, most) time for all segments. Every step takes at least `transfer_s`."""

    def whole(tflops: float, skipped: float) -> float:
        rate = tflops * 1e12
        step_s = max(transformer_flop(*job.size) / rate, transfer_s)
        vae_s = segment_flop(*job.size, steps=0)[1] / (rate * vae_share)
        return job.segments * (job.profile.steps * (1 - skipped) * step_s + vae_s)

    return whole(fastest_tflops, job.profile.skipped), whole(slowest_tflops, 0.0)
