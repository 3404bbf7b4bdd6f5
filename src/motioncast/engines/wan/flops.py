"""Floating-point operations of Wan2.2-Animate-14B in closed form. One multiply-add counts as two.

Exact for what torch's `FlopCounterMode` counts (matrix products, convolutions, attention) in diffusers' modules; work
that our loop does once instead of at every step (0.1 to 0.4 %) is left in, so the figures compare with published ones.
"""

from itertools import pairwise

from motioncast.engines.wan.model.architecture import MOTION_CHANNELS, WAN_ANIMATE_14B, face_blocks
from motioncast.engines.wan.segments import LONGEST, latent_frames

TEXT_TOKENS, IMAGE_TOKENS = 512, 257

_C = WAN_ANIMATE_14B
_WIDTH = _C["num_attention_heads"] * _C["attention_head_dim"]
_PATCH = 4  # 1 x 2 x 2 latent pixels
_VAE_BASE, _VAE_LATENT = 96, 16  # Wan2.1 VAE: channels x (1, 2, 4, 4) over four levels, two residual blocks each


def tokens(width: int, height: int, frames: int = LONGEST) -> int:
    """Tokens the transformer attends over: the segment's latent frames and the reference frame."""
    return (latent_frames(frames) + 1) * (height // 16) * (width // 16)


def transformer_flop(width: int, height: int, frames: int = LONGEST) -> int:
    """One forward pass of the transformer over one segment of `width` x `height` pixels."""
    layers, feed_forward, latents = _C["num_layers"], _C["ffn_dim"], latent_frames(frames)
    count, context, d = tokens(width, height, frames), TEXT_TOKENS + IMAGE_TOKENS, _WIDTH
    square = 2 * d * d
    block = count * (6 * square + 4 * d * feed_forward) + 2 * context * square
    attention = 4 * count * d * (count + context)
    face_tokens = _C["face_encoder_num_heads"] + 1
    adapter = 2 * count * square + 2 * (latents + 1) * face_tokens * square + 4 * count * face_tokens * d
    pose = 2 * (count - count // (latents + 1)) * _C["latent_channels"] * _PATCH * d
    patches = 2 * count * (_C["in_channels"] + _C["out_channels"]) * _PATCH * d + pose
    return int(layers * (block + attention) + face_blocks() * adapter + patches + _embedders() + _faces(frames))


def _embedders() -> int:
    """Time step, text and image embedders: once for a forward pass, whatever the size."""
    image, d = _C["image_dim"], _WIDTH
    time = 2 * d * (_C["freq_dim"] + 7 * d)
    text = 2 * TEXT_TOKENS * d * (_C["text_dim"] + d)
    return int(time + text + 2 * IMAGE_TOKENS * image * (image + d))


def _faces(frames: int) -> int:
    """Motion encoder on every pixel frame, face encoder over the clip."""
    style, motion, hidden, heads = (
        _C[name] for name in ("motion_style_dim", "motion_dim", "face_encoder_hidden_dim", "face_encoder_num_heads")
    )
    side = _C["motion_encoder_size"]
    macs = 3 * MOTION_CHANNELS[0] * side**2
    for a, b in pairwise(MOTION_CHANNELS):
        blurs = 16 * a * ((side + 1) ** 2 + (side - 1) ** 2)  # 4 x 4 taps ahead of both strided convolutions
        macs += 9 * a * a * side**2 + blurs + (9 + 1) * a * b * (side // 2) ** 2
        side //= 2
    macs += MOTION_CHANNELS[-1] * style * side**2
    macs += 4 * style**2 + style * motion + motion**2 * style
    half = (frames - 1) // 2 + 1
    encoder = 3 * style * hidden * heads * frames + heads * 3 * hidden**2 * (half + latent_frames(frames))
    return int(2 * (macs * frames + encoder + heads * latent_frames(frames) * hidden * _WIDTH))


def vae_encode_flop(width: int, height: int, frames: int = LONGEST) -> int:
    """Encoding `frames` (4n + 1) pixel frames."""
    a, b, c = _VAE_BASE, 2 * _VAE_BASE, 4 * _VAE_BASE
    area, half, latents = width * height, (frames - 1) // 2 + 1, latent_frames(frames)
    full = frames * area * (27 * 3 * a + 2 * _residual(a, a))
    full += frames * area // 4 * (9 * a * a + _residual(a, b) + _residual(b, b))
    quarter = frames * area // 16 * 9 * b * b + (half - 1) * area // 16 * 3 * b * b
    quarter += half * area // 16 * (_residual(b, c) + _residual(c, c))
    eighth = half * area // 64 * 9 * c * c + (latents - 1) * area // 64 * 3 * c * c
    eighth += latents * area // 64 * (2 * _residual(c, c) + 27 * c * 2 * _VAE_LATENT + (2 * _VAE_LATENT) ** 2)
    return 2 * (full + quarter + eighth + latents * _vae_middle(area // 64))


def vae_decode_flop(width: int, height: int, frames: int = LONGEST) -> int:
    """Decoding the latents of `frames` (4n + 1) pixel frames."""
    a, b, c = _VAE_BASE, 2 * _VAE_BASE, 4 * _VAE_BASE
    area, half, latents = width * height, (frames - 1) // 2 + 1, latent_frames(frames)
    eighth = latents * area // 64 * (_VAE_LATENT**2 + 27 * _VAE_LATENT * c + 3 * _residual(c, c))
    eighth += (latents - 1) * area // 64 * 3 * c * 2 * c  # doubles the frames but the first
    quarter = half * area // 16 * (9 * c * b + _residual(b, c) + 2 * _residual(c, c))
    quarter += (half - 1) * area // 16 * 3 * c * 2 * c
    full = frames * area // 4 * (9 * c * b + 3 * _residual(b, b))
    full += frames * area * (9 * b * a + 3 * _residual(a, a) + 27 * a * 3)
    return 2 * (full + quarter + eighth + latents * _vae_middle(area // 64))


def _residual(inputs: int, outputs: int) -> int:
    """Multiply-adds a pixel of two 3 x 3 x 3 convolutions and, where channels change, the 1 x 1 x 1 beside them."""
    return 27 * outputs * (inputs + outputs) + (inputs * outputs if inputs != outputs else 0)


def _vae_middle(pixels: int) -> int:
    """Multiply-adds a latent frame of the two blocks in the middle and the attention between them."""
    c = 4 * _VAE_BASE
    return pixels * (2 * _residual(c, c) + 4 * c * c) + 2 * pixels**2 * c


def segment_flop(width: int, height: int, steps: int) -> tuple[int, int]:
    """(transformer, VAE) of one segment: `steps` passes without guidance; encode pose and condition clip, decode."""
    vae = 2 * vae_encode_flop(width, height) + vae_decode_flop(width, height)
    return steps * transformer_flop(width, height), vae
