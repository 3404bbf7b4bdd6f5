"""The puppet engine: classical vision and graphics on a bare CPU."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from motioncast.arrays import Image
from motioncast.engines.engine import (
    Follow,
    Job,
    OnStep,
    Prepared,
    ReadFrames,
    Rendering,
    equal_segments,
    ignore_steps,
)
from motioncast.engines.puppet.body.driver_pose import read_driver_pose
from motioncast.engines.puppet.canvas import Canvas
from motioncast.engines.puppet.character import Subject, prepare_subject, recolour, take_apart
from motioncast.engines.puppet.composition import composition_warnings
from motioncast.engines.puppet.face.performance import analyse_face
from motioncast.engines.puppet.grain import FilmGrain, noise_level
from motioncast.engines.puppet.performance import Stage, plan_face, plan_performance
from motioncast.engines.puppet.recognise import recognise
from motioncast.engines.puppet.rehearsal import rehearse
from motioncast.engines.puppet.renderer import FigureRenderer
from motioncast.engines.puppet.scene.scene import Scene
from motioncast.errors import InputError
from motioncast.media.geometry import fit_affine, output_size, within
from motioncast.parallel import ordered_map
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.request import Mode

SEGMENT_FRAMES = 96
_DRIVING_SIDE_PX = 832  #: animate mode looks at the performer's face no closer than this


class PuppetEngine:
    """CPU only; reads everything of a request but the prompt."""

    name = "puppet"

    def prepare(self, job: Job) -> Prepared:
        """Take the reference image apart. Raises `InputError` when it holds no separable subject."""
        if job.conditions is not None:
            raise InputError("Only the wan engine renders preprocessed conditions: use --engine wan.")
        return PuppetPrepared(job, prepare_subject(job))


@dataclass(frozen=True)
class PuppetPrepared:
    """A character ready to perform."""

    job: Job
    subject: Subject

    def perform(self, follow: Follow) -> Rendering:
        """Plan the performance; looks at every driving frame once."""
        job = self.job
        # only who replaces the performer must know where the performer is, pixel by pixel
        return self._plan(follow(job.mode is Mode.REPLACE))

    def _plan(self, track: PerformanceTrack) -> Rendering:
        job = self.job
        source = (job.driving.width, job.driving.height)
        if job.mode is Mode.REPLACE:
            size = driving_size = output_size(*source, job.area_px)
        else:
            size, driving_size = self.subject.size, within(source, _DRIVING_SIDE_PX)
        track = track.on_canvas(fit_affine(source, driving_size), driving_size)
        driver = read_driver_pose(track)
        character = take_apart(self.subject, limbs=driver.shows_arms or driver.shows_legs)
        face = recognise(character, track, analyse_face(track))
        performance = plan_performance(character, track, driver, face, Stage(job.mode, size, job.seed))
        rehearsal = rehearse(job, track, face, driving_size)
        scene = None
        if rehearsal.observer is not None:
            scene = rehearsal.observer.finish()
            character = recolour(character, rehearsal.observer.relight(self.subject.image, self.subject.matte).apply)
        performance = replace(performance, face=plan_face(character, face, rehearsal.studied, job.seed))
        warnings = [*_ignored(job), *composition_warnings(job, character, performance)]
        grain = FilmGrain(noise_level(self.subject.image), job.seed)
        figure = FigureRenderer(character, performance, grain)
        return PuppetRendering(job, size, driving_size, figure, scene, warnings)


@dataclass(frozen=True)
class PuppetRendering:
    """A planned performance; renders frames in parallel threads, each independent of all others."""

    job: Job
    size: tuple[int, int]
    driving_size: tuple[int, int]
    figure: FigureRenderer
    scene: Scene | None
    warnings: Sequence[str]
    segment_frames: int = SEGMENT_FRAMES

    @property
    def segments(self) -> Sequence[range]:
        """See `Rendering.segments`."""
        return equal_segments(len(self.job.driving.timeline), self.segment_frames)

    def render(
        self, read: ReadFrames, number: int = 0, carried: bytes | None = None, on_step: OnStep = ignore_steps
    ) -> Iterator[Image]:
        """See `Rendering.render`. An image depends on its own index and driving frame alone."""
        return ordered_map(self._render_frame, read(self.segments[number].start), self.job.threads)

    def carry(self) -> None:
        """See `Rendering.carry`: no segment needs another."""

    def _render_frame(self, item: tuple[int, Image]) -> Image:
        index, frame = item
        if self.scene is not None:
            return self.scene.compose(self.figure, index, frame)
        background = self.figure.character.subject.background
        assert background is not None
        canvas = Canvas(background.copy())
        self.figure.draw(canvas, index, frame)
        return canvas.rgb


def _ignored(job: Job) -> list[str]:
    warnings = []
    if job.prompt.strip():
        warnings.append("The puppet engine cannot read a prompt: it was ignored.")
    if job.profile:
        warnings.append("The puppet engine has no profiles: the profile was ignored.")
    return warnings
