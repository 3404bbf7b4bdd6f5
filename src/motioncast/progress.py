"""How a running job tells its caller where it stands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from motioncast.arrays import Image

Stage: TypeAlias = Literal["fetch", "prepare", "track", "render", "finish"]
#: In the order in which they begin; "prepare" reads the picture before and plans the performance after "track".
STAGES: tuple[Stage, ...] = ("fetch", "prepare", "track", "render", "finish")


@dataclass(frozen=True, slots=True)
class Progress:
    """A job has finished `done` of `total` steps of `stage` (frames, for `track` and `render`)."""

    stage: Stage
    done: int
    total: int
    image: "Image | None" = None  #: the frame just rendered, (H, W, 3) RGB, not to be written to
    doing: str = ""  #: what is being done, where that takes long: "segment 2 of 3, step 7 of 20"


#: Called often and from the job's own thread. An exception raised here (such as `Cancelled`) stops the job.
OnProgress: TypeAlias = Callable[[Progress], None]


def ignore_progress(_: Progress) -> None:
    """The progress callback of a caller who does not look."""
