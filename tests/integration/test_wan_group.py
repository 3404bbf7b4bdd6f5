"""Several processes for one job: two of them, over gloo, compute what one computes."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from motioncast.errors import InputError

pytest.importorskip("diffusers", reason="needs the wan extra: make install-wan")

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from motioncast.engines.wan.model.attention import shard_attention, shard_start
from motioncast.engines.wan.model.group import local_rank, ranks, split_sequence
from motioncast.engines.wan.model.step_cache import enable_step_cache
from tests.wan_fixtures import animate_transformer, random_guide, random_latents, two_steps

#: (h, w) and latent frames of a clip: 36 tokens, split inside a frame; 45, which two do not divide
CASES = (((6, 8), 2), ((6, 10), 2))

WORKER = """
import sys
from tests.integration.test_wan_group import render
import torch, torch.distributed as dist

flows = render()
torch.save(flows, f"{sys.argv[1]}/{dist.get_rank()}.pt")
dist.destroy_process_group()
"""


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """(N, tokens, heads, head_dim) queries over (N, 5, heads, head_dim) keys and values: (N, tokens, C)."""
    scores = torch.einsum("nqhd,nkhd->nhqk", query, key)
    return torch.einsum("nhqk,nkhd->nqhd", scores.softmax(-1), value).flatten(2)


@given(
    frames=st.integers(1, 6),
    per_frame=st.integers(1, 12),
    count=st.integers(1, 8),
    batch=st.integers(1, 2),
    seed=st.integers(0, 9),
)
def test_shards_of_any_number_give_the_whole(frames, per_frame, count, batch, seed):
    """Also where a shard begins or ends inside a frame, and where the processes do not divide the tokens."""
    count = min(count, frames * per_frame)
    random = torch.Generator().manual_seed(seed)
    query = torch.randn(batch, frames * per_frame, 2, 3, generator=random, dtype=torch.float64)
    key, value = torch.randn(2, batch * frames, 5, 2, 3, generator=random, dtype=torch.float64)
    whole = attend(query.unflatten(1, (frames, -1)).flatten(0, 1), key, value).unflatten(0, (batch, -1)).flatten(1, 2)
    shards = query.tensor_split(count, dim=1)
    starts = [shard_start(frames * per_frame, rank, count) for rank in range(count)]
    assert starts == [sum(shard.shape[1] for shard in shards[:rank]) for rank in range(count)]
    parts = [
        shard_attention(shard, key, value, frames, per_frame, start, attend)
        for shard, start in zip(shards, starts, strict=True)
    ]
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=0, atol=1e-12)


def test_one_process_splits_nothing(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert (ranks(), local_rank()) == (1, 0)
    transformer = animate_transformer()
    split_sequence(transformer)
    assert transformer._parallel_config is None


def test_heads_that_cannot_be_shared_out_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(InputError, match="2 attention heads cannot be split over 3 processes: start a divisor of 2"):
        split_sequence(animate_transformer())


def disputed_threshold(grid: tuple[int, int], frames: int) -> float:
    """A threshold of the step cache between the changes that the two processes see: one wants the second step whole."""
    added: list[Tensor] = []
    transformer = animate_transformer()
    transformer.blocks[0].register_forward_hook(lambda _, inputs, output: added.append(output - inputs[0]))
    two_steps(transformer, random_guide(grid=grid, frames=frames), random_latents(grid=grid, frames=frames))
    halves = zip(added[0].tensor_split(2, dim=1), added[1].tensor_split(2, dim=1), strict=True)
    changes = [float((after - before).abs().mean() / before.abs().mean()) for before, after in halves]
    assert abs(changes[0] - changes[1]) > 1e-3 * changes[0]
    return sum(changes) / 2


def render() -> dict[str, Tensor]:
    """Two steps of every case, by as many processes as there are."""
    flows = {}
    for grid, frames in CASES:
        thresholds = {"plain": None, "reused": 1e9, "disputed": disputed_threshold(grid, frames)}
        for label, threshold in thresholds.items():
            transformer = animate_transformer()
            if threshold is not None:
                enable_step_cache(transformer, threshold)
            split_sequence(transformer)
            for name, seed in (("cond", 1), ("uncond", 5)):
                guide = random_guide(name, seed=seed, grid=grid, frames=frames)
                with transformer.cache_context(name):
                    steps = two_steps(transformer, guide, random_latents(grid=grid, frames=frames))
                flows |= {f"{grid} {label} {name} {number}": flow for number, flow in enumerate(steps)}
    return flows


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_two_processes_compute_what_one_does(tmp_path, monkeypatch):
    """Both passes of guidance, whole steps and reused ones, and where the two do not agree on reusing: they must."""
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    common = os.environ | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2"}
    root = Path(__file__).parents[2]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path)],
            env=common | {"RANK": rank, "LOCAL_RANK": rank},
            cwd=root,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in ("0", "1")
    ]
    try:
        expected = render()
        errors = [process.communicate(timeout=120)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert [process.returncode for process in processes] == [0, 0], errors
    for rank in (0, 1):
        flows = torch.load(tmp_path / f"{rank}.pt")
        assert flows.keys() == expected.keys()
        for name, flow in flows.items():
            if "disputed" in name:
                name = name.replace("disputed", "plain")  # one process needs the whole step, so both do it
            torch.testing.assert_close(flow, expected[name], rtol=0, atol=1e-5, msg=name)
