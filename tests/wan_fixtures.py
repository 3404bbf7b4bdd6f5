"""A tiny checkpoint and inputs that fit its transformer, for every test of the wan engine's model code."""

from pathlib import Path

import pytest
import torch
from diffusers import WanAnimateTransformer3DModel
from torch import Tensor

from bench.wan.checkpoint import NANO, TinyWan, tiny_transformer, write_checkpoint
from motioncast.engines.wan.model.invariants import Guide, StepInvariants
from motioncast.engines.wan.model.transformer import AnimateTransformer

torch.set_num_threads(1)  # two threads wait for each other longer than networks of this size compute

GRID = (6, 10)  #: (h, w) of the latents: 15 tokens a latent frame
LATENT_FRAMES = 3  #: of the clip, without the reference frame


@pytest.fixture(scope="session", name="nano")
def nano_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole checkpoint on disk. Tests that change it take a copy."""
    return write_checkpoint(tmp_path_factory.mktemp("nano"))


def animate_transformer(tiny: TinyWan = NANO, seed: int = 0) -> AnimateTransformer:
    """The random transformer, in ours, with its invariants remembered."""
    plain: WanAnimateTransformer3DModel = tiny_transformer(tiny, seed)
    ours = AnimateTransformer(**plain.config).eval().requires_grad_(False)
    ours.load_state_dict(plain.state_dict())
    return ours.remember_invariants()


def random_guide(
    name: str = "cond", words: int = 7, seed: int = 1, grid: tuple[int, int] = GRID, frames: int = LATENT_FRAMES
) -> Guide:
    """One pass of guidance for NANO: a prompt of `words` rows, zero rows behind them."""
    random = torch.Generator().manual_seed(seed)

    def noise(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random)

    text = torch.zeros(1, 512, 64)
    text[:, :words] = noise(1, words, 64)
    face = noise(1, 3, 4 * frames - 3, NANO.face_px, NANO.face_px)
    return Guide(name, text, noise(1, 257, 32), noise(1, 16, frames, *grid), face, StepInvariants())


def random_latents(seed: int = 2, grid: tuple[int, int] = GRID, frames: int = LATENT_FRAMES) -> Tensor:
    """What the transformer sees of a step: noise, mask and condition of all latent frames."""
    return torch.randn((1, 36, frames + 1, *grid), generator=torch.Generator().manual_seed(seed))


@torch.inference_mode()
def two_steps(transformer: AnimateTransformer, guide: Guide, latents: Tensor) -> list[Tensor]:
    """The flow at two time steps, the second on what the first has made of the latents."""
    flows = []
    for time in (900.0, 600.0):
        flow = transformer(latents, torch.tensor([time]), guide)
        flows.append(flow)
        latents = torch.cat([latents[:, :16] - 0.3 * flow, latents[:, 16:]], dim=1)
    return flows
