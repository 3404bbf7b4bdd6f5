"""What one clip is rendered with, and what one segment hands to the next."""

import zlib
from dataclasses import dataclass

import torch
from safetensors.torch import load, save
from torch import Tensor

from motioncast.engines.wan.segments import Segment

_CHECKSUM_BYTES = 4


@dataclass(frozen=True)
class Shot:
    """The parameters of a clip."""

    frames: int
    size: tuple[int, int]  #: (W, H), multiples of 16
    replace: bool
    segments: tuple[Segment, ...]
    carried: int  #: frames that a segment takes over, 1 or 5
    steps: int
    guidance: float  #: 1 is off; above, a second pass with the negative prompt and a blank face
    seed: int
    match_colour: bool = False  #: correct each segment's colour where it joins the one before

    @property
    def grid(self) -> tuple[int, int]:
        """(h, w) of the latents."""
        return self.size[1] // 8, self.size[0] // 8


@dataclass(frozen=True)
class Carry:
    """Everything that segment `segment` needs of those before it: with it a run goes on as if never interrupted."""

    segment: int
    frames: Tensor  #: (1, 3, carried, H, W) last frames of the output in [-1, 1], not rounded
    generator: Tensor  #: state of the random generator

    def to_bytes(self) -> bytes:
        """For storage; `from_bytes` gives the same back, bit for bit."""
        frames = self.frames.cpu().contiguous()
        body = bytes(save({"segment": torch.tensor(self.segment), "frames": frames, "generator": self.generator}))
        return zlib.crc32(body).to_bytes(_CHECKSUM_BYTES) + body

    @classmethod
    def from_bytes(cls, stored: bytes) -> "Carry":
        """Raises ValueError when these bytes are no carry, or damaged."""
        checksum, body = stored[:_CHECKSUM_BYTES], stored[_CHECKSUM_BYTES:]
        if not body or zlib.crc32(body) != int.from_bytes(checksum):
            raise ValueError("not what a segment hands on")
        tensors = load(body)
        return cls(int(tensors["segment"]), tensors["frames"], tensors["generator"])
