"""The mask channels: for every pixel of the latent grid and each of its four frames, given (1) or to be made (0)."""

import torch
from torch import Tensor

from motioncast.engines.wan.segments import TEMPORAL_STRIDE


def grid_mask(person: Tensor, size: tuple[int, int]) -> Tensor:
    """Person masks (1, 1, N, H, W), 1 = person, to (1, 1, N, h, w) of `size` (h, w), 1 = given: the nearest pixel."""
    given = (1 - person).permute(0, 2, 1, 3, 4).flatten(0, 1)
    small = torch.nn.functional.interpolate(given, size=size, mode="nearest")
    return small.unflatten(0, (1, -1)).permute(0, 2, 1, 3, 4)


def mask_channels(given: Tensor, known_frames: int) -> Tensor:
    """(1, 1, 4T - 3, h, w) to (1, 4, T, h, w). The first `known_frames` are given whatever the mask says.

    The first frame fills a latent frame alone, so it is repeated four times (Wan-Animate, `wan/animate.py`).
    """
    given = given.clone()
    given[:, :, :known_frames] = 1
    spread = torch.cat([given[:, :, :1].repeat_interleave(TEMPORAL_STRIDE, dim=2), given[:, :, 1:]], dim=2)
    return spread.view(1, -1, TEMPORAL_STRIDE, *given.shape[3:]).transpose(1, 2)
