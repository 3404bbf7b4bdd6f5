"""Each rearrangement of the arithmetic against the plain module, and all of them in the whole transformer."""

from types import SimpleNamespace

import pytest

pytest.importorskip("diffusers", reason="needs the wan extra: make install-wan")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from motioncast.engines.wan.model.attention import CrossContext, FaceAttention, FaceContext, TextAndImageAttention
from motioncast.engines.wan.model.shortcuts import FoldedFaceAttention, MergedPaddingAttention, take_shortcuts
from tests.wan_fixtures import GRID, LATENT_FRAMES, animate_transformer, random_guide, random_latents, two_steps

#: Rounding of the two precisions; the promise is 1e-5 in float32.
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-12}
DTYPES = pytest.mark.parametrize("dtype", list(TOLERANCE))


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def difference(ours: Tensor, plain: Tensor) -> float:
    assert ours.shape == plain.shape
    assert ours.dtype == plain.dtype
    return float((ours - plain).abs().max())


def cross_attention(words: int, dtype: torch.dtype) -> tuple[object, CrossContext, Tensor]:
    """A block's cross-attention, what it attends to with a prompt of `words` rows, and tokens."""
    transformer = animate_transformer().to(dtype)
    guide = random_guide(words=words)
    embedder = transformer.condition_embedder
    text, image = embedder.text_embedder(guide.text.to(dtype)), embedder.image_embedder(guide.image.to(dtype))
    return transformer.blocks[2].attn2, CrossContext(guide, text, image), normal(1, 60, 24, dtype=dtype)


def fresh(context: CrossContext, words: int) -> CrossContext:
    return CrossContext(random_guide(words=words), context.text, context.image)


@DTYPES
@pytest.mark.parametrize("words", [0, 1, 10, 511, 512])
@torch.inference_mode()
def test_one_key_stands_for_all_padding_of_the_prompt(words, dtype):
    attn, context, tokens = cross_attention(words, dtype)
    plain = TextAndImageAttention(2)(attn, tokens, context)
    ours = MergedPaddingAttention(2)(attn, tokens, fresh(context, words))
    assert difference(ours, plain) <= TOLERANCE[dtype]


@torch.inference_mode()
def test_the_merged_key_is_all_that_is_projected():
    attn, context, tokens = cross_attention(10, torch.float32)
    rows = []
    attn.to_k.register_forward_hook(lambda _, inputs, output: rows.append(inputs[0].shape[1]))
    merged = MergedPaddingAttention(2)
    for _ in range(3):
        merged(attn, tokens, context)
    assert rows == [11]  # ten words and one row for the 502 others, once for all steps


@DTYPES
@torch.inference_mode()
def test_a_face_block_projects_its_values_first(dtype):
    attn = animate_transformer().to(dtype).face_adapter[0]
    features = normal(1, 4, 5, 24, seed=1, dtype=dtype)
    features[:, 0] = 0  # the reference frame
    tokens = normal(1, 4 * 15, 24, dtype=dtype)
    plain = FaceAttention(0)(attn, tokens, FaceContext(random_guide(), features))
    ours = FoldedFaceAttention(0)(attn, tokens, FaceContext(random_guide(), features))
    assert difference(ours, plain) <= TOLERANCE[dtype]


@torch.inference_mode()
def test_tokens_of_the_reference_frame_ask_nothing():
    """All of them get the same row, whatever they are, and their queries are not made."""
    attn = animate_transformer().face_adapter[0]
    features = normal(1, 4, 5, 24, seed=1)
    features[:, 0] = 0
    asked = []
    attn.to_q.register_forward_hook(lambda _, inputs, output: asked.append(inputs[0].shape[1:3]))
    rows = FoldedFaceAttention(0)(attn, normal(1, 60, 24), FaceContext(random_guide(), features))[0]
    assert asked == [(3, 15)]
    assert torch.equal(rows[:15], rows[:1].expand(15, -1))
    assert not torch.allclose(rows[15], rows[16])


@torch.inference_mode()
def test_with_the_sequence_split_a_face_block_works_the_plain_way():
    mesh = SimpleNamespace(get_local_rank=lambda: 1, size=lambda: 2)
    split = SimpleNamespace(context_parallel_config=SimpleNamespace(_flattened_mesh=mesh))
    attn = animate_transformer().face_adapter[0]
    features, tokens = normal(1, 4, 5, 24, seed=1), normal(1, 60, 24)
    whole = FaceAttention(0)(attn, tokens, FaceContext(random_guide(), features))
    folded = FoldedFaceAttention(0)
    folded._parallel_config = split
    shard = folded(attn, tokens[:, 30:], FaceContext(random_guide(), features))
    assert difference(shard, whole[:, 30:]) <= 1e-6


PLAIN, OURS = animate_transformer().motion_encoder, animate_transformer()
take_shortcuts(OURS)


@DTYPES
@settings(max_examples=20, deadline=None)
@given(side=st.integers(3, 20).map(lambda half: 2 * half), number=st.integers(0, 2), seed=st.integers(0, 99))
@torch.inference_mode()
def test_the_blur_is_made_only_where_it_is_looked_at(dtype, side, number, seed):
    plain, ours = PLAIN.res_blocks[number].to(dtype), OURS.motion_encoder.res_blocks[number].to(dtype)
    images = normal(2, plain.conv_skip.in_channels, side, side, seed=seed, dtype=dtype)
    assert difference(ours.conv_skip(images), plain.conv_skip(images)) <= TOLERANCE[dtype]
    assert difference(ours(images), plain(images)) <= TOLERANCE[dtype]


@pytest.mark.parametrize("words", [7, 512])
def test_the_whole_transformer_agrees(words):
    plain, ours = animate_transformer(), animate_transformer()
    take_shortcuts(ours)
    before = two_steps(plain, random_guide(words=words), random_latents())
    after = two_steps(ours, random_guide(words=words), random_latents())
    assert before[0].shape == (1, 16, LATENT_FRAMES + 1, *GRID)
    for a, b in zip(after, before, strict=True):
        assert difference(a, b) <= 1e-5
        assert not torch.equal(a, b)  # they are in place
    assert [(n, p.shape) for n, p in ours.named_parameters()] == [(n, p.shape) for n, p in plain.named_parameters()]
