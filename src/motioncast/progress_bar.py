"""The progress bar of the command line: stage, frames a second and time left, on stderr when it is a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from motioncast.progress import STAGES, OnProgress, ignore_progress
from motioncast.progress import Progress as Step

_LABELS = {
    "fetch": "Opening the inputs",
    "track": "Tracking the performer",
    "prepare": "Preparing the character",
    "render": "Rendering",
    "finish": "Writing the video",
}


class _FrameRate(ProgressColumn):
    """Frames a second of the stages that count frames."""

    def render(self, task: Task) -> Text:
        counts_frames = task.fields["stage"] in {"track", "render"} and task.speed
        return Text(f"{task.speed:5.1f} frames/s" if counts_frames else "", style="cyan")


@contextmanager
def progress_bar() -> Iterator[OnProgress]:
    """A callback that draws one bar a stage; silent when stderr is not a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield ignore_progress
        return
    columns = (TextColumn("{task.description:<24}"), BarColumn(), _FrameRate(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        tasks = {
            stage: bars.add_task(_LABELS[stage], visible=False, start=False, total=None, stage=stage)
            for stage in STAGES
        }

        def show(step: Step) -> None:
            task = tasks[step.stage]
            if not bars.tasks[task].started:
                bars.start_task(task)
            bars.update(task, completed=step.done, total=step.total, visible=True)

        yield show
