"""Rearranged arithmetic: equal to the original up to rounding (about 1e-6 in float32), not to the bit.

- Prompt rows that are only padding are all alike: one key and value with the logarithm of their number added to its
  score stands for all of them.
- A face block mixes five values a frame and projects the mixture; projecting the five values first, head by head,
  leaves a fifth or less of the work. Of the reference frame all five keys are equal, so that its tokens all get the
  same row, whatever they ask.
- The motion encoder blurs in front of a 1 x 1 convolution of stride 2, which throws three of four pixels away: the blur
  need not make them.
"""

import math
from types import MethodType
from typing import Any

import torch
from torch import Tensor

from motioncast.engines.wan.model.attention import (
    CrossContext,
    FaceAttention,
    FaceContext,
    TextAndImageAttention,
    project_face,
    project_prompt,
)
from motioncast.engines.wan.model.transformer import AnimateTransformer


def take_shortcuts(transformer: AnimateTransformer) -> None:
    """Put them in place; weights stay as they are."""
    for layer, block in enumerate(transformer.blocks):
        block.attn2.set_processor(MergedPaddingAttention(layer))
    for layer, adapter in enumerate(transformer.face_adapter):
        adapter.set_processor(FoldedFaceAttention(layer))
    for block in transformer.motion_encoder.res_blocks:
        block.conv_skip.forward = MethodType(_strided_skip, block.conv_skip)


class MergedPaddingAttention(TextAndImageAttention):
    """Cross-attention in which one key stands for all padding rows of the prompt."""

    def __call__(
        self, attn: Any, hidden_states: Tensor, context: CrossContext, mask: None = None, rotary: None = None
    ) -> Tensor:
        """(B, S, C) to (B, S, C)."""
        guide = context.guide
        (key, value, bias), image = guide.invariants.of_video((guide.name, self.layer), lambda: _merged(attn, context))
        query = attn.norm_q(attn.to_q(hidden_states)).unflatten(2, (attn.heads, -1))
        seen = self._attend(query, *image)
        read = _attend_biased(query, key, value, bias)
        return attn.to_out[0]((read + seen).flatten(2, 3).type_as(query))


def _merged(attn: Any, context: CrossContext) -> tuple[tuple[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]:
    """(key, value, bias (N,)) of the prompt's own rows and one for its padding, and (key, value) of the image."""
    padding = (context.guide.text == 0).all(-1)[0]
    own = int((~padding).sum())
    rows = torch.cat([torch.arange(own), torch.tensor([own])])[: len(padding)].to(context.text.device)
    text, image = project_prompt(attn, CrossContext(context.guide, context.text[:, rows], context.image))
    bias = torch.zeros(len(rows), dtype=context.text.dtype, device=context.text.device)
    if own < len(padding):
        bias[-1] = math.log(len(padding) - own)
    return (*text, bias), image


def _attend_biased(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
    """Attention of (B, S, heads, head_dim) with `bias` (N,) added to the scores of the N keys."""
    heads_first = (part.transpose(1, 2) for part in (query, key, value))
    mixed = torch.nn.functional.scaled_dot_product_attention(*heads_first, attn_mask=bias[None, None, None])
    return mixed.transpose(1, 2)


class FoldedFaceAttention(FaceAttention):
    """A face block that projects its five values a frame, not the tokens that they are mixed into."""

    def __call__(self, attn: Any, hidden_states: Tensor, context: FaceContext, mask: None = None) -> Tensor:
        """(B, S, C) to (B, S, C)."""
        if self._parallel_config is not None:
            return super().__call__(attn, hidden_states, context)
        guide, frames = context.guide, context.features.shape[1]
        key, value = guide.invariants.of_segment(
            (guide.name, "face", self.layer), lambda: _folded(attn, context.features)
        )
        tokens = hidden_states.unflatten(1, (frames, -1))[:, 1:]  # the reference frame needs no question
        query = attn.norm_q(attn.to_q(attn.pre_norm_q(tokens)).unflatten(3, (attn.heads, -1)))
        scores = torch.einsum("btphd,btnhd->btphn", query, key[:, 1:]) / math.sqrt(query.shape[-1])
        mixed = scores.softmax(-1).flatten(3) @ value[:, 1:]
        constant = value[:, :1].unflatten(2, (attn.heads, -1)).mean(3).sum(2, keepdim=True)
        constant = constant.expand(-1, -1, mixed.shape[2], -1)
        return torch.cat([constant, mixed], dim=1).flatten(1, 2) + attn.to_out.bias


def _folded(attn: Any, features: Tensor) -> tuple[Tensor, Tensor]:
    """Keys (B, T, 5, heads, head_dim), and values after the output projection (B, T, heads * 5, C)."""
    batch = features.shape[0]
    key, value = (part.unflatten(0, (batch, -1)) for part in project_face(attn, features))
    # each head's part among zeros: a quantised weight can be multiplied with, but not taken apart
    apart = torch.eye(attn.heads, dtype=value.dtype, device=value.device)
    spread = torch.einsum("btnhd,hg->bthngd", value, apart).flatten(4, 5)
    return key, torch.nn.functional.linear(spread, attn.to_out.weight).flatten(2, 3)


def _strided_skip(conv: Any, images: Tensor, channel_dim: int = 1) -> Tensor:
    """`MotionConv2d.forward` of a 1 x 1 convolution with blur and stride, the blur at that stride already."""
    kernel = conv.blur_kernel.to(images.dtype).expand(conv.in_channels, 1, -1, -1)
    blurred = torch.nn.functional.conv2d(
        images, kernel, padding=conv.blur_padding, groups=conv.in_channels, stride=conv.stride
    )
    return torch.nn.functional.conv2d(blurred.to(conv.weight.dtype), conv.weight * conv.scale, conv.bias)
