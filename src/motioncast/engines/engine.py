"""What every engine offers, whatever it runs on.

A job passes through an engine in three steps, each independent of the length of the clip in memory:

    prepared = engine.prepare(job)          everything known about the reference image
    rendering = prepared.perform(track)     the plan for this performance: size, segments, warnings
    for image in rendering.render(frames):  one output image for every driving frame
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from motioncast.arrays import Image
from motioncast.media.image import ReferenceImage
from motioncast.media.probe import VideoInfo
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.request import Mode


@dataclass(frozen=True, slots=True)
class Job:
    """A request whose inputs have been opened."""

    reference: ReferenceImage
    driving: VideoInfo
    mode: Mode
    area_px: int  #: output area, width times height
    prompt: str
    seed: int
    models: Path  #: directory of network weights
    threads: int


class Rendering(Protocol):
    """One performance, ready to be rendered frame by frame."""

    @property
    def size(self) -> tuple[int, int]:
        """Output (width, height)."""

    @property
    def driving_size(self) -> tuple[int, int]:
        """The (width, height) at which `render` wants the driving frames."""

    @property
    def segment_frames(self) -> int:
        """Frames a segment; the clip is cut into segments of this length, the last one shorter."""

    @property
    def warnings(self) -> Sequence[str]:
        """What the user should know: ignored parameters, inputs that do not fit together."""

    def render(self, frames: Iterable[tuple[int, Image]]) -> Iterator[Image]:
        """Driving frames (index, (H, W, 3) RGB at `driving_size`) to output images (H, W, 3) RGB at `size`, in order.

        An output image depends on its own frame index and driving frame alone, so a rendering may start anywhere.
        """


class Prepared(Protocol):
    """A character, ready to perform."""

    @property
    def needs_masks(self) -> bool:
        """Whether the track must come with person masks."""

    def perform(self, track: PerformanceTrack) -> Rendering:
        """Plan a performance. Raises `InputError` when this character cannot give it."""


class Engine(Protocol):
    """An engine: `puppet` or `wan`."""

    name: str

    def prepare(self, job: Job) -> Prepared:
        """Read the reference image. Raises `InputError` when it holds no usable subject."""
