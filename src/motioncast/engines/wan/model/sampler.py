"""The sampling loop: segment by segment, from noise and conditions to frames.

It does what diffusers' `WanAnimatePipeline` does, in the same order and with the same numbers, but takes conditions
from a stream and gives frames as they are decoded, so that nothing grows with the clip.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from motioncast.engines.wan.conditions.condition import Condition
from motioncast.engines.wan.model.colour import JoinMatcher
from motioncast.engines.wan.model.invariants import Guide, StepInvariants
from motioncast.engines.wan.model.latents import LatentSpace
from motioncast.engines.wan.model.masks import grid_mask, mask_channels
from motioncast.engines.wan.model.pixels import squared, to_mask, to_pixels
from motioncast.engines.wan.model.shot import Carry, Shot
from motioncast.engines.wan.model.transformer import AnimateTransformer
from motioncast.engines.wan.segments import Segment
from motioncast.engines.wan.window import ConditionWindow

#: Called before every denoising step with (segment, step) and after the last; what it raises ends the run there.
OnStep = Callable[[int, int], None]


@dataclass(frozen=True)
class Embeddings:
    """What the encoders make of prompt and picture."""

    text: Tensor  #: (1, 512, text_dim)
    negative: Tensor | None  #: the same of the negative prompt, where guidance is on
    image: Tensor  #: (1, 257, image_dim) CLIP features of the reference image
    reference: Tensor  #: (1, 16, 1, H / 8, W / 8) latents of the reference image


@dataclass(frozen=True)
class Networks:
    """What the loop runs."""

    transformer: AnimateTransformer
    space: LatentSpace
    scheduler: Any
    device: torch.device
    dtype: torch.dtype  #: of the transformer's activations


class Sampler:
    """Renders one clip. `empty_clip` gives the latents of the all-black clip of a first segment of `animate`."""

    def __init__(
        self, networks: Networks, shot: Shot, embeddings: Embeddings, empty_clip: Callable[[Segment], Tensor]
    ) -> None:
        self.networks, self.shot, self.embeddings = networks, shot, embeddings
        self._empty_clip = empty_clip
        self._memory = {"cond": StepInvariants(), "uncond": StepInvariants()}
        self.carry: Carry | None = None  #: what the next segment needs, known when the last frames of one come out

    @torch.inference_mode()
    def run(
        self, conditions: Iterator[Condition], first: int, carry: Carry | None, on_step: OnStep
    ) -> Generator[Tensor, None, None]:
        """Frames (1, 3, n, H, W) in [-1, 1] from the segment of `carry` on, each of the clip's frames once.

        `conditions` begin at frame `first` (see `window.first_needed`).
        """
        shot, start = self.shot, carry.segment if carry else 0
        window = ConditionWindow(conditions, first, shot.frames)
        generator = torch.Generator("cpu").manual_seed(shot.seed)
        if carry is not None:
            generator.set_state(carry.generator)
            carry = replace(carry, frames=carry.frames.to(self.networks.device))
        try:
            for number in range(start, len(shot.segments)):
                conditions_of = window.take(shot.segments[number])
                latents = self._denoise(number, conditions_of, carry, generator, on_step)
                for frames, ahead in self._frames(number, latents, carry, generator):
                    self.carry = ahead
                    yield frames
                carry = self.carry
        finally:
            for memory in self._memory.values():
                memory.clear()

    def _denoise(
        self,
        number: int,
        conditions: Sequence[Condition],
        carry: Carry | None,
        generator: torch.Generator,
        on_step: OnStep,
    ) -> Tensor:
        """Latents (1, 16, T, h, w) of a segment."""
        networks, shot, segment = self.networks, self.shot, self.shot.segments[number]
        shape = (1, 16, segment.latent_frames + 1, *shot.grid)
        latents = torch.randn(shape, generator=generator, dtype=torch.float32).to(networks.device)
        guides = self._guides(conditions)
        known = torch.cat([self._reference, self._condition_latents(segment, conditions, carry)], dim=2)
        networks.scheduler.set_timesteps(shot.steps, device=networks.device)
        if networks.transformer.is_cache_enabled:
            networks.transformer._reset_stateful_cache()
        for step, time in enumerate(networks.scheduler.timesteps):
            on_step(number, step)
            seen = torch.cat([latents, known], dim=1).to(networks.dtype)
            flow = self._predict(seen, time.expand(1), guides)
            latents = networks.scheduler.step(flow, time, latents, return_dict=False)[0]
        for memory in self._memory.values():
            memory.begin_segment()  # room for the VAE
        on_step(number, shot.steps)
        return latents[:, :, 1:]

    def _predict(self, seen: Tensor, time: Tensor, guides: Sequence[Guide]) -> Tensor:
        """The flow; with guidance, pushed away from what the second pass predicts (Ho and Salimans, 2022)."""
        flows = []
        for guide in guides:
            with self.networks.transformer.cache_context(guide.name):
                flows.append(self.networks.transformer(seen, time, guide))
        if len(flows) == 1:
            return flows[0]
        wanted, unwanted = flows
        return unwanted + self.shot.guidance * (wanted - unwanted)

    def _guides(self, conditions: Sequence[Condition]) -> list[Guide]:
        networks, embeddings = self.networks, self.embeddings
        side = networks.transformer.config.motion_encoder_size
        pose = networks.space.encode(self._pixels([c.pose for c in conditions])).to(networks.dtype)
        face = self._pixels([squared(c.face, side) for c in conditions]).to(networks.dtype)
        guides = [self._guide("cond", embeddings.text, pose, face)]
        if embeddings.negative is not None:
            blank = face * 0 - 1
            guides.append(self._guide("uncond", embeddings.negative, pose, blank, constant_face=True))
        return guides

    def _guide(self, name: str, text: Tensor, pose: Tensor, face: Tensor, constant_face: bool = False) -> Guide:
        memory = self._memory[name]
        memory.begin_segment()
        image = self.embeddings.image.to(self.networks.device, self.networks.dtype)
        return Guide(name, text.to(self.networks.device, self.networks.dtype), image, pose, face, memory, constant_face)

    @cached_property
    def _reference(self) -> Tensor:
        """(1, 20, 1, h, w): mask channels, all given, and latents of the reference image."""
        latents = self.embeddings.reference.to(self.networks.device)
        return torch.cat([latents.new_ones((1, 4, *latents.shape[2:])), latents], dim=1)

    def _condition_latents(self, segment: Segment, conditions: Sequence[Condition], carry: Carry | None) -> Tensor:
        """(1, 20, T, h, w): what is known of the segment's frames, and where."""
        shot, device = self.shot, self.networks.device
        carried = 0 if carry is None else shot.carried
        if shot.replace:
            clip = self._pixels([_given(c.background) for c in conditions])
            given = grid_mask(to_mask([_given(c.mask) for c in conditions], device), shot.grid)
        elif carry is None:
            given = torch.zeros((1, 1, segment.length, *shot.grid), device=device)
            return torch.cat([mask_channels(given, 0), self._empty_clip(segment).to(device)], dim=1)
        else:
            clip = torch.zeros((1, 3, segment.length, shot.size[1], shot.size[0]), device=device)
            given = torch.zeros((1, 1, segment.length, *shot.grid), device=device)
        if carry is not None:
            clip[:, :, :carried] = carry.frames.to(device)
        return torch.cat([mask_channels(given, carried), self.networks.space.encode(clip)], dim=1)

    def _frames(
        self, number: int, latents: Tensor, carry: Carry | None, generator: torch.Generator
    ) -> Iterator[tuple[Tensor, Carry]]:
        """New frames of a segment within the clip, with what the next segment will need of what has come out."""
        shot, segment = self.shot, self.shot.segments[number]
        match = JoinMatcher(carry.frames) if shot.match_colour and carry is not None else None
        tail, at = latents.new_zeros((1, 3, 0, shot.size[1], shot.size[0])), segment.start
        for frames in self.networks.space.decode(latents):
            if at >= shot.frames:
                return  # only padding is left
            if match is not None:
                frames = match(frames)
            tail = torch.cat([tail, frames], dim=2)[:, :, -shot.carried :]
            new = frames[:, :, max(0, segment.first - at) : max(0, segment.stop - at)]
            at += frames.shape[2]
            if new.shape[2]:
                yield new, Carry(number + 1, tail, generator.get_state())

    def _pixels(self, images: Sequence[Any]) -> Tensor:
        return to_pixels(images, self.networks.device)


def _given(image: Any) -> Any:
    if image is None:
        raise ValueError("replace needs masks and backgrounds")
    return image
