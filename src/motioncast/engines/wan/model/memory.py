"""Where the transformer's weights live, and in what precision: chosen from the device, or by the operator."""

from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import nn

from motioncast.engines.wan.footprint import GIB, footprint
from motioncast.engines.wan.model.transformer import AnimateTransformer
from motioncast.errors import InputError
from motioncast.request import Resolution

_FP8_CAPABILITY = (8, 9)  #: Ada and later compute in 8-bit floats
_QUANTISED = ("blocks.", "face_adapter.")  #: the rest is small, and sensitive


class MemoryPlan(StrEnum):
    """From the fastest to the most frugal."""

    FULL = "full"  #: bf16 on the GPU
    FP8 = "fp8"  #: 8-bit floats on the GPU, computed in bf16
    INT8 = "int8"  #: 8-bit integers on the GPU, computed in bf16
    OFFLOAD = "offload"  #: bf16 in RAM, block by block on the GPU
    CPU = "cpu"  #: float32 on the processor


@dataclass(frozen=True)
class Device:
    """What the model runs on."""

    torch: torch.device
    free_gib: float = 0.0  #: GPU memory that this process can have, what it holds already included
    capability: tuple[int, int] = (0, 0)

    @property
    def dtype(self) -> torch.dtype:
        """Of the transformer's activations."""
        return torch.float32 if self.torch.type == "cpu" else torch.bfloat16


def find_device(local_rank: int = 0) -> Device:
    """The GPU of this process, or the processor."""
    if not torch.cuda.is_available():
        return Device(torch.device("cpu"))
    device = torch.device("cuda", local_rank)
    torch.cuda.set_device(device)  # streams and pinned memory are of the current one
    free, _ = torch.cuda.mem_get_info(device)
    held = torch.cuda.memory_reserved(device)  # by the networks of the last job, which stay or go
    return Device(device, (free + held) / GIB, torch.cuda.get_device_capability(device))


def choose_plan(wanted: str, device: Device, area_px: int) -> MemoryPlan:
    """The plan called `wanted`, or for `auto` the fastest one that fits an output of `area_px` pixels.

    Raises `InputError` for a plan that this machine cannot follow.
    """
    if wanted == "auto":
        return _fitting(device, area_px)
    plan = MemoryPlan(wanted)
    if plan in (MemoryPlan.FULL, MemoryPlan.FP8) and device.torch.type == "cpu":
        raise InputError(f"MOTIONCAST_WAN_MEMORY={plan} needs a GPU, and torch sees none: use cpu or auto.")
    if plan is MemoryPlan.FP8 and device.capability < _FP8_CAPABILITY:
        raise InputError("MOTIONCAST_WAN_MEMORY=fp8 needs a GPU of compute capability 8.9 or later: use int8 or auto.")
    return plan


def _fitting(device: Device, area_px: int) -> MemoryPlan:
    if device.torch.type == "cpu":
        return MemoryPlan.CPU
    # the size of a landscape output; others of the same area need the same within a few percent
    needs = footprint(832, 480) if area_px <= Resolution.P480.area_px else footprint(1280, 720)
    if needs.full_gib <= device.free_gib:
        return MemoryPlan.FULL
    if needs.eight_bit_gib <= device.free_gib:
        return MemoryPlan.FP8 if device.capability >= _FP8_CAPABILITY else MemoryPlan.INT8
    if needs.offload_gib <= device.free_gib:
        return MemoryPlan.OFFLOAD
    raise InputError(
        f"The GPU has {device.free_gib:.1f} GiB free and this resolution needs {needs.offload_gib:.1f} GiB at least: "
        "choose a lower resolution, or MOTIONCAST_WAN_MEMORY=cpu."
    )


def follow_plan(transformer: AnimateTransformer, plan: MemoryPlan, device: Device) -> None:
    """Bring the weights, so far in RAM, to where they belong."""
    if plan in (MemoryPlan.INT8, MemoryPlan.FP8):
        _quantise(transformer, plan)
    if plan is MemoryPlan.OFFLOAD:
        transformer.enable_group_offload(
            onload_device=device.torch,
            offload_type="block_level",
            num_blocks_per_group=1,
            use_stream=device.torch.type == "cuda",
        )
    else:
        transformer.to(device.torch)


def _quantise(transformer: AnimateTransformer, plan: MemoryPlan) -> None:
    from torchao.quantization import Float8WeightOnlyConfig, Int8WeightOnlyConfig, quantize_

    config = Float8WeightOnlyConfig() if plan is MemoryPlan.FP8 else Int8WeightOnlyConfig()
    quantize_(
        transformer,
        config,
        filter_fn=lambda module, name: isinstance(module, nn.Linear) and name.startswith(_QUANTISED),
    )
