"""What of Wan2.2-Animate fits on a card and roughly how long a job takes: arithmetic, nothing measured here.

Segments, operations and weights are exact. Memory beside the weights comes from traces of diffusers' modules on the
meta device: the largest sum of live tensors in bytes, attention without its score matrix. Kernel workspaces are not in
it. Speeds are those of `gpus`.
"""

from dataclasses import dataclass
from typing import Any, Final

from motioncast.engines.wan.flops import IMAGE_TOKENS, TEXT_TOKENS, segment_flop, tokens, transformer_flop
from motioncast.engines.wan.gpus import SCALED, Gpu
from motioncast.engines.wan.model.architecture import WAN_ANIMATE_14B, parameter_counts
from motioncast.engines.wan.profiles import PROFILES, Profile
from motioncast.engines.wan.segments import plan_segments
from motioncast.errors import InputError
from motioncast.request import MAX_DURATION_S, Mode, Resolution

GIB: Final = 2**30
MAX_FPS: Final = 120

#: Live bytes a token in one bf16 forward pass: 13 rows of width 5120 (traced at 480x832 and 720x1280).
ACTIVATION_BYTES_PER_TOKEN: Final = 13 * 5120 * 2
#: Live bytes an output pixel while the float32 VAE decodes 77 frames (traced likewise); encoding takes 15,040.
VAE_BYTES_PER_PIXEL: Final = 20_400
VAE_PARAMETERS: Final = 126_892_531
COMPUTED: Final = "computed"
ASSUMED: Final = "assumed, never measured"
RESERVE_GIB: Final = 1.0  #: CUDA context and the allocator's slack; assumed
#: Share of the transformer's speed at which the VAE runs: 1.33 PFLOP in 15.5 s on an H200 that did 566 TFLOP/s [MAX].
VAE_SHARE: Final = 0.15
PINNING: Final = 1.5  #: torch rounds pinned tensors up to powers of two: what those of a block come to
PCIE_GB_S: Final = 20  #: weights from RAM to the card; assumed
CPU_TFLOPS: Final = 1.0  #: a large desktop or server processor; assumed


@dataclass(frozen=True, slots=True)
class Job:
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
class MemoryPlan:
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

    job: Job
    gpu: Gpu
    step_pflop: float
    segment_pflop: float
    job_pflop: float
    plans: tuple[MemoryPlan, ...]

    @property
    def advised(self) -> MemoryPlan:
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


def make_job(mode: str, resolution: str, profile: str, seconds: float, fps: float) -> Job:
    """A job from a caller's words. Raises `InputError` for a word or number that is not allowed."""
    for name, given, allowed in (
        ("mode", mode, list(Mode)),
        ("resolution", resolution, list(Resolution)),
        ("profile", profile, list(PROFILES)),
    ):
        if given not in allowed:
            raise InputError(f"{name} must be {' or '.join(allowed)}, not {given!r}.")
    return Job(Resolution(resolution), Mode(mode), profile, seconds, fps)


def outlook(job: Job, gpu: Gpu) -> Outlook:
    """Operations, memory and time of `job` on `gpu`."""
    width, height = job.size
    transformer, vae = segment_flop(width, height, job.profile.steps)
    return Outlook(
        job=job,
        gpu=gpu,
        step_pflop=transformer_flop(width, height) / 1e15,
        segment_pflop=(transformer + vae) / 1e15,
        job_pflop=job.segments * (transformer + vae) / 1e15,
        plans=memory_plans(job, gpu),
    )


def memory_plans(job: Job, gpu: Gpu) -> tuple[MemoryPlan, ...]:
    """The plans from the fastest to the most frugal."""
    full, small, window = _weights_gib()
    denoising, vae = _activations_gib(job), _vae_gib(job)
    around = RESERVE_GIB + VAE_PARAMETERS * 4 / GIB + _context_gib()
    needs = around + full + max(denoising, vae), around + small + max(denoising, vae)
    streamed = around + max(window + denoising, vae)
    speed, transfer_s = gpu.speed, full * GIB / (PCIE_GB_S * 1e9)
    resident = _seconds(job, speed.fastest, speed.slowest)
    offloaded = _seconds(job, speed.fastest, speed.slowest, transfer_s=transfer_s)
    on_cpu = _seconds(job, CPU_TFLOPS, CPU_TFLOPS, vae_share=1.0)
    basis = SCALED if job.profile.skipped else speed.basis  # nobody published a share of skipped steps
    room = gpu.memory_gib
    return (
        MemoryPlan("full bf16", needs[0], 0.0, needs[0] <= room, resident, basis),
        MemoryPlan("int8 or fp8 weights", needs[1], 0.0, needs[1] <= room, resident, SCALED),
        MemoryPlan("group offload", streamed, PINNING * full, streamed <= room, offloaded, SCALED),
        MemoryPlan("CPU", 0.0, 2 * full + around + max(2 * denoising, vae), True, on_cpu, ASSUMED),
    )


def _weights_gib() -> tuple[float, float, float]:
    """Transformer weights in bf16; with the blocks in 8 bits; and the part that group offload holds at a time."""
    parts = parameter_counts()
    everything, blocks = sum(parts.values()), parts["blocks"] + parts["face_adapter"]
    held = 2 * blocks / WAN_ANIMATE_14B["num_layers"]  # the block at work and the one on its way
    rest = everything - blocks
    return 2 * everything / GIB, (blocks + 2 * rest) / GIB, 2 * (held + rest) / GIB


def _activations_gib(job: Job) -> float:
    return tokens(*job.size) * ACTIVATION_BYTES_PER_TOKEN / GIB


def _context_gib() -> float:
    """Keys and values of text and image, in bf16: they stay while the VAE decodes."""
    width = WAN_ANIMATE_14B["added_kv_proj_dim"]
    return float(WAN_ANIMATE_14B["num_layers"] * (TEXT_TOKENS + IMAGE_TOKENS) * width * 2 * 2 / GIB)


def _vae_gib(job: Job) -> float:
    return job.size[0] * job.size[1] * VAE_BYTES_PER_PIXEL / GIB


def _seconds(
    job: Job, fastest_tflops: float, slowest_tflops: float, transfer_s: float = 0.0, vae_share: float = VAE_SHARE
) -> tuple[float, float]:
    """(least, most) time for all segments. Every step takes at least `transfer_s`."""

    def whole(tflops: float, skipped: float) -> float:
        rate = tflops * 1e12
        step_s = max(transformer_flop(*job.size) / rate, transfer_s)
        vae_s = segment_flop(*job.size, steps=0)[1] / (rate * vae_share)
        return job.segments * (job.profile.steps * (1 - skipped) * step_s + vae_s)

    return whole(fastest_tflops, job.profile.skipped), whole(slowest_tflops, 0.0)
