"""The progress bar on a terminal that is a text buffer."""

import io
import re

from rich.console import Console

from motioncast.progress import Progress
from motioncast.progress_bar import progress_bar

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def drawn(steps: list[Progress], terminal: bool = True) -> str:
    buffer = io.StringIO()
    with progress_bar(Console(file=buffer, force_terminal=terminal, width=100)) as show:
        for step in steps:
            show(step)
    return _CONTROL.sub("", buffer.getvalue())


def last_screen(text: str) -> list[str]:
    """The bars as they were drawn last."""
    lines = [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]
    names = [line.split("  ")[0] for line in lines]
    first = len(lines) - 1 - names[::-1].index("Opening the inputs")
    return names[first:]


def test_bars_stand_in_the_order_in_which_stages_begin():
    steps = [Progress("fetch", 0, 1), Progress("prepare", 1, 2), Progress("track", 5, 10), Progress("render", 3, 10)]
    assert last_screen(drawn(steps)) == [
        "Opening the inputs",
        "Preparing the character",
        "Tracking the performer",
        "Rendering",
    ]


def test_the_next_job_begins_with_clean_bars():
    steps = [Progress("fetch", 0, 1), Progress("render", 10, 10), Progress("fetch", 0, 1), Progress("track", 1, 10)]
    assert last_screen(drawn(steps)) == ["Opening the inputs", "Tracking the performer"]


def test_nothing_is_drawn_where_nobody_looks():
    assert drawn([Progress("fetch", 0, 1), Progress("render", 3, 10)], terminal=False) == ""
