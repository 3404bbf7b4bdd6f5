"""The balanced profile's step cache: which blocks run, and what a step gives that reuses an earlier one."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest

pytest.importorskip("diffusers", reason="needs the wan extra: make install-wan")

import numpy as np
import torch
from diffusers import AutoencoderKLWan, UniPCMultistepScheduler
from diffusers.hooks import HookRegistry, ModelHook
from torch import Tensor

from motioncast.engines.wan.checkpoint import find_checkpoint
from motioncast.engines.wan.conditions.condition import Condition
from motioncast.engines.wan.model.latents import LatentSpace
from motioncast.engines.wan.model.sampler import Embeddings, Networks, Sampler
from motioncast.engines.wan.model.shot import Shot
from motioncast.engines.wan.model.step_cache import enable_step_cache
from motioncast.engines.wan.model.transformer import AnimateTransformer
from motioncast.engines.wan.model.weights import load_networks
from motioncast.engines.wan.profiles import PROFILES
from motioncast.engines.wan.segments import Segment
from motioncast.engines.wan.settings import WanSettings
from tests.wan_fixtures import (
    animate_transformer,
    nano_checkpoint,  # noqa: F401
    random_guide,
    random_latents,
    two_steps,
)

ALWAYS_REUSED = 1e9


def cached(threshold: float) -> AnimateTransformer:
    transformer = animate_transformer()
    enable_step_cache(transformer, threshold)
    return transformer


def counted(transformer: AnimateTransformer) -> Counter[str]:
    """How often each block and face block really ran, from now on."""
    calls: Counter[str] = Counter()
    parts = {f"block {number}": block.ffn for number, block in enumerate(transformer.blocks)}
    parts |= {f"face {number}": adapter.to_out for number, adapter in enumerate(transformer.face_adapter)}
    for name, module in parts.items():
        module.register_forward_hook(lambda *_, name=name: calls.update([name]))
    return calls


def run(transformer: AnimateTransformer, name: str = "cond", seed: int = 1) -> list[Tensor]:
    with transformer.cache_context(name):
        return two_steps(transformer, random_guide(name, seed=seed), random_latents())


def test_with_threshold_zero_every_step_is_whole():
    transformer = cached(0.0)
    calls = counted(transformer)
    flows = run(transformer)
    assert set(calls.values()) == {2}
    assert len(calls) == 6
    assert all(torch.equal(a, b) for a, b in zip(flows, run(animate_transformer()), strict=True))


def test_a_reused_step_adds_what_the_blocks_behind_the_first_have_added():
    transformer = cached(ALWAYS_REUSED)
    calls = counted(transformer)
    first, second = run(transformer)
    assert calls == {"block 0": 2, **{f"block {number}": 1 for number in (1, 2, 3, 4)}, "face 0": 1}

    plain = animate_transformer()
    heads: list[Tensor] = []
    tails: list[Tensor] = []
    plain.blocks[0].register_forward_hook(lambda _, inputs, output: heads.append(output))

    def reuse(_, inputs, output):
        tails.append(output)
        return output if len(tails) == 1 else heads[1] + (tails[0] - heads[0])  # the face block is in that sum, once

    plain.blocks[-1].register_forward_hook(reuse)
    expected = run(plain)
    assert torch.equal(first, expected[0])
    torch.testing.assert_close(second, expected[1], rtol=0, atol=1e-5)
    assert not torch.allclose(second, run(animate_transformer())[1], atol=1e-3)


def test_the_two_passes_of_guidance_do_not_share_what_they_keep():
    transformer = cached(ALWAYS_REUSED)
    alone = run(cached(ALWAYS_REUSED), "uncond", seed=5)
    run(transformer, "cond")
    calls = counted(transformer)
    after = run(transformer, "uncond", seed=5)
    assert calls["block 4"] == 1
    assert all(torch.equal(a, b) for a, b in zip(after, alone, strict=True))


SIZE = (64, 48)
SEGMENTS = (Segment(0, 9, 0, 9), Segment(8, 9, 9, 17))


def conditions() -> Iterator[Condition]:
    random = np.random.default_rng(3)
    while True:
        yield Condition(*(random.integers(0, 256, (*side, 3), np.uint8) for side in ((48, 64), (32, 32))))


def rendered(nano, transformer: AnimateTransformer, guidance: float = 1.0) -> tuple[list[Tensor], list[Counter[str]]]:
    """Frames of two segments of three steps, and which blocks ran in each step of the loop."""
    space = LatentSpace(AutoencoderKLWan.from_pretrained(nano / "vae").eval())
    scheduler = UniPCMultistepScheduler.from_pretrained(nano / "scheduler")
    networks = Networks(transformer, space, scheduler, torch.device("cpu"), torch.float32)
    shot = Shot(17, SIZE, False, SEGMENTS, carried=1, steps=3, guidance=guidance, seed=0)
    guide, negative = random_guide(), random_guide(seed=9)
    reference = torch.randn(1, 16, 1, 6, 8, generator=torch.Generator().manual_seed(4))
    embeddings = Embeddings(guide.text, negative.text if guidance > 1 else None, guide.image, reference)
    sampler = Sampler(networks, shot, embeddings, lambda segment: torch.zeros(1, 16, segment.latent_frames, 6, 8))
    calls, steps = counted(transformer), []

    def step(segment: int, number: int) -> None:
        steps.append(calls.copy())

    frames = list(sampler.run(conditions(), 0, None, step))
    return frames, [after - before for before, after in pairwise(steps)]


@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_every_segment_starts_with_a_whole_step(nano, guidance):
    frames, steps = rendered(nano, cached(ALWAYS_REUSED), guidance)
    passes = 1 if guidance == 1 else 2
    assert [step["block 0"] for step in steps] == 3 * [passes] + [0] + 3 * [passes]
    assert [step["block 4"] for step in steps] == [passes, 0, 0, 0, passes, 0, 0]
    again, _ = rendered(nano, cached(ALWAYS_REUSED), guidance)
    assert sum(part.shape[2] for part in frames) == 17
    assert all(torch.equal(a, b) for a, b in zip(frames, again, strict=True))


def test_one_transformer_renders_a_second_clip_as_it_did_the_first(nano):
    transformer = cached(ALWAYS_REUSED)
    first, _ = rendered(nano, transformer)
    second, _ = rendered(nano, transformer)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


class Leaving(ModelHook):
    """What group offload with streams puts around a block until it knows the order of the layers."""

    def new_forward(self, module, *args, **kwargs):
        return self.fn_ref.original_forward(*args, **kwargs)


def test_the_cache_outlives_a_hook_of_offloading_that_leaves_after_the_first_step(nano):
    checkpoint = find_checkpoint(str(nano))
    settings = WanSettings(wan_memory="offload")
    transformer = load_networks(settings, checkpoint, PROFILES["balanced"], 64 * 48, replace=False).transformer
    order = HookRegistry.check_if_exists_or_initialize(transformer.blocks[1])._hook_order
    assert [name.split("_")[0] for name in order] == ["fbc", "group"], "offloading must be put around the cache"
    transformer = cached(ALWAYS_REUSED)
    for block in transformer.blocks:
        HookRegistry.check_if_exists_or_initialize(block).register_hook(Leaving(), "tracker")
    run(transformer)
    for block in transformer.blocks:
        HookRegistry.check_if_exists_or_initialize(block).remove_hook("tracker", recurse=False)
    transformer._reset_stateful_cache()
    calls = counted(transformer)
    run(transformer)
    assert calls["block 0"] == 2
    assert calls["block 1"] == 1, "the second step reuses the first one's blocks"
