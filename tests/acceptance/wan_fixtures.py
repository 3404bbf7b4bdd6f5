"""A tiny checkpoint and tiny conditions on disk: whole jobs of the wan engine in seconds, nothing in it simplified."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from motioncast.arrays import Image
from motioncast.engines.wan.conditions.condition import Condition
from motioncast.engines.wan.conditions.files import ConditionWriter
from motioncast.request import Mode

WIDTH, HEIGHT = 96, 64
FRAMES = 200  #: three segments


def picture(seed: int, height: int = HEIGHT, width: int = WIDTH) -> Image:
    """Something smooth with colours, different for every seed."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / 9 + seed / 5), np.cos(y / 7 - seed / 8), np.sin((x + y) / 11 + seed / 3)]
    return np.clip(np.stack(waves, axis=-1) * 100 + 128, 0, 255).astype(np.uint8)


def conditions(count: int, mode: Mode) -> list[Condition]:
    """Conditions of a performer who walks to and fro."""
    made = []
    for index in range(count):
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        left = 10 + index % 50
        mask[8:56, left : left + 24] = 255
        frame = picture(index)
        behind = np.where(mask[..., None] > 0, np.uint8(0), frame)
        where = (mask, behind, frame) if mode is Mode.REPLACE else ()
        made.append(Condition(picture(index + 40) // 2, picture(index, 512, 512), *where))
    return made


def write_conditions(folder: Path, mode: Mode, count: int = FRAMES) -> Path:
    """The files of a preprocessing of `count` frames at 25 frames/s."""
    with ConditionWriter(folder, mode, (WIDTH, HEIGHT), Fraction(25), picture(3)) as writer:
        for condition in conditions(count, mode):
            writer.write(condition)
    return folder


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole checkpoint of random weights."""
    pytest.importorskip("diffusers", reason="needs the wan extra: make install-wan")
    from bench.wan.checkpoint import write_checkpoint

    return write_checkpoint(tmp_path_factory.mktemp("wan") / "checkpoint")


@pytest.fixture(scope="session")
def distilled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A step-distillation LoRA for that checkpoint."""
    pytest.importorskip("diffusers", reason="needs the wan extra: make install-wan")
    import torch
    from safetensors.torch import save_file

    from bench.wan.checkpoint import NANO

    width = NANO.heads * NANO.head_dim
    layer = "diffusion_model.blocks.0.self_attn.q"
    weights = {f"{layer}.lora_down.weight": torch.randn(4, width), f"{layer}.lora_up.weight": torch.randn(width, 4)}
    path = tmp_path_factory.mktemp("lora") / "distill.safetensors"
    save_file(weights | {f"{layer}.alpha": torch.tensor(4.0)}, path)
    return path


@pytest.fixture(scope="session")
def performer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Conditions of three segments in animate mode."""
    return write_conditions(tmp_path_factory.mktemp("conditions") / "animate", Mode.ANIMATE)


@pytest.fixture(scope="session")
def no_extra(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment of a Python that does not have the wan extra."""
    folder = tmp_path_factory.mktemp("bare")
    names = ("torch", "diffusers", "transformers", "accelerate", "peft", "safetensors", "torchao")
    (folder / "sitecustomize.py").write_text(f"import sys\nsys.modules.update(dict.fromkeys({names!r}))\n")
    return {"PYTHONPATH": str(folder)}
