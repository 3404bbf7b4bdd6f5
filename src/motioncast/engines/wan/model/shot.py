"""What one clip is rendered with, and what one segment hands to the next."""

import json
from dataclasses import dataclass

import torch
from safetensors.torch import load, save
from torch import Tensor

from motioncast.engines.wan.segments import Segment


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
        tensors = {"frames": self.frames.cpu().contiguous(), "generator": self.generator}
        return bytes(save(tensors, {"motioncast": json.dumps({"segment": self.segment})}))

    @classmethod
    def from_bytes(cls, stored: bytes) -> "Carry":
        """Raises ValueError when these bytes are no carry."""
        try:
            length = int.from_bytes(stored[:8], "little")
            about = json.loads(json.loads(stored[8 : 8 + length])["__metadata__"]["motioncast"])
            tensors = load(stored)
            return cls(int(about["segment"]), tensors["frames"], tensors["generator"].to(torch.uint8))
        except Exception as error:  # safetensors raises anything on damaged data
            raise ValueError("not what a segment hands on") from error
