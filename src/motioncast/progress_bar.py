"""The progress bar of the command line: stage, frames a second and time left, on stderr when it is a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from motioncast.progress import OnProgress, Stage, ignore_progress
from motioncast.progress import Progress as Step

_LABELS: dict[Stage, str] = {
    "fetch": "Opening the inputs",
    "track": "Tracking the performer",
    "prepare": "Preparing the character",
    "render": "Rendering",
    "finish": "Writing the video",
}
_COUNT_FRAMES = frozenset({"track", "render"})


class _FrameRate(ProgressColumn):
    """Frames a second of the stages that count frames."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        counts_frames = task.fields["stage"] in _COUNT_FRAMES and speed
        return Text(f"{speed:5.1f} frames/s" if counts_frames else "", style="cyan")


@contextmanager
def progress_bar(console: Console | None = None) -> Iterator[OnProgress]:
    """A callback that draws one bar a stage on `console` (default: stderr); silent when that is not a terminal.

    The bars come in the order in which the stages begin, start anew with the next job, and are gone at the end.
    """
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield ignore_progress
        return
    doing = TextColumn("{task.fields[doing]}", style="dim")
    columns = (TextColumn("{task.description:<24}"), BarColumn(), _FrameRate(), TimeRemainingColumn(), doing)
    with Progress(*columns, console=console, transient=True) as bars:
        yield _Bars(bars).show


class _Bars:
    """The bars of the job that runs."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[Stage, TaskID] = {}

    def show(self, step: Step) -> None:
        """Draw a step."""
        if step.stage == "fetch" and step.done == 0:
            for task in self._tasks.values():
                self._bars.remove_task(task)
            self._tasks.clear()
        if step.stage not in self._tasks:
            self._tasks[step.stage] = self._bars.add_task(
                _LABELS[step.stage], total=step.total, stage=step.stage, doing=""
            )
        self._bars.update(self._tasks[step.stage], completed=step.done, total=step.total, doing=step.doing)
