"""Tiny random checkpoints of the true architecture, in the folder layout of the published one.

Every component is there: transformer, VAE, UMT5, tokenizer, CLIP with its processor, scheduler. Kept from the real
model: 36 input channels, patch 1x2x2, a face block every five layers, the branch for image keys and values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanAnimatePipeline, WanAnimateTransformer3DModel
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    CLIPVisionModel,
    PreTrainedTokenizerFast,
    UMT5Config,
    UMT5EncoderModel,
)

IMAGE_DIM, TEXT_DIM, _WORDS = 32, 64, 200
_CLIP_SIDE, _CLIP_PATCH = 32, 2  #: 16 x 16 patches and a class token: the 257 of the real one


@dataclass(frozen=True)
class TinyWan:
    """Widths of a tiny model."""

    heads: int = 2
    head_dim: int = 12
    layers: int = 5
    ffn: int = 64
    face_px: int = 32
    face_channels: Mapping[str, int] = field(default_factory=lambda: {"4": 16, "8": 16, "16": 16, "32": 8})
    vae_dim: int = 4
    vae_blocks: int = 1


#: cheapest: parity, resumption, whatever is about frames and not about time
NANO = TinyWan()
#: for the memory of long clips of a real size: their frames weigh as much as with any model, their features little
LONG = TinyWan(vae_dim=2)
#: a step whose parts are all visible
MINI = TinyWan(
    heads=4,
    head_dim=48,
    layers=10,
    ffn=512,
    face_px=128,
    face_channels={"4": 128, "8": 128, "16": 128, "32": 128, "64": 64, "128": 32},
    vae_dim=16,
    vae_blocks=2,
)

_FACE_CHANNELS = {"4": 64, "8": 64, "16": 64, "32": 64, "64": 32, "128": 16}
#: steps that are mostly face network, both in balance, and mostly blocks, as the real model's at 480p nearly are
FACE_HEAVY = TinyWan(heads=4, head_dim=48, layers=10, ffn=512, face_px=128, face_channels=_FACE_CHANNELS)
MID = TinyWan(heads=3, head_dim=128, layers=10, ffn=1024, face_px=64, face_channels=_FACE_CHANNELS)
DIT_HEAVY = TinyWan(heads=3, head_dim=128, layers=10, ffn=1024, face_px=32, face_channels=_FACE_CHANNELS)


def tiny_transformer(tiny: TinyWan, seed: int = 0) -> WanAnimateTransformer3DModel:
    """The random transformer alone."""
    torch.manual_seed(seed)
    width = tiny.heads * tiny.head_dim
    return WanAnimateTransformer3DModel(
        num_attention_heads=tiny.heads,
        attention_head_dim=tiny.head_dim,
        in_channels=36,
        latent_channels=16,
        out_channels=16,
        text_dim=TEXT_DIM,
        freq_dim=64,
        ffn_dim=tiny.ffn,
        num_layers=tiny.layers,
        image_dim=IMAGE_DIM,
        added_kv_proj_dim=width,
        motion_encoder_channel_sizes=dict(tiny.face_channels),
        motion_encoder_size=tiny.face_px,
        motion_style_dim=32,
        motion_dim=8,
        motion_encoder_dim=64,
        face_encoder_hidden_dim=64,
    ).eval()


def tiny_pipeline(tiny: TinyWan, seed: int = 0) -> WanAnimatePipeline:
    """diffusers' own pipeline around random components."""
    transformer = tiny_transformer(tiny, seed)
    vae = AutoencoderKLWan(
        base_dim=tiny.vae_dim,
        z_dim=16,
        dim_mult=[1, 2, 2, 2],
        num_res_blocks=tiny.vae_blocks,
        temperal_downsample=[False, True, True],
    ).eval()
    text = UMT5Config(vocab_size=_WORDS + 3, d_model=TEXT_DIM, d_kv=16, d_ff=128, num_layers=2, num_heads=4)
    clip = CLIPVisionConfig(
        hidden_size=IMAGE_DIM,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=_CLIP_SIDE,
        patch_size=_CLIP_PATCH,
    )
    square = {"height": _CLIP_SIDE, "width": _CLIP_SIDE}
    pipeline = WanAnimatePipeline(
        tokenizer=_tokenizer(),
        text_encoder=UMT5EncoderModel(text).eval(),
        vae=vae,
        scheduler=UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=5.0),
        image_processor=CLIPImageProcessor(size={"shortest_edge": _CLIP_SIDE}, crop_size=square),
        image_encoder=CLIPVisionModel(clip).eval(),
        transformer=transformer,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def write_checkpoint(folder: Path, tiny: TinyWan = NANO, seed: int = 0) -> Path:
    """Write a whole checkpoint to `folder`, as `from_pretrained` reads it."""
    tiny_pipeline(tiny, seed).save_pretrained(folder)
    return folder


def _tokenizer() -> PreTrainedTokenizerFast:
    special = ["<pad>", "</s>", "<unk>"]
    words = {word: number for number, word in enumerate([*special, *(f"w{n}" for n in range(_WORDS))])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")
