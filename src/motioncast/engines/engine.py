"""What every engine offers, whatever it runs on.

A job passes through an engine in three steps, each independent of the length of the clip in memory:

    prepared = engine.prepare(job)          everything known about the reference image
    rendering = prepared.perform(follow)    the plan for this performance: size, segments, warnings
    for image in rendering.render(read):    one output image for every driving frame
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from motioncast.arrays import Image
from motioncast.media.image import ReferenceImage
from motioncast.media.probe import VideoInfo
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.request import Mode

#: Longer side of the frames at which the performer is followed.
FOLLOWED_SIDE_PX = 832
#: Shown every frame that is followed: (index, (H, W, 3) RGB within `FOLLOWED_SIDE_PX`). What it raises ends that.
See: TypeAlias = Callable[[int, Image], None]
#: Follows the performer through the driving video, which takes a while; the first argument asks for person masks.
Follow: TypeAlias = Callable[[bool, See], PerformanceTrack]
#: The driving frames from an index on: (index, (H, W, 3) RGB at the rendering's `driving_size`).
ReadFrames: TypeAlias = Callable[[int], Iterable[tuple[int, Image]]]
#: Told the share (0 to 1) of the segment in the making that is done, and what is being done, such as "step 3 of 20".
OnStep: TypeAlias = Callable[[float, str], None]


def ignore_frames(index: int, image: Image) -> None:
    """For an engine that need not see the followed frames."""


def ignore_steps(share: float, doing: str) -> None:
    """The step callback of a caller who does not look."""


def equal_segments(frames: int, length: int) -> tuple[range, ...]:
    """The frames 0 .. `frames` - 1 in runs of `length`, the last one shorter."""
    return tuple(range(start, min(start + length, frames)) for start in range(0, frames, length))


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
    rehearsal: bool = False  #: only looked at, never rendered
    profile: str = ""  #: how thoroughly a generative engine works; "" is the engine's own choice
    home: Path | None = None  #: where an engine may keep what the next job would compute again
    conditions: Path | None = None  #: folder of preprocessed conditions to render instead of the driving video's own


class Rendering(Protocol):
    """One performance, ready to be rendered frame by frame."""

    @property
    def size(self) -> tuple[int, int]:
        """Output (width, height)."""

    @property
    def driving_size(self) -> tuple[int, int]:
        """The (width, height) at which `render` wants the driving frames."""

    @property
    def segments(self) -> Sequence[range]:
        """Output frames of each segment, in order: together those of the clip. A segment is one closed run of H.264."""

    @property
    def warnings(self) -> Sequence[str]:
        """What the user should know: ignored parameters, inputs that do not fit together."""

    def render(
        self, read: ReadFrames, number: int = 0, carried: bytes | None = None, on_step: OnStep = ignore_steps
    ) -> Iterator[Image]:
        """Output images (H, W, 3) RGB at `size`, in order, from the first frame of segment `number` on.

        A rendering may start at any segment, given what `carry` returned when the one before was complete; the images
        are those of a rendering from the start. What `on_step` raises ends the rendering.
        """

    def carry(self) -> bytes | None:
        """Asked for when the last image of a segment has come out: what the next needs of those before, if anything."""


class Prepared(Protocol):
    """A character, ready to perform."""

    def perform(self, follow: Follow) -> Rendering:
        """Plan a performance. Raises `InputError` when this character cannot give it."""


class Engine(Protocol):
    """An engine: `puppet` or `wan`."""

    name: str

    def prepare(self, job: Job) -> Prepared:
        """Read the reference image, or begin to: the engine may go on with it while the performer is followed.

        A picture without a usable subject raises `InputError`, here or in `Prepared.perform`.
        """
