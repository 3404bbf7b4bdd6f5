"""Prompt and picture as the transformer wants them."""

from typing import Any, Literal

import numpy as np
import torch
from diffusers.pipelines.wan.pipeline_wan import prompt_clean
from PIL import Image as Pillow
from torch import Tensor

from motioncast.arrays import Image

TEXT_ROWS = 512  #: rows of a prompt, zeros behind the last token; they are attended to, so there is no mask
_CLIP_MEAN, _CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)

#: How the reference image is brought to CLIP's square: `official` squeezes all of it, `diffusers` crops the middle.
ClipFit = Literal["official", "diffusers"]


@torch.inference_mode()
def encode_prompt(prompt: str, tokenizer: Any, encoder: Any) -> Tensor:
    """(1, 512, text_dim) UMT5 embeddings of `prompt`, zero rows behind its last token."""
    tokens = tokenizer(
        [prompt_clean(prompt)],
        padding="max_length",
        max_length=TEXT_ROWS,
        truncation=True,
        add_special_tokens=True,
        return_attention_mask=True,
        return_tensors="pt",
    )
    device = encoder.device
    hidden = encoder(tokens.input_ids.to(device), tokens.attention_mask.to(device)).last_hidden_state
    length = int(tokens.attention_mask.gt(0).sum())
    rows = torch.zeros_like(hidden)
    rows[:, :length] = hidden[:, :length]
    return rows.cpu()


@torch.inference_mode()
def encode_picture(picture: Image, encoder: Any, processor: Any, fit: ClipFit) -> Tensor:
    """(1, 257, image_dim) CLIP features of the (H, W, 3) reference image: the last hidden state but one.

    The published code squeezes the picture, fitted to the output size, into the square; diffusers resizes its shorter
    edge and crops the middle, so that a tall picture loses head and feet.
    """
    if fit == "diffusers":
        pixels = processor(images=Pillow.fromarray(picture), return_tensors="pt").pixel_values
    else:
        pixels = squeezed(picture, encoder.config.image_size)
    inputs = pixels.to(encoder.device, encoder.dtype)
    return encoder(pixel_values=inputs, output_hidden_states=True).hidden_states[-2].cpu()


def squeezed(picture: Image, side: int) -> Tensor:
    """(H, W, 3) uint8 RGB to (1, 3, side, side), bicubic without antialiasing, normalised for CLIP."""
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
    small = torch.nn.functional.interpolate(pixels, size=(side, side), mode="bicubic", align_corners=False)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (_CLIP_MEAN, _CLIP_STD))
    return (small / 2 + 0.5 - mean) / std
