"""One denoising step: diffusers' transformer, which computes everything anew, against ours, which remembers."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from bench.wan.checkpoint import DIT_HEAVY, FACE_HEAVY, IMAGE_DIM, MID, TEXT_DIM, TinyWan, tiny_transformer
from bench.wan.loops import our_transformer
from bench.wan.measure import medians
from motioncast.engines.wan.model.invariants import Guide
from motioncast.engines.wan.segments import LONGEST, latent_frames

_SEGMENT_STEPS = 20
_TIME = 700
TEXT_ROWS, OWN_ROWS, IMAGE_ROWS = 512, 10, 257


@dataclass(frozen=True)
class StepShape:
    """A configuration, the side of its latents, and how often a step is timed."""

    tiny: TinyWan
    side: int
    rounds: int


SHAPES = {
    "face_heavy": StepShape(FACE_HEAVY, 16, 7),
    "mid": StepShape(MID, 16, 7),
    "dit_heavy": StepShape(DIT_HEAVY, 24, 5),
}


@dataclass(frozen=True)
class StepInputs:
    """Random inputs of one step of a segment of 77 frames."""

    hidden: Tensor
    time: Tensor
    guide: Guide


def step_inputs(tiny: TinyWan, side: int) -> StepInputs:
    """The inputs for latents of `side` x `side`; the prompt has ten rows of its own, the rest is padding."""
    made = torch.Generator().manual_seed(1)
    frames = latent_frames(LONGEST)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=made)

    text = torch.zeros(1, TEXT_ROWS, TEXT_DIM)
    text[:, :OWN_ROWS] = normal(1, OWN_ROWS, TEXT_DIM)
    face = torch.rand((1, 3, LONGEST, tiny.face_px, tiny.face_px), generator=made) * 2 - 1
    pose = normal(1, 16, frames, side, side)
    guide = Guide("cond", text, normal(1, IMAGE_ROWS, IMAGE_DIM), pose, face)
    return StepInputs(normal(1, 36, frames + 1, side, side), torch.tensor([_TIME]), guide)


def measure_steps(on_step: Callable[[str], None]) -> dict[str, Any]:
    """`step_ratio_*` of every shape, and behind them, under `steps`, the times."""
    steps = {}
    for name, shape in SHAPES.items():
        on_step(f"denoising step, {name}")
        steps[name] = _measure(shape)
    return {f"step_ratio_{name}": step["ratio"] for name, step in steps.items()} | {"steps": steps}


@torch.inference_mode()
def _measure(shape: StepShape) -> dict[str, Any]:
    theirs = tiny_transformer(shape.tiny)
    ours = our_transformer(theirs)
    inputs = step_inputs(shape.tiny, shape.side)
    guide = inputs.guide

    def their_step() -> Tensor:
        return theirs(
            hidden_states=inputs.hidden,
            timestep=inputs.time,
            encoder_hidden_states=guide.text,
            encoder_hidden_states_image=guide.image,
            pose_hidden_states=guide.pose,
            face_pixel_values=guide.face,
            return_dict=False,
        )[0]

    def our_step() -> Tensor:
        return ours(inputs.hidden, inputs.time, guide)

    expected = their_step()
    began = time.process_time()
    first = our_step()  # remembers
    first_s = time.process_time() - began
    equal = torch.equal(expected, first) and torch.equal(expected, our_step())
    their_s, our_s = medians(their_step, our_step, shape.rounds)
    segment_s = first_s + (_SEGMENT_STEPS - 1) * our_s
    return {
        "diffusers_s": round(their_s, 3),
        "ours_s": round(our_s, 3),
        "ratio": round(their_s / our_s, 3),
        "ratio_of_20_steps": round(_SEGMENT_STEPS * their_s / segment_s, 3),
        "equal": equal,
    }
