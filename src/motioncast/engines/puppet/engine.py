"""The puppet engine: classical vision and graphics on a bare CPU."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from motioncast.arrays import Image
from motioncast.engines.engine import Follow, Job, Prepared, Rendering
from motioncast.engines.puppet.keepsakes import Keepsakes
from motioncast.errors import InputError
from motioncast.parallel import Background
from motioncast.request import Mode

if TYPE_CHECKING:
    from motioncast.engines.puppet.staging import Cast


class PuppetEngine:
    """CPU only; reads everything of a request but the prompt."""

    name = "puppet"

    def prepare(self, job: Job) -> Prepared:
        """Begin to take the reference image apart, which goes on while the performer is followed."""
        if job.conditions is not None:
            raise InputError("Only the wan engine renders preprocessed conditions: use --engine wan.")
        return PuppetPrepared(job, Background(lambda: _cast(job), "character"))


def _cast(job: Job) -> "Cast":
    # imported here, because it takes a second that the tracking need not wait for
    from motioncast.engines.puppet.staging import cast_subject

    return cast_subject(job)


@dataclass(frozen=True)
class PuppetPrepared:
    """A character in the making."""

    job: Job
    cast: "Background[Cast]"

    def perform(self, follow: Follow) -> Rendering:
        """Plan the performance. Raises `InputError` as soon as the picture turns out to hold no separable subject."""
        kept = Keepsakes(len(self.job.driving.timeline))

        def see(index: int, image: Image) -> None:
            self.cast.check()
            if self.job.mode is Mode.ANIMATE:  # replace mode sees every frame once more anyway
                kept.see(index, image)

        # only who replaces the performer must know where the performer is, pixel by pixel
        try:
            track = follow(self.job.mode is Mode.REPLACE, see)
        except InputError:
            self.cast.result()  # a useless picture is told first, whichever was found out first
            raise
        except BaseException:
            self.cast.close()  # a job that is stopped leaves no thread behind
            raise
        cast = self.cast.result()
        from motioncast.engines.puppet.staging import plan_rendering

        return plan_rendering(self.job, cast, track, kept.frames)
