"""Attention processors that keep keys and values: those of the cross-attention for a video, of the face for a segment.

They take the place of diffusers' `WanAttnProcessor` and `WanAnimateFaceBlockAttnProcessor` in front of the same
modules, and give the same numbers.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.models.attention_dispatch import dispatch_attention_fn
from torch import Tensor

from motioncast.engines.wan.model.invariants import Guide

_PATCH = 4  #: latents of a token: 2 x 2


@dataclass(frozen=True)
class CrossContext:
    """What the cross-attention of every block attends to; stands in for the encoder states."""

    guide: Guide
    text: Tensor  #: (B, 512, C) embedded prompt
    image: Tensor  #: (B, 257, C) embedded picture


@dataclass(frozen=True)
class FaceContext:
    """What the face blocks attend to; stands in for the encoder states."""

    guide: Guide
    features: Tensor  #: (B, T + 1, 5, C) four face tokens and a padding token a latent frame, zeros for the reference


class TextAndImageAttention:
    """Cross-attention to prompt and picture; the two results are added."""

    _attention_backend = None
    _parallel_config = None

    def __init__(self, layer: int) -> None:
        self.layer = layer

    def __call__(
        self, attn: Any, hidden_states: Tensor, context: CrossContext, mask: None = None, rotary: None = None
    ) -> Tensor:
        """(B, S, C) to (B, S, C)."""
        guide = context.guide
        text, image = guide.invariants.of_video((guide.name, self.layer), lambda: project_prompt(attn, context))
        query = attn.norm_q(attn.to_q(hidden_states)).unflatten(2, (attn.heads, -1))
        seen = self._attend(query, *image).flatten(2, 3).type_as(query)
        read = self._attend(query, *text).flatten(2, 3).type_as(query)
        return attn.to_out[1](attn.to_out[0](read + seen))

    def _attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return dispatch_attention_fn(query, key, value, backend=self._attention_backend)


def project_prompt(attn: Any, context: CrossContext) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """(key, value) of the text and of the image, each (B, N, heads, head_dim)."""

    def heads(flat: Tensor) -> Tensor:
        return flat.unflatten(2, (attn.heads, -1))

    text = heads(attn.norm_k(attn.to_k(context.text))), heads(attn.to_v(context.text))
    image = heads(attn.norm_added_k(attn.add_k_proj(context.image))), heads(attn.add_v_proj(context.image))
    return text, image


class FaceAttention:
    """Each token attends to the five face tokens of its own latent frame.

    No token looks at another frame, so a sequence that is split over devices needs no gathering: a shard knows its
    place in the sequence, and with it the frames of its tokens.
    """

    _attention_backend = None
    _parallel_config: Any = None

    def __init__(self, layer: int) -> None:
        self.layer = layer

    def __call__(self, attn: Any, hidden_states: Tensor, context: FaceContext, mask: None = None) -> Tensor:
        """(B, S, C) to (B, S, C)."""
        guide = context.guide
        frames = context.features.shape[1]
        key, value = guide.invariants.of_segment(
            (guide.name, "face", self.layer), lambda: project_face(attn, context.features)
        )
        query = attn.norm_q(attn.to_q(attn.pre_norm_q(hidden_states)).unflatten(2, (attn.heads, -1)))
        if self._parallel_config is None:
            mixed = self._attend(query.unflatten(1, (frames, -1)).flatten(0, 1), key, value)
            mixed = mixed.unflatten(0, (len(hidden_states), frames)).flatten(1, 2)
        else:
            mixed = self._shard(query, key, value, context)
        return attn.to_out(mixed)

    def _attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        mixed = dispatch_attention_fn(query, key, value, backend=self._attention_backend)
        return mixed.flatten(2, 3).type_as(query)

    def _shard(self, query: Tensor, key: Tensor, value: Tensor, context: FaceContext) -> Tensor:
        """The same for the tokens of this rank: filled up to whole frames, then cut out again."""
        mesh = self._parallel_config.context_parallel_config._flattened_mesh
        frames, per_frame = context.features.shape[1], math.prod(context.guide.pose.shape[-2:]) // _PATCH
        start = shard_start(frames * per_frame, mesh.get_local_rank(), mesh.size())
        return shard_attention(query, key, value, frames, per_frame, start, self._attend)


def project_face(attn: Any, features: Tensor) -> tuple[Tensor, Tensor]:
    """Keys and values (B * T, 5, heads, head_dim) of face features (B, T, 5, C)."""
    normed = attn.pre_norm_kv(features)
    batch, frames, tokens, _ = normed.shape
    normed = normed.flatten(1, 2)
    key = attn.norm_k(attn.to_k(normed).view(batch, frames, tokens, attn.heads, -1))
    value = attn.to_v(normed).view(batch, frames, tokens, attn.heads, -1)
    return key.flatten(0, 1), value.flatten(0, 1)


def shard_start(tokens: int, rank: int, ranks: int) -> int:
    """The first token of a rank's shard, as `torch.tensor_split` cuts: the first shards take one more of the rest."""
    return rank * (tokens // ranks) + min(rank, tokens % ranks)


def shard_attention(
    query: Tensor, key: Tensor, value: Tensor, frames: int, per_frame: int, start: int, attend: Any
) -> Tensor:
    """Face attention of one shard: `query` (B, n, heads, head_dim) of the tokens from `start` on, all `frames`' keys.

    `attend` mixes (B * F, per_frame, heads, head_dim) queries with (B * F, 5, heads, head_dim) keys and values.
    """
    batch, count = query.shape[:2]
    first, last = start // per_frame, (start + count - 1) // per_frame + 1
    before = start - first * per_frame
    after = last * per_frame - start - count
    padded = torch.nn.functional.pad(query, (0, 0, 0, 0, before, after))
    whole = padded.unflatten(1, (last - first, per_frame)).flatten(0, 1)

    def own(all_frames: Tensor) -> Tensor:
        return all_frames.unflatten(0, (batch, frames))[:, first:last].flatten(0, 1)

    mixed = attend(whole, own(key), own(value)).unflatten(0, (batch, last - first)).flatten(1, 2)
    return mixed[:, before : before + count]
