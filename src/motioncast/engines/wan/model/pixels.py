"""Pictures to tensors and back, with the arithmetic of diffusers' video processors: both see the same numbers."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from motioncast.arrays import Image


def to_pixels(images: Sequence[Image], device: torch.device | str = "cpu") -> Tensor:
    """(H, W, 3) uint8 images to (1, 3, N, H, W) float32 in [-1, 1]."""
    return 2.0 * _stacked(images, device).permute(3, 0, 1, 2)[None] - 1.0


def to_mask(masks: Sequence[Image], device: torch.device | str = "cpu") -> Tensor:
    """(H, W) uint8 masks to (1, 1, N, H, W) float32 in [0, 1]."""
    return _stacked(masks, device)[None, None]


def to_images(pixels: Tensor) -> list[Image]:
    """(1, 3, N, H, W) in [-1, 1] to N images (H, W, 3) uint8, rounded."""
    frames = (to_unit(pixels) * 255).round().to(torch.uint8)
    return [np.ascontiguousarray(frame) for frame in frames.cpu().numpy()]


def to_unit(pixels: Tensor) -> Tensor:
    """(1, 3, N, H, W) in [-1, 1] to (N, H, W, 3) float32 in [0, 1]."""
    return (pixels[0].permute(1, 2, 3, 0).float() / 2 + 0.5).clamp(0, 1)


def squared(face: Image, side: int) -> Image:
    """A face clip's frame at the side that the motion encoder was built for."""
    if face.shape[:2] == (side, side):
        return face
    return cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _stacked(images: Sequence[Image], device: torch.device | str) -> Tensor:
    # bytes travel, floats are made where they are needed: a quarter of the traffic
    return torch.from_numpy(np.stack(images)).to(device).to(torch.float32) / 255.0
