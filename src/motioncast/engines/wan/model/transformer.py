"""Wan-Animate's transformer with everything that no denoising step changes computed once.

The modules, their names and their weights are those of diffusers' `WanAnimateTransformer3DModel`; only the order of
the work differs. Over the steps of a segment it gives the same bits.
"""

from typing import Any, ClassVar

import torch
from diffusers import WanAnimateTransformer3DModel
from diffusers.hooks import HookRegistry
from diffusers.models._modeling_parallel import ContextParallelInput
from torch import Tensor

from motioncast.engines.wan.model.attention import CrossContext, FaceAttention, FaceContext, TextAndImageAttention
from motioncast.engines.wan.model.invariants import Guide

LEADER_HOOK = "fbc_leader_block_hook"  #: name under which diffusers' first-block cache hooks block 0


class AnimateTransformer(WanAnimateTransformer3DModel):
    """The denoising network. Make it with `from_pretrained`, then call `remember_invariants`."""

    #: how diffusers splits the sequence over devices; the face blocks find their frames, `group` puts it together
    _cp_plan: ClassVar[dict[str, Any]] = {
        "rope": {
            0: ContextParallelInput(split_dim=1, expected_dims=4, split_output=True),
            1: ContextParallelInput(split_dim=1, expected_dims=4, split_output=True),
        },
        "blocks.0": {"hidden_states": ContextParallelInput(split_dim=1, expected_dims=3, split_output=False)},
    }

    def remember_invariants(self) -> "AnimateTransformer":
        """Put the processors in place that keep keys and values."""
        for layer, block in enumerate(self.blocks):
            block.attn2.set_processor(TextAndImageAttention(layer))
        for layer, adapter in enumerate(self.face_adapter):
            adapter.set_processor(FaceAttention(layer))
        return self

    def forward(self, hidden_states: Tensor, timestep: Tensor, guide: Guide) -> Tensor:
        """Predict the flow of latents (B, 36, T + 1, H / 8, W / 8) at `timestep` (B,): (B, 16, T + 1, H / 8, W / 8)."""
        shape = hidden_states.shape
        memory = guide.invariants
        rotary = memory.of_video(("rope", shape[2:]), lambda: self.rope(hidden_states))
        tokens = self._tokens(hidden_states, guide)
        temb, modulation = memory.of_video(("time", float(timestep[0])), lambda: self._time(timestep, guide))
        cross = memory.of_video(("cross", guide.name), lambda: self._cross_context(guide))
        face = memory.of_segment(("face", guide.name), lambda: FaceContext(guide, self._face_features(guide)))
        for number, block in enumerate(self.blocks):
            tokens = block(tokens, cross, modulation, rotary)
            if number % self.config.inject_face_latents_blocks == 0 and not self._rest_is_cached():
                adapter = self.face_adapter[number // self.config.inject_face_latents_blocks]
                tokens = adapter(tokens, face).to(tokens.device) + tokens
        return self._unpatchify(self._project_out(tokens, temb), shape)

    def _tokens(self, hidden_states: Tensor, guide: Guide) -> Tensor:
        """Patches with the pose added to all frames but the reference: (B, S, C)."""
        pose = guide.invariants.of_segment("pose", lambda: self.pose_patch_embedding(guide.pose))
        patches = self.patch_embedding(hidden_states)
        patches[:, :, 1:] = patches[:, :, 1:] + pose
        return patches.flatten(2).transpose(1, 2).contiguous()

    def _time(self, timestep: Tensor, guide: Guide) -> tuple[Tensor, Tensor]:
        """Embedding (B, C) of the time step and the modulation (B, 6, C) that the blocks share."""
        embedder = self.condition_embedder
        steps = embedder.timesteps_proj(timestep)
        temb = embedder.time_embedder(steps.to(embedder.time_embedder.linear_1.weight.dtype)).type_as(guide.text)
        return temb, embedder.time_proj(embedder.act_fn(temb)).unflatten(1, (6, -1))

    def _cross_context(self, guide: Guide) -> CrossContext:
        embedder = self.condition_embedder
        return CrossContext(guide, embedder.text_embedder(guide.text), embedder.image_embedder(guide.image))

    def _face_features(self, guide: Guide) -> Tensor:
        """(B, T + 1, 5, C): four tokens a latent frame and a learned one; zeros for the reference frame."""
        if guide.constant_face:
            return guide.invariants.of_video(("face", guide.name, guide.face.shape), lambda: self._encode_face(guide))
        return self._encode_face(guide)

    def _encode_face(self, guide: Guide) -> Tensor:
        batch, channels, frames, height, width = guide.face.shape
        images = guide.face.permute(0, 2, 1, 3, 4).reshape(-1, channels, height, width)
        motion = torch.cat([self.motion_encoder(part) for part in images.split(self.config.motion_encoder_batch_size)])
        features = self.face_encoder(motion.view(batch, frames, -1))
        return torch.cat([torch.zeros_like(features[:, :1]), features], dim=1)

    def _rest_is_cached(self) -> bool:
        """Whether the first-block cache answers for the blocks behind the first, their face blocks included."""
        if not self.is_cache_enabled:
            return False
        leader = HookRegistry.check_if_exists_or_initialize(self.blocks[0]).get_hook(LEADER_HOOK)
        return leader is not None and not leader.state_manager.get_state().should_compute

    def _project_out(self, tokens: Tensor, temb: Tensor) -> Tensor:
        shift, scale = (self.scale_shift_table.to(temb.device) + temb.unsqueeze(1)).chunk(2, dim=1)
        normed = self.norm_out(tokens.float()) * (1 + scale.to(tokens.device)) + shift.to(tokens.device)
        return self.proj_out(normed.to(tokens.dtype))

    def _unpatchify(self, tokens: Tensor, shape: torch.Size) -> Tensor:
        """(B, S, C * patch) back to (B, C, T, H, W) of `shape`."""
        batch, _, frames, height, width = shape
        t, h, w = self.config.patch_size
        grid = tokens.reshape(batch, frames // t, height // h, width // w, t, h, w, -1)
        return grid.permute(0, 7, 1, 4, 2, 5, 3, 6).flatten(6, 7).flatten(4, 5).flatten(2, 3)
