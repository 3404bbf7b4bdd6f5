"""Memory plans: which one a device gets, and that the transformer computes the same under each."""

import pytest

from motioncast.errors import InputError
from motioncast.request import Resolution

pytest.importorskip("diffusers", reason="needs the wan extra: make install-wan")

import torch
from torch import Tensor, nn
from torchao.utils import TorchAOBaseTensor

from motioncast.engines.wan.model.memory import Device, MemoryPlan, choose_plan, find_device, follow_plan
from motioncast.engines.wan.model.shortcuts import take_shortcuts
from motioncast.engines.wan.model.transformer import AnimateTransformer
from motioncast.engines.wan.settings import MEMORY_PLANS
from tests.wan_fixtures import animate_transformer, random_guide, random_latents, two_steps

CPU = Device(torch.device("cpu"))
P480, P720 = Resolution.P480.area_px, Resolution.P720.area_px
ADA, AMPERE = (8, 9), (8, 6)


def gpu(free_gib: float, capability: tuple[int, int] = ADA) -> Device:
    return Device(torch.device("cuda"), free_gib, capability)


@pytest.mark.parametrize(
    ("free_gib", "area_px", "capability", "plan"),
    [
        (80, P480, ADA, "full"),
        (80, P720, ADA, "full"),
        (40, P480, ADA, "fp8"),
        (40, P480, AMPERE, "int8"),
        (40, P720, (9, 0), "fp8"),
        (23.5, P480, ADA, "offload"),
        (23.5, P720, AMPERE, "offload"),
        (16, P480, AMPERE, "offload"),
    ],
)
def test_auto_takes_the_fastest_plan_that_fits(free_gib, area_px, capability, plan):
    assert choose_plan("auto", gpu(free_gib, capability), area_px) is MemoryPlan(plan)


def test_what_is_free_decides_gib_by_gib():
    """More memory never gives a slower plan, and a larger output never a faster one."""
    order = list(MemoryPlan)
    ranks = {
        area: [order.index(choose_plan("auto", gpu(free), area)) for free in range(24, 81)] for area in (P480, P720)
    }
    for plans in ranks.values():
        assert plans == sorted(plans, reverse=True)
    assert all(small <= large for small, large in zip(ranks[P480], ranks[P720], strict=True))
    assert {order[rank] for rank in ranks[P480]} == {MemoryPlan.FULL, MemoryPlan.FP8, MemoryPlan.OFFLOAD}


def test_a_processor_gets_the_cpu_plan_and_this_machine_one_that_it_can_follow():
    assert choose_plan("auto", CPU, P720) is MemoryPlan.CPU
    assert choose_plan("auto", find_device(), 64 * 48) in list(MemoryPlan)


def test_a_gpu_too_small_for_everything_is_told_so():
    with pytest.raises(
        InputError, match=r"The GPU has 3\.0 GiB free and this resolution needs \d+\.\d GiB at least: .+"
    ):
        choose_plan("auto", gpu(3), P480)


def test_an_explicit_plan_is_followed():
    assert [choose_plan(plan, gpu(4), P720) for plan in MEMORY_PLANS[1:]] == [MemoryPlan(p) for p in MEMORY_PLANS[1:]]
    assert [choose_plan(plan, CPU, P720) for plan in ("int8", "offload", "cpu")] == ["int8", "offload", "cpu"]


@pytest.mark.parametrize(
    ("plan", "device", "said"),
    [
        ("full", CPU, "MOTIONCAST_WAN_MEMORY=full needs a GPU"),
        ("fp8", CPU, "MOTIONCAST_WAN_MEMORY=fp8 needs a GPU"),
        ("fp8", gpu(80, AMPERE), r"fp8 needs a GPU of compute capability 8\.9 or later: use int8 or auto"),
    ],
)
def test_a_plan_that_the_machine_cannot_follow_is_refused(plan, device, said):
    with pytest.raises(InputError, match=said):
        choose_plan(plan, device, P480)


def projections(transformer: AnimateTransformer) -> dict[str, int]:
    """Count, from now on, how often keys are made, by module."""
    calls: dict[str, int] = {}
    for name, module in transformer.named_modules():
        if name.endswith(("attn2.to_k", "attn2.add_v_proj")) or (name.startswith("face_adapter") and "to_v" in name):
            module.register_forward_hook(lambda *_, name=name: calls.update({name: calls.get(name, 0) + 1}))
    return calls


def under(plan: MemoryPlan, shortcuts: bool = False) -> tuple[list[Tensor], AnimateTransformer]:
    """Two steps under `plan` on the processor, keys and values made once."""
    transformer = animate_transformer()
    if shortcuts:
        take_shortcuts(transformer)
    follow_plan(transformer, plan, CPU)
    calls = projections(transformer)
    flows = two_steps(transformer, random_guide(), random_latents())
    assert set(calls.values()) == {1}
    assert len(calls) == 5 + 5 + 1
    return flows, transformer


@pytest.mark.parametrize("shortcuts", [False, True])
def test_offloaded_blocks_give_the_same_bits(shortcuts):
    expected, _ = under(MemoryPlan.CPU, shortcuts)
    flows, _ = under(MemoryPlan.OFFLOAD, shortcuts)
    assert all(torch.equal(a, b) for a, b in zip(flows, expected, strict=True))


@pytest.mark.parametrize("shortcuts", [False, True])
@pytest.mark.parametrize("plan", [MemoryPlan.INT8, MemoryPlan.FP8])
def test_eight_bits_come_close(plan, shortcuts):
    expected, _ = under(MemoryPlan.CPU)
    flows, _ = under(plan, shortcuts)
    for flow, exact in zip(flows, expected, strict=True):
        assert not torch.equal(flow, exact)
        assert torch.corrcoef(torch.stack([flow.flatten(), exact.flatten()]))[0, 1] > 0.99


def test_blocks_and_face_adapter_are_quantised_and_nothing_else():
    _, transformer = under(MemoryPlan.INT8)
    linear = {name: module for name, module in transformer.named_modules() if isinstance(module, nn.Linear)}
    quantised = {name for name, module in linear.items() if isinstance(module.weight, TorchAOBaseTensor)}
    assert quantised == {name for name in linear if name.startswith(("blocks.", "face_adapter."))}
    assert len(quantised) == 5 * (4 + 6 + 2) + 4
