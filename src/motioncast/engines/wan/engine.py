"""The wan engine: Wan2.2-Animate-14B on a GPU, or anywhere at all with patience."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from motioncast.arrays import Image
from motioncast.engines.engine import Follow, Job, OnStep, Prepared, ReadFrames, Rendering, ignore_steps
from motioncast.engines.wan.checkpoint import Checkpoint, find_checkpoint
from motioncast.engines.wan.conditions.condition import Condition
from motioncast.engines.wan.conditions.files import read_conditions
from motioncast.engines.wan.conditions.reference import find_person, reference_canvas
from motioncast.engines.wan.conditions.stream import canvas_sizes, plan_conditions
from motioncast.engines.wan.detectors.choice import refine_track
from motioncast.engines.wan.installed import require_extra
from motioncast.engines.wan.paste_back import paste_back
from motioncast.engines.wan.profiles import Profile, choose_profile
from motioncast.engines.wan.segments import LONGEST, Segment, plan_segments
from motioncast.engines.wan.settings import WanSettings
from motioncast.engines.wan.window import first_needed
from motioncast.errors import InputError, ProcessingError
from motioncast.media.geometry import fit_affine
from motioncast.parallel import ahead
from motioncast.perception.landmarks import StillLandmarks
from motioncast.request import Mode
from motioncast.settings import load_settings, read_settings

if TYPE_CHECKING:
    from motioncast.engines.wan.model.sampler import Sampler

#: Conditions of the clip from a frame on; `read` gives the driving frames.
Conditions = Callable[[ReadFrames, int], Iterator[Condition]]


class WanEngine:
    """Reads everything of a request. Needs the wan extra and a checkpoint."""

    name = "wan"

    def prepare(self, job: Job) -> Prepared:
        """Find the checkpoint and look at the reference image. Raises `InputError` where a job cannot run."""
        settings, profile, checkpoint = equipment(job.profile)
        still = None
        if job.mode is Mode.ANIMATE and job.conditions is None:
            still = find_person(job.reference, job.models)
        return WanPrepared(job, settings, profile, checkpoint, still)


def equipment(profile: str = "") -> tuple[WanSettings, Profile, Checkpoint]:
    """What every job needs; a checkpoint on a hub is fetched. Raises `InputError` or `ProcessingError` without it."""
    require_extra()
    settings = read_settings(WanSettings)
    chosen = choose_profile(profile or settings.wan_profile, settings.wan_distill)
    return settings, chosen, find_checkpoint(settings.wan_model, transformer=not settings.wan_transformer)


@dataclass(frozen=True)
class WanPrepared:
    """A character and a model, ready to perform."""

    job: Job
    settings: WanSettings
    profile: Profile
    checkpoint: Checkpoint
    still: StillLandmarks | None

    def perform(self, follow: Follow) -> Rendering:
        """Plan the performance."""
        job = self.job
        if job.conditions is not None:
            stored = read_conditions(job.conditions, job.mode)
            if len(stored) != len(job.driving.timeline):
                raise InputError(
                    f"The conditions in {job.conditions} are {len(stored)} frames and the driving video is "
                    f"{len(job.driving.timeline)}: give the video that they were made of, or none."
                )
            return self._rendering(stored.size, (64, 64), stored.reference, lambda _, first: stored.conditions(first))
        source = (job.driving.width, job.driving.height)
        picture = job.reference.rgb
        size, driving_size = canvas_sizes(job.mode, (picture.shape[1], picture.shape[0]), source, job.area_px)
        track = follow(job.mode is Mode.REPLACE).on_canvas(fit_affine(source, driving_size), driving_size)
        track, detected = refine_track(track, job, driving_size, self.settings)
        stream = plan_conditions(job.mode, track, self.still, size, detected=detected)
        reference = reference_canvas(job.reference, size, job.mode)
        return self._rendering(
            size, driving_size, reference, lambda read, first: stream.conditions(read(first)), stream.warnings
        )

    def _rendering(
        self,
        size: tuple[int, int],
        driving_size: tuple[int, int],
        reference: Image,
        conditions: Conditions,
        warnings: Sequence[str] = (),
    ) -> "WanRendering":
        settings = self.settings
        shot = plan_segments(len(self.job.driving.timeline), settings.wan_carried, settings.wan_segments)
        return WanRendering(self, size, driving_size, reference, conditions, shot, warnings)


@dataclass
class WanRendering:
    """A planned performance. The networks are loaded when it begins."""

    prepared: WanPrepared
    size: tuple[int, int]
    driving_size: tuple[int, int]
    reference: Image  #: (H, W, 3) the reference image on the output canvas
    conditions: Conditions
    shot: tuple[Segment, ...]
    warnings: Sequence[str]
    _sampler: "Sampler | None" = field(default=None, init=False)

    @property
    def segments(self) -> Sequence[range]:
        """See `Rendering.segments`."""
        return [range(segment.first, segment.stop) for segment in self.shot]

    def render(
        self, read: ReadFrames, number: int = 0, carried: bytes | None = None, on_step: OnStep = ignore_steps
    ) -> Iterator[Image]:
        """See `Rendering.render`. Conditions of the next segment are made while this one is denoised."""
        from motioncast.engines.wan.model.pixels import to_images
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
        self._sampler = sampler = self._make_sampler()
        first = first_needed(self.shot[number:], len(self))
        seen: dict[int, Condition] = {}
        conditions = ahead(self._remembered(read, first, seen), LONGEST, "conditions")

        def step(segment: int, done: int) -> None:
            steps = sampler.shot.steps
            # decoding counts as one more step
            on_step(done / (steps + 1), f"step {done} of {steps}" if done < steps else "decoding")

        try:
            index = self.segments[number].start
            for frames in sampler.run(conditions, first, carry, step):
                for image in to_images(frames):
                    yield self._finished(image, seen, index)
                    index += 1
        finally:
            conditions.close()  # type: ignore[attr-defined]  # a generator

    def carry(self) -> bytes | None:
        """See `Rendering.carry`."""
        assert self._sampler is not None
        assert self._sampler.carry is not None
        return self._sampler.carry.to_bytes()

    def __len__(self) -> int:
        return len(self.prepared.job.driving.timeline)

    def _remembered(self, read: ReadFrames, first: int, seen: dict[int, Condition]) -> Iterator[Condition]:
        """The conditions, kept until their frame has been finished where it takes pixels from them."""
        pastes = self.prepared.job.mode is Mode.REPLACE and self.prepared.settings.wan_paste_back
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

        job, settings, prepared = self.prepared.job, self.prepared.settings, self.prepared
        replace = job.mode is Mode.REPLACE
        area = self.size[0] * self.size[1]
        networks = load_networks(settings, prepared.checkpoint, prepared.profile, area, replace)
        shot = Shot(
            frames=len(self),
            size=self.size,
            replace=replace,
            segments=self.shot,
            carried=settings.wan_carried,
            steps=prepared.profile.steps,
            guidance=settings.wan_guidance,
            seed=job.seed,
            match_colour=settings.wan_match_colour,
        )
        embedder = Embedder(prepared.checkpoint, networks, job.home or load_settings().home)
        embeddings = embedder.embed(job.prompt, settings.wan_guidance > 1, self.reference, settings.clip_fit)
        return Sampler(networks, shot, embeddings, lambda segment: embedder.empty_clip(self.size, segment))
