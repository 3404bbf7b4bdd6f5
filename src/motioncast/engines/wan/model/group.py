"""Several GPUs for one job: the token sequence is split over the processes that `torchrun` has started."""

import os

import torch
import torch.distributed as dist
from diffusers import ContextParallelConfig

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
    if not dist.is_initialized():
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    transformer.enable_parallelism(config=ContextParallelConfig(ulysses_degree=count))
