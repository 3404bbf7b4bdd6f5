"""The puppet engine in this process: single frames of a job before they are encoded, and what it drew them from.

Two switches make a self-reenactment harder than it would be for a user, so that what is measured is what another
person's picture would get:

* `stranger`: the product notices when the reference shows the performer in a moment of the very clip (`recognise.py`)
  and then copies the performer's mouth as it is, ungraded. No light, size or quality of the picture would keep it from
  doing so; here the question is not put. Placement (`anchor.py`, `pin_head.py`) goes by framing and pose, not by who
  it is, and stays as it is.
* `with_drawn_mouth`: the inside of the mouth is always the drawn one, as for drawn characters and small performers.
"""

import copy
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

import numpy as np

from bench.judge import BenchError
from bench.product import SEED
from motioncast.arrays import Float32, Image, Int32
from motioncast.engines.engine import Job, Prepared
from motioncast.engines.puppet import staging
from motioncast.engines.puppet.canvas import Canvas
from motioncast.engines.puppet.character import Subject
from motioncast.engines.puppet.engine import PuppetEngine, PuppetPrepared
from motioncast.engines.puppet.staging import PuppetRendering
from motioncast.engines.puppet.texture import Texture
from motioncast.errors import InputError
from motioncast.following import follow_performer
from motioncast.media.reader import VideoReader
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.pipeline import open_job
from motioncast.request import AnimateRequest, Mode
from motioncast.settings import load_settings


@dataclass(frozen=True)
class Planned:
    """A job ready to give single frames."""

    job: Job
    subject: Subject  #: the reference at working size, before relighting
    rendering: PuppetRendering
    track: PerformanceTrack  #: in px of the driving video

    def frames(self, wanted: Iterable[int]) -> Iterator[tuple[int, Image, Image]]:
        """(index, driving frame as the engine gets it, output frame) in order."""
        for index, driving in self.driving(wanted):
            yield index, driving, self.rendering._render_frame((index, driving.copy()))

    def driving(self, wanted: Iterable[int]) -> Iterator[tuple[int, Image]]:
        """(index, driving frame as the engine gets it) in order."""
        chosen = set(wanted)
        for index, frame in VideoReader(self.job.driving, size=self.rendering.driving_size, stop=max(chosen) + 1):
            if index in chosen:
                yield index, frame

    def with_drawn_mouth(self) -> "Planned":
        """The same, the inside of the mouth always drawn."""
        figure = self.rendering.figure
        plan = figure.performance.face
        if plan is None:
            return self
        mouth = copy.copy(plan.mouth)
        mouth.uses_driver = False
        performance = replace(figure.performance, face=replace(plan, mouth=mouth))
        return replace(self, rendering=replace(self.rendering, figure=replace(figure, performance=performance)))


@dataclass
class Studio:
    """Plans jobs; every driving clip is tracked once."""

    _tracks: dict[Path, PerformanceTrack] = field(default_factory=dict)

    def plan(self, reference: Path, driving: Path, mode: str = "animate", *, stranger: bool = False) -> Planned:
        """Everything before the first frame, at 480p. Raises `BenchError` when the product refuses the inputs."""
        request = AnimateRequest(image=str(reference), video=str(driving), mode=Mode(mode), seed=int(SEED))
        with tempfile.TemporaryDirectory(prefix="bench-") as workdir:
            try:
                job = open_job(request, int(SEED), load_settings(), Path(workdir))
                prepared = PuppetEngine().prepare(job)
                track = self._track(job, driving)
                if stranger:
                    with patch.object(staging, "recognise", lambda _, __, performance, ___: performance):
                        return self._planned(prepared, track)
                return self._planned(prepared, track)
            except InputError as error:
                raise BenchError(f"{reference.name} + {driving.name}: {error}") from error

    @staticmethod
    def _planned(prepared: Prepared, track: PerformanceTrack) -> Planned:
        assert isinstance(prepared, PuppetPrepared)
        rendering = prepared.perform(lambda masks, see: track)
        assert isinstance(rendering, PuppetRendering)
        return Planned(prepared.job, prepared.cast.result().subject, rendering, track)

    def _track(self, job: Job, driving: Path) -> PerformanceTrack:
        if driving not in self._tracks:
            self._tracks[driving] = follow_performer(job.driving, job.models, masks=True)
        return self._tracks[driving]


class WatchedCanvas(Canvas):
    """A canvas that draws nothing, and remembers where the mesh with the given triangles would have been drawn."""

    def __init__(self, size: tuple[int, int], triangles: Int32) -> None:
        """size: (W, H)."""
        super().__init__(np.zeros((size[1], size[0], 3), np.uint8))
        self._watched = triangles
        self.vertices_px: Float32 | None = None  #: (V, 3) of the watched mesh, once it is drawn

    def draw(self, vertices_px: Float32, uv_px: Float32, triangles: Int32, texture: Texture, scale: float) -> None:
        """See `Canvas.draw`."""
        if triangles is self._watched:
            self.vertices_px = np.array(vertices_px)


def drawn_vertices(planned: Planned, wanted: Iterable[int]) -> Iterator[tuple[int, Float32]]:
    """(index, vertices (V, 3) on the canvas) of the trunk's mesh in the wanted frames."""
    figure = planned.rendering.figure
    for index, driving in planned.driving(wanted):
        canvas = WatchedCanvas(planned.rendering.size, figure.character.trunk.mesh.triangles)
        figure.draw(canvas, index, driving)
        assert canvas.vertices_px is not None
        yield index, canvas.vertices_px


def spread(count: int, wanted: int) -> list[int]:
    """At most `wanted` frame numbers of a clip of `count` frames at equal distances, first and last included."""
    return sorted(set(np.linspace(0, count - 1, min(wanted, count)).round().astype(int).tolist()))
