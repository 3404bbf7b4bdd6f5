"""The step cache of the `balanced` profile: a step that changes little reuses what the last whole one has computed.

diffusers' first-block cache (after ParaAttention) decides by the first block, which always runs: does it add nearly
what it added in the last whole step, the others are left out and their sum of then is added.
"""

from typing import Any

import torch
import torch.distributed as dist
from diffusers import FirstBlockCacheConfig
from diffusers.hooks import HookRegistry
from diffusers.hooks._helpers import TransformerBlockMetadata, TransformerBlockRegistry
from diffusers.models.transformers.transformer_wan_animate import WanTransformerBlock
from torch import Tensor

from motioncast.engines.wan.model.transformer import LEADER_HOOK, AnimateTransformer


def enable_step_cache(transformer: AnimateTransformer, threshold: float) -> None:
    """Leave blocks out where the first one's residual differs by less than `threshold`, a share of its own mean.

    Call it before the sequence is split: each process then compares its own tokens, and all do what one needs.
    """
    # diffusers knows the block of the same name of its other Wan model only
    TransformerBlockRegistry.register(
        WanTransformerBlock,
        TransformerBlockMetadata(return_hidden_states_index=0, return_encoder_hidden_states_index=None),
    )
    transformer.enable_cache(FirstBlockCacheConfig(threshold=threshold))
    leader = HookRegistry.check_if_exists_or_initialize(transformer.blocks[0]).get_hook(LEADER_HOOK)
    leader._should_compute_remaining_blocks = _agreed(leader._should_compute_remaining_blocks)


def _agreed(decide: Any) -> Any:
    """`decide`, by all processes together: one that left out blocks would leave the others waiting in theirs."""

    def together(residual: Tensor) -> bool:
        needed = bool(decide(residual))
        if not dist.is_initialized():
            return needed
        vote = torch.tensor(float(needed), device=residual.device)
        dist.all_reduce(vote, dist.ReduceOp.MAX)
        return bool(vote.item())

    return together
