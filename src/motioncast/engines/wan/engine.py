"""The wan engine: Wan2.2-Animate-14B on a GPU, or anywhere at all with patience."""

from collections.abc import Sequence
from dataclasses import dataclass

from motioncast.arrays import Image
from motioncast.engines.engine import Follow, Job, Prepared, Rendering
from motioncast.engines.wan.checkpoint import find_checkpoint
from motioncast.engines.wan.conditions.files import read_conditions
from motioncast.engines.wan.conditions.reference import reference_canvas
from motioncast.engines.wan.installed import require_extra
from motioncast.engines.wan.planning import find_character, plan_stream
from motioncast.engines.wan.profiles import choose_profile
from motioncast.engines.wan.rendering import Conditions, Equipment, WanRendering
from motioncast.engines.wan.segments import plan_segments
from motioncast.engines.wan.settings import WanSettings
from motioncast.errors import InputError
from motioncast.perception.landmarks import StillLandmarks
from motioncast.settings import read_settings


class WanEngine:
    """Reads everything of a request. Needs the wan extra and a checkpoint."""

    name = "wan"

    def prepare(self, job: Job) -> Prepared:
        """Find the checkpoint and look at the reference image. Raises `InputError` where a job cannot run."""
        equipment = equip(job.profile)
        return WanPrepared(job, equipment, find_character(job) if job.conditions is None else None)


def equip(profile: str = "") -> Equipment:
    """What every job needs; a checkpoint on a hub is fetched. Raises `InputError` or `ProcessingError` without it."""
    require_extra()
    settings = read_settings(WanSettings)
    chosen = choose_profile(profile or settings.wan_profile, settings.wan_distill)
    return Equipment(settings, chosen, find_checkpoint(settings.wan_model, transformer=not settings.wan_transformer))


@dataclass(frozen=True)
class WanPrepared:
    """A character and a model, ready to perform."""

    job: Job
    equipment: Equipment
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
            size = stored.size  # also of the driving frames, which nobody reads
            return self._rendering(size, size, stored.reference, lambda _, first: stored.conditions(first))
        stream = plan_stream(job, self.still, follow, self.equipment.settings)
        reference = reference_canvas(job.reference, stream.size, job.mode)
        return self._rendering(
            stream.size,
            stream.driving_size,
            reference,
            lambda read, first: stream.conditions(read(first)),
            stream.warnings,
        )

    def _rendering(
        self,
        size: tuple[int, int],
        driving_size: tuple[int, int],
        reference: Image,
        conditions: Conditions,
        warnings: Sequence[str] = (),
    ) -> WanRendering:
        settings = self.equipment.settings
        plan = plan_segments(len(self.job.driving.timeline), settings.wan_carried, settings.wan_segments)
        return WanRendering(self.job, self.equipment, size, driving_size, reference, conditions, plan, warnings)
