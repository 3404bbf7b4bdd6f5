"""Before the performer is known, the character; afterwards, the plan of its performance, and its frames."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from motioncast.arrays import Float64, Image
from motioncast.engines.engine import FOLLOWED_SIDE_PX, Job, OnStep, ReadFrames, equal_segments, ignore_steps
from motioncast.engines.puppet.at_rest import picture_share
from motioncast.engines.puppet.body.driver_pose import read_driver_pose
from motioncast.engines.puppet.canvas import Canvas
from motioncast.engines.puppet.character import Character, Subject, prepare_subject, recolour, take_apart
from motioncast.engines.puppet.composition import composition_warnings
from motioncast.engines.puppet.face.performance import analyse_face
from motioncast.engines.puppet.grain import FilmGrain, noise_level
from motioncast.engines.puppet.ground import GroundShadow, ground_shadow
from motioncast.engines.puppet.keepsakes import as_rendered
from motioncast.engines.puppet.performance import Stage, plan_face, plan_performance
from motioncast.engines.puppet.recognise import recognise
from motioncast.engines.puppet.rehearsal import frames_at, rehearse
from motioncast.engines.puppet.renderer import FigureRenderer
from motioncast.engines.puppet.scene.scene import Scene
from motioncast.media.geometry import fit_affine, output_size, within
from motioncast.parallel import ordered_map
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.request import Mode

SEGMENT_FRAMES = 96


@dataclass(frozen=True)
class Cast:
    """The subject of the picture, and the character that it most likely makes."""

    subject: Subject
    likely: Character
    likely_limbs: bool  #: whether `likely` has limbs that move

    def character(self, limbs: bool, on_legs: bool) -> Character:
        """The character with limbs that move, or without; see `take_apart`."""
        as_expected = limbs == self.likely_limbs and not on_legs
        return self.likely if as_expected else take_apart(self.subject, limbs, on_legs)


def cast_subject(job: Job) -> Cast:
    """Everything that can be made of the picture alone. Raises `InputError` when it holds no separable subject."""
    subject = prepare_subject(job)
    # a performer mostly shows about as much as the picture does
    limbs = subject.joints.framing != "portrait"
    return Cast(subject, take_apart(subject, limbs), limbs)


@dataclass(frozen=True)
class PuppetRendering:
    """A planned performance; renders frames in parallel threads, each independent of all others."""

    job: Job
    size: tuple[int, int]
    driving_size: tuple[int, int]
    figure: FigureRenderer
    scene: Scene | None
    ground: GroundShadow | None  #: under the feet, where there is no scene
    picture_share: Float64 | None  #: (N,) how much of each image is the picture itself; None where there is a scene
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
        first = self.segments[number].start
        frames: Iterable[tuple[int, Image | None]] = read(first)
        if self.scene is None and not self.figure.looks_at_performer:
            frames = ((index, None) for index in range(first, len(self.job.driving.timeline)))
        # an image without a scene costs about as much as its encoding, which has a thread of its own
        threads = self.job.threads if self.scene is not None else max(1, self.job.threads - 1)
        return ordered_map(self._render_frame, frames, threads)

    def carry(self) -> None:
        """See `Rendering.carry`: no segment needs another."""

    def _render_frame(self, item: tuple[int, Image | None]) -> Image:
        index, frame = item
        if self.scene is not None:
            assert frame is not None
            return self.scene.compose(self.figure, index, frame)
        subject, share = self.figure.character.subject, self._share(index)
        if share == 1.0:
            return subject.image.copy()
        assert subject.background is not None
        canvas = Canvas(subject.background.copy())
        if self.ground is not None:
            self.ground.draw(canvas.rgb, *self.figure.soles(index))
        self.figure.draw(canvas, index, frame)
        if share > 0.0:
            return np.asarray(cv2.addWeighted(subject.image, share, canvas.rgb, 1.0 - share, 0.0), np.uint8)
        return canvas.rgb

    def _share(self, index: int) -> float:
        return 0.0 if self.picture_share is None else float(self.picture_share[index])


def plan_rendering(job: Job, cast: Cast, track: PerformanceTrack, kept: Mapping[int, Image]) -> PuppetRendering:
    """Plan the performance. `track` is in px of the driving video, the frames `kept` are at most `FOLLOWED_SIDE_PX`."""
    source, subject = (job.driving.width, job.driving.height), cast.subject
    if job.mode is Mode.REPLACE:
        size = driving_size = output_size(*source, job.area_px)
    else:
        size, driving_size = subject.size, within(source, FOLLOWED_SIDE_PX)
    track = track.on_canvas(fit_affine(source, driving_size), driving_size)
    driver = read_driver_pose(track)
    on_legs = job.mode is Mode.REPLACE and driver.shows_legs
    character = cast.character(driver.shows_arms or driver.shows_legs, on_legs)
    seen = as_rendered(kept, source, driving_size)

    def frame_at(index: int) -> Image:
        return frames_at(job, [index], driving_size, seen)[index]

    face = recognise(character, track, analyse_face(track), frame_at)
    performance = plan_performance(character, track, driver, face, Stage(job.mode, size, job.seed))
    rehearsal = rehearse(job, track, face, driving_size, seen)
    scene = None
    if rehearsal.observer is not None:
        scene = rehearsal.observer.finish()
        character = recolour(character, rehearsal.observer.relight(subject.image, subject.matte).apply)
    performance = replace(performance, face=plan_face(character, face, rehearsal.studied, job.seed))
    warnings = [*_ignored(job), *composition_warnings(job, character, performance)]
    # before a picture that stands still there is no living noise to match
    grain = FilmGrain(noise_level(subject.image) if scene is not None else 0.0, job.seed)
    figure = FigureRenderer(character, performance, grain)
    ground = ground_shadow(character) if scene is None else None
    share = picture_share(character, performance, track.rate) if scene is None else None
    return PuppetRendering(job, size, driving_size, figure, scene, ground, share, warnings)


def _ignored(job: Job) -> list[str]:
    warnings = []
    if job.prompt.strip():
        warnings.append("The puppet engine cannot read a prompt: it was ignored.")
    if job.profile:
        warnings.append("The puppet engine has no profiles: the profile was ignored.")
    return warnings
