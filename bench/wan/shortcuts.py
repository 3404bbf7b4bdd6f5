"""The rearranged arithmetic of `MOTIONCAST_WAN_SHORTCUTS`, piece by piece: how far off, and how much faster."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from bench.wan.checkpoint import MID, tiny_transformer
from bench.wan.loops import our_transformer
from bench.wan.measure import medians
from bench.wan.steps import StepInputs, step_inputs
from motioncast.engines.wan.model.attention import CrossContext, FaceContext
from motioncast.engines.wan.model.invariants import StepInvariants
from motioncast.engines.wan.model.shortcuts import take_shortcuts
from motioncast.engines.wan.model.transformer import AnimateTransformer

_SIDE, _ROUNDS = 16, 15
_FACE_TOKENS, _IMAGES = 5, 8

#: Runs one piece of a transformer.
Piece = Callable[[], Tensor]


@dataclass(frozen=True)
class _Bench:
    """One transformer, the inputs of a step with a memory of its own, and tokens for its pieces."""

    transformer: AnimateTransformer
    inputs: StepInputs
    tokens: Tensor  #: (1, S, C)
    features: Tensor  #: (1, T + 1, 5, C) face features

    def pieces(self) -> dict[str, Piece]:
        """Every piece that a shortcut changes, and the whole step."""
        transformer, guide = self.transformer, self.inputs.guide
        embedder, adapter = transformer.condition_embedder, transformer.face_adapter[0]
        cross = CrossContext(guide, embedder.text_embedder(guide.text), embedder.image_embedder(guide.image))
        face = FaceContext(replace(guide, invariants=StepInvariants()), self.features)
        reference = FaceContext(replace(guide, invariants=StepInvariants()), self.features[:, :1])
        of_reference = self.tokens[:, : self.tokens.shape[1] // self.features.shape[1]]
        skip = transformer.motion_encoder.res_blocks[0].conv_skip
        made = torch.Generator().manual_seed(2)
        images = torch.randn((_IMAGES, skip.in_channels, MID.face_px, MID.face_px), generator=made)
        return {
            "merged_padding": lambda: transformer.blocks[0].attn2(self.tokens, cross),
            "folded_face_output": lambda: adapter(self.tokens, face),
            "constant_reference_row": lambda: adapter(of_reference, reference),
            "strided_skip_blur": lambda: skip(images),
            "step": lambda: transformer(self.inputs.hidden, self.inputs.time, guide),
        }


@torch.inference_mode()
def measure_shortcuts(on_step: Callable[[str], None]) -> dict[str, Any]:
    """`shortcut_*` of every piece and of the whole step: largest difference, and our exact time over the shortcut's."""
    theirs = tiny_transformer(MID)
    exact, short = _bench(our_transformer(theirs)), _bench(our_transformer(theirs))
    take_shortcuts(short.transformer)
    found = {}
    for (name, one), other in zip(exact.pieces().items(), short.pieces().values(), strict=True):
        on_step(f"shortcut {name.replace('_', ' ')}")
        difference = float((one() - other()).abs().max())
        before_s, after_s = medians(one, other, _ROUNDS)
        found[f"shortcut_{name}"] = {"max_difference": difference, "ratio": round(before_s / after_s, 3)}
    return found


def _bench(transformer: AnimateTransformer) -> _Bench:
    inputs = step_inputs(MID, _SIDE)
    frames, width = inputs.hidden.shape[2], MID.heads * MID.head_dim
    made = torch.Generator().manual_seed(3)
    tokens = torch.randn((1, frames * (_SIDE // 2) ** 2, width), generator=made)
    features = torch.randn((1, frames, _FACE_TOKENS, width), generator=made)
    features[:, 0] = 0  # the reference frame has no face
    return _Bench(transformer, inputs, tokens, features)
