"""The published network: its configuration, and its module tree without weights.

Importing this module loads neither torch nor diffusers, so that `motioncast plan` can read the sizes without the extra.
"""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from diffusers import WanAnimateTransformer3DModel

#: `transformer/config.json` of Wan-AI/Wan2.2-Animate-14B-Diffusers.
WAN_ANIMATE_14B: Final[Mapping[str, Any]] = {
    "patch_size": (1, 2, 2),
    "num_attention_heads": 40,
    "attention_head_dim": 128,
    "in_channels": 36,
    "latent_channels": 16,
    "out_channels": 16,
    "text_dim": 4096,
    "freq_dim": 256,
    "ffn_dim": 13824,
    "num_layers": 40,
    "cross_attn_norm": True,
    "qk_norm": "rms_norm_across_heads",
    "eps": 1e-6,
    "image_dim": 1280,
    "added_kv_proj_dim": 5120,
    "rope_max_seq_len": 1024,
    "pos_embed_seq_len": None,
    "motion_encoder_channel_sizes": None,
    "motion_encoder_size": 512,
    "motion_style_dim": 512,
    "motion_dim": 20,
    "motion_encoder_dim": 512,
    "face_encoder_hidden_dim": 1024,
    "face_encoder_num_heads": 4,
    "inject_face_latents_blocks": 5,
    "motion_encoder_batch_size": 8,
}


#: Channels of the motion encoder from 512 down to 4 pixels, halving each time.
MOTION_CHANNELS: Final = (32, 64, 128, 256, 512, 512, 512, 512)


def meta_transformer(
    config: Mapping[str, Any] = WAN_ANIMATE_14B, kind: "type[WanAnimateTransformer3DModel] | None" = None
) -> "WanAnimateTransformer3DModel":
    """The module tree of `config` with every parameter on the meta device: names and shapes, no memory.

    Buffers that no checkpoint holds (rotary tables, blur kernels) are real, so a tree that is given its parameters by
    `load_state_dict(assign=True)` is complete. `kind` is a subclass to build instead of diffusers' own class.
    """
    from accelerate import init_empty_weights
    from diffusers import WanAnimateTransformer3DModel

    with init_empty_weights(include_buffers=False):
        return (kind or WanAnimateTransformer3DModel)(**config).eval()


def parameter_counts() -> dict[str, int]:
    """Parameters of each part of the published network, in closed form; they add up to 17,274,816,884."""
    c = WAN_ANIMATE_14B
    heads, face, style = c["num_attention_heads"], c["face_encoder_hidden_dim"], c["motion_style_dim"]
    width, patch = heads * c["attention_head_dim"], math.prod(c["patch_size"])
    attention = 4 * _linear(width, width) + 2 * width
    image_branch = 2 * _linear(c["added_kv_proj_dim"], width) + width
    feed_forward = _linear(width, c["ffn_dim"]) + _linear(c["ffn_dim"], width)
    block = 2 * attention + image_branch + feed_forward + 2 * width + 6 * width  # cross norm and modulation
    time = _linear(c["freq_dim"], width) + _linear(width, width) + _linear(width, 6 * width)
    text = _linear(c["text_dim"], width) + _linear(width, width)
    image = 2 * (c["image_dim"] + width) + _linear(c["image_dim"], c["image_dim"]) + _linear(c["image_dim"], width)
    return {
        "blocks": c["num_layers"] * block,
        "face_adapter": face_blocks() * (4 * _linear(width, width) + 2 * c["attention_head_dim"]),
        "condition_embedder": time + text + image,
        "motion_encoder": _motion_encoder_parameters(style, c["motion_dim"]),
        "face_encoder": _linear(3 * style, c["face_encoder_num_heads"] * face)
        + 2 * _linear(3 * face, face)
        + _linear(face, width)
        + width,
        "patches": _linear(c["in_channels"] * patch, width)
        + _linear(c["latent_channels"] * patch, width)
        + _linear(width, c["out_channels"] * patch)
        + 2 * width,
    }


def face_blocks() -> int:
    """Face adapter blocks of the published network."""
    return int(WAN_ANIMATE_14B["num_layers"] // WAN_ANIMATE_14B["inject_face_latents_blocks"])


def _motion_encoder_parameters(style: int, motion: int) -> int:
    first, last = MOTION_CHANNELS[0], MOTION_CHANNELS[-1]
    stages = sum(9 * a * a + a + 9 * a * b + b + a * b for a, b in pairwise(MOTION_CHANNELS))
    network = 4 * _linear(style, style) + _linear(style, motion)
    return _linear(3, first) + stages + 16 * last * style + network + style * motion


def _linear(inputs: int, outputs: int) -> int:
    return inputs * outputs + outputs
