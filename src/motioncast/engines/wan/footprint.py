"""How much memory each way to hold Wan2.2-Animate-14B takes. Needs no torch.

Weights are exact. What is beside them comes from traces of diffusers' modules on the meta device: the largest sum of
live tensors in bytes, attention without its score matrix. Kernel workspaces are not in it.
"""

from dataclasses import dataclass
from typing import Final

from motioncast.engines.wan.flops import IMAGE_TOKENS, TEXT_TOKENS, tokens
from motioncast.engines.wan.model.architecture import WAN_ANIMATE_14B, parameter_counts

GIB: Final = 2**30

#: Live bytes a token in one bf16 forward pass: 13 rows of width 5120 (traced at 480x832 and 720x1280).
ACTIVATION_BYTES_PER_TOKEN: Final = 13 * 5120 * 2
#: Live bytes an output pixel while the float32 VAE decodes 77 frames (traced likewise); encoding takes 15,040.
VAE_BYTES_PER_PIXEL: Final = 20_400
VAE_PARAMETERS: Final = 126_892_531
RESERVE_GIB: Final = 1.0  #: CUDA context and the allocator's slack; assumed
PINNING: Final = 1.5  #: torch rounds pinned tensors up to powers of two: what those of a block come to

_PARTS: Final = parameter_counts()
_BLOCKS: Final = _PARTS["blocks"] + _PARTS["face_adapter"]
_REST: Final = sum(_PARTS.values()) - _BLOCKS
#: Of the transformer in bf16.
WEIGHTS_BYTES: Final = 2 * (_BLOCKS + _REST)


@dataclass(frozen=True, slots=True)
class Footprint:
    """Peak memory in GiB, by where and how the transformer's weights are held."""

    full_gib: float  #: bf16 on the card
    eight_bit_gib: float  #: the blocks in 8 bits on the card
    offload_gib: float  #: two blocks at a time on the card
    offload_ram_gib: float  #: and all of them pinned in RAM
    cpu_ram_gib: float  #: float32, without a card


def footprint(width: int, height: int) -> Footprint:
    """What an output of `width` x `height` pixels takes."""
    weights = WEIGHTS_BYTES / GIB
    eight_bit = (_BLOCKS + 2 * _REST) / GIB
    window = 2 * (2 * _BLOCKS / WAN_ANIMATE_14B["num_layers"] + _REST) / GIB  # the block at work, and the next
    activations = tokens(width, height) * ACTIVATION_BYTES_PER_TOKEN / GIB
    vae = width * height * VAE_BYTES_PER_PIXEL / GIB
    around = RESERVE_GIB + VAE_PARAMETERS * 4 / GIB + _context_gib()
    return Footprint(
        full_gib=around + weights + max(activations, vae),
        eight_bit_gib=around + eight_bit + max(activations, vae),
        offload_gib=around + max(window + activations, vae),
        offload_ram_gib=PINNING * weights,
        cpu_ram_gib=around + 2 * weights + max(2 * activations, vae),
    )


def _context_gib() -> float:
    """Keys and values of text and image, in bf16: they stay while the VAE decodes."""
    width = WAN_ANIMATE_14B["added_kv_proj_dim"]
    return float(WAN_ANIMATE_14B["num_layers"] * (TEXT_TOKENS + IMAGE_TOKENS) * width * 2 * 2 / GIB)
