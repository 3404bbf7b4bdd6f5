"""Several GPUs for one job: the token sequence is split over the processes that `torchrun` has started."""

import os
from functools import partial
from itertools import pairwise
from typing import Any

import torch
import torch.distributed as dist
from diffusers import ContextParallelConfig
from diffusers.models import ParallelConfig
from torch import Tensor
from torch.distributed.device_mesh import init_device_mesh

from motioncast.engines.wan.model.attention import shard_start
from motioncast.engines.wan.model.transformer import AnimateTransformer
from motioncast.errors import InputError


def ranks() -> int:
    """How many processes work on this job."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def local_rank() -> int:
    """Number of this process on its machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def split_sequence(transformer: AnimateTransformer) -> None:
    """Split the sequence of every step over all processes (Ulysses: Jacobs et al., 2023). Does nothing with one.

    Raises `InputError` when the attention heads cannot be shared out evenly.
    """
    count = ranks()
    if count == 1:
        return
    heads = transformer.config.num_attention_heads
    if heads % count:
        raise InputError(f"{heads} attention heads cannot be split over {count} processes: start a divisor of {heads}.")
    if not torch.cuda.is_available():
        transformer._resolve_parallel_config = partial(_on_processors, transformer)
    if not dist.is_initialized():
        # gloo beside NCCL: the lengths of the shards are exchanged without stopping the GPU
        dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    # "anything": not every output size and segment length gives a number of tokens that the processes divide
    transformer.enable_parallelism(config=ContextParallelConfig(ulysses_degree=count, ulysses_anything=True))
    transformer.proj_out.register_forward_hook(_gathered)


def _on_processors(transformer: AnimateTransformer, config: ContextParallelConfig) -> ParallelConfig:
    """What diffusers does to set `config` up, which divides by the number of accelerators, where there is none."""
    parallel = ParallelConfig(context_parallel_config=config)
    mesh = init_device_mesh("cpu", config.mesh_shape, mesh_dim_names=config.mesh_dim_names)
    parallel.setup(dist.get_rank(), dist.get_world_size(), torch.device("cpu"), mesh=mesh)
    transformer._parallel_config = parallel
    return parallel


def _gathered(_layer: Any, _inputs: Any, shard: Tensor) -> Tensor:
    """The tokens (B, S, C) of all processes. Their shards are filled up to one length: gloo gathers no others."""
    count = dist.get_world_size()
    total = torch.tensor(shard.shape[1], device=shard.device)
    dist.all_reduce(total)
    starts = [shard_start(int(total), rank, count) for rank in range(count + 1)]
    lengths = [stop - start for start, stop in pairwise(starts)]
    padded = torch.nn.functional.pad(shard, (0, 0, 0, lengths[0] - shard.shape[1])).contiguous()
    parts = [torch.empty_like(padded) for _ in lengths]
    dist.all_gather(parts, padded)
    return torch.cat([part[:, :length] for part, length in zip(parts, lengths, strict=True)], dim=1)
