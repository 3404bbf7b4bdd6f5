"""What a denoising step needs and no step changes: computed by the first step that asks, remembered for the others.

Remembering at first use, inside the module that owns the weights, gives the very numbers of a run that computes
everything anew, and works wherever the weights are at that moment (offloaded, quantised, with an adapter).
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch

_Value = TypeVar("_Value")


class StepInvariants:
    """Values that last for the video (text and image keys, time embeddings) or for the segment (pose, face)."""

    def __init__(self) -> None:
        self._video: dict[Hashable, Any] = {}
        self._segment: dict[Hashable, Any] = {}

    def begin_segment(self) -> None:
        """Forget what belongs to the segment before."""
        self._segment.clear()

    def clear(self) -> None:
        """Forget everything: guides and what is remembered of them refer to each other, and would linger."""
        self._video.clear()
        self._segment.clear()

    def of_video(self, key: Hashable, compute: Callable[[], _Value]) -> _Value:
        """The value of `key`, computed once a video."""
        if key not in self._video:
            self._video[key] = compute()
        value: _Value = self._video[key]
        return value

    def of_segment(self, key: Hashable, compute: Callable[[], _Value]) -> _Value:
        """The value of `key`, computed once a segment."""
        if key not in self._segment:
            self._segment[key] = compute()
        value: _Value = self._segment[key]
        return value


@dataclass(frozen=True)
class Guide:
    """One pass of guidance over one segment: what the transformer is conditioned on, and what is remembered of it."""

    name: str  #: "cond" or "uncond"
    text: torch.Tensor  #: (B, 512, text_dim) prompt embeddings, zero rows behind the last token
    image: torch.Tensor  #: (B, 257, image_dim) CLIP features of the reference image
    pose: torch.Tensor  #: (B, 16, T, H / 8, W / 8) latents of the drawn pose
    face: torch.Tensor  #: (B, 3, 4 * T - 3, S, S) face clip in [-1, 1]
    invariants: StepInvariants = field(default_factory=StepInvariants)
    constant_face: bool = False  #: the face clip is the same in every segment: its features last for the video
