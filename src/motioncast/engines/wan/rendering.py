"""A performance by the model, from conditions to finished images."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from motioncast.arrays import Image
from motioncast.engines.engine import Job, OnStep, ReadFrames, ignore_steps
from motioncast.engines.wan.checkpoint import COMPONENTS, Checkpoint, fingerprint
from motioncast.engines.wan.conditions.condition import Condition
from motioncast.engines.wan.paste_back import paste_back
from motioncast.engines.wan.profiles import Profile
from motioncast.engines.wan.segments import LONGEST, Segment
from motioncast.engines.wan.settings import WanSettings
from motioncast.engines.wan.window import first_needed
from motioncast.errors import ProcessingError
from motioncast.parallel import ahead
from motioncast.request import Mode
from motioncast.settings import load_settings

if TYPE_CHECKING:
    from motioncast.engines.wan.model.sampler import Sampler
    from motioncast.engines.wan.model.shot import Carry

#: Conditions of the clip from a frame on; `read` gives the driving frames.
Conditions = Callable[[ReadFrames, int], Iterator[Condition]]


@dataclass(frozen=True)
class Equipment:
    """What a job is rendered with."""

    settings: WanSettings
    profile: Profile
    checkpoint: Checkpoint

    def identity(self) -> str:
        """Changes with every file of weights that may take part."""
        settings = self.settings
        others = (settings.wan_transformer, settings.wan_distill, settings.wan_relight)
        own = [self.checkpoint.folder / name for name in COMPONENTS]
        return fingerprint(*own, *(Path(other).expanduser() for other in others if other))


@dataclass
class WanRendering:
    """A planned performance. The networks are loaded when it begins."""

    job: Job
    equipment: Equipment
    size: tuple[int, int]
    driving_size: tuple[int, int]
    reference: Image  #: (H, W, 3) the reference image on the output canvas
    conditions: Conditions
    plan: tuple[Segment, ...]
    warnings: Sequence[str]
    _sampler: "Sampler | None" = field(default=None, init=False)

    @property
    def segments(self) -> Sequence[range]:
        """See `Rendering.segments`."""
        return [range(segment.first, segment.stop) for segment in self.plan]

    def render(
        self, read: ReadFrames, number: int = 0, carried: bytes | None = None, on_step: OnStep = ignore_steps
    ) -> Iterator[Image]:
        """See `Rendering.render`. Conditions of the next segment are made while this one is denoised."""
        import torch

        from motioncast.engines.wan.model.shot import Carry

        try:
            carry = None if carried is None else Carry.from_bytes(carried)
        except ValueError as error:
            raise ProcessingError("The stored work is damaged: delete it and run the job again.") from error
        if (0 if carry is None else carry.segment) != number:
            raise ProcessingError(
                f"The stored work does not fit segment {number + 1}: delete it and run the job again."
            )
        on_step(0.0, "loading the model")
        try:
            yield from self._images(read, number, carry, on_step)
        except torch.OutOfMemoryError as error:
            raise ProcessingError(
                "The GPU ran out of memory: choose 480p, or MOTIONCAST_WAN_MEMORY=offload."
            ) from error

    def _images(self, read: ReadFrames, number: int, carry: "Carry | None", on_step: OnStep) -> Iterator[Image]:
        from motioncast.engines.wan.model.pixels import to_images

        self._sampler = sampler = self._make_sampler()
        first = first_needed(self.plan[number:], len(self))
        seen: dict[int, Condition] = {}

        def step(segment: int, done: int) -> None:
            steps = sampler.shot.steps
            # decoding counts as one more step
            on_step(done / (steps + 1), f"step {done} of {steps}" if done < steps else "decoding")

        index = self.segments[number].start
        with (
            closing(ahead(self._remembered(read, first, seen), LONGEST, "conditions")) as conditions,
            closing(sampler.run(conditions, first, carry, step)) as rendered,
        ):
            for frames in rendered:
                for image in to_images(frames):
                    yield self._finished(image, seen, index)
                    index += 1

    def carry(self) -> bytes | None:
        """See `Rendering.carry`."""
        assert self._sampler is not None
        assert self._sampler.carry is not None
        return self._sampler.carry.to_bytes()

    def __len__(self) -> int:
        return len(self.job.driving.timeline)

    def _remembered(self, read: ReadFrames, first: int, seen: dict[int, Condition]) -> Iterator[Condition]:
        """The conditions, kept until their frame has been finished where it takes pixels from them."""
        pastes = self.job.mode is Mode.REPLACE and self.equipment.settings.wan_paste_back
        for index, condition in enumerate(self.conditions(read, first), start=first):
            if pastes:
                seen[index] = condition
            yield condition

    def _finished(self, image: Image, seen: dict[int, Condition], index: int) -> Image:
        for passed in [key for key in list(seen) if key < index]:  # the conditions' thread adds to it
            del seen[passed]
        condition = seen.pop(index, None)
        return np.ascontiguousarray(image if condition is None else paste_back(image, condition))

    def _make_sampler(self) -> "Sampler":
        from motioncast.engines.wan.model.embedding import Embedder
        from motioncast.engines.wan.model.sampler import Sampler
        from motioncast.engines.wan.model.shot import Shot
        from motioncast.engines.wan.model.weights import load_networks

        job, settings, profile = self.job, self.equipment.settings, self.equipment.profile
        checkpoint = self.equipment.checkpoint
        replace = job.mode is Mode.REPLACE
        area = self.size[0] * self.size[1]
        networks = load_networks(settings, checkpoint, profile, area, replace)
        shot = Shot(
            frames=len(self),
            size=self.size,
            replace=replace,
            segments=self.plan,
            carried=settings.wan_carried,
            steps=profile.steps,
            guidance=settings.wan_guidance,
            seed=job.seed,
            match_colour=settings.wan_match_colour,
        )
        embedder = Embedder(checkpoint, networks, job.home or load_settings().home)
        embeddings = embedder.embed(job.prompt, settings.wan_guidance > 1, self.reference, settings.clip_fit)
        return Sampler(networks, shot, embeddings, lambda segment: embedder.empty_clip(self.size, segment))
