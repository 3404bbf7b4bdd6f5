"""Colour matching where segments join: every segment is encoded and decoded anew, and drifts a little each time.

A segment begins with frames that the one before has ended with. Each channel's mean and spread there tell how the
colour has moved; the same correction, in linear light, is applied to the whole segment (Reinhard et al., "Color
Transfer between Images", 2001, without its change of colour space).
"""

import torch
from torch import Tensor

_GAIN = (0.9, 1.1)  #: a larger difference is content, not drift
_SHIFT = 0.05
_TINY = 1e-4


class JoinMatcher:
    """Corrects the frames of one segment; the first ones it is given must show what `carried` shows."""

    def __init__(self, carried: Tensor) -> None:
        self._wanted = _statistics(carried[:, :, :1])
        self._correction: tuple[Tensor, Tensor] | None = None

    def __call__(self, frames: Tensor) -> Tensor:
        """(1, 3, n, H, W) in [-1, 1], to the same range."""
        if self._correction is None:
            self._correction = self._measured(frames[:, :, :1])
        gain, shift = self._correction
        return _from_linear(_to_linear(frames) * gain + shift).to(frames.dtype)

    def _measured(self, opening: Tensor) -> tuple[Tensor, Tensor]:
        wanted_mean, wanted_spread = (part.to(opening.device) for part in self._wanted)
        mean, spread = _statistics(opening)
        gain = ((wanted_spread + _TINY) / (spread + _TINY)).clamp(*_GAIN)
        return gain, (wanted_mean - gain * mean).clamp(-_SHIFT, _SHIFT)


def _statistics(frames: Tensor) -> tuple[Tensor, Tensor]:
    linear = _to_linear(frames)
    return linear.mean((0, 2, 3, 4), keepdim=True), linear.std((0, 2, 3, 4), keepdim=True)


def _to_linear(frames: Tensor) -> Tensor:
    """[-1, 1] sRGB to linear light in [0, 1] (IEC 61966-2-1), in float32: sums over a frame need it."""
    value = (frames.float() / 2 + 0.5).clamp(0, 1)
    return torch.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _from_linear(light: Tensor) -> Tensor:
    light = light.clamp(0, 1)
    value = torch.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return value * 2 - 1
