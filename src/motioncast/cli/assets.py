"""`motioncast models | samples | demo`: what is fetched once, and a look at what it does."""

from pathlib import Path
from typing import Annotated

import typer


def models() -> None:
    """Fetch and verify the network weights; prints the folder they are in."""
    from motioncast.models import ensure_models, ensure_moderation_model
    from motioncast.settings import load_settings

    settings = load_settings()
    ensure_moderation_model(settings)
    print(ensure_models(settings))


def samples() -> None:
    """Fetch and verify sample pictures and clips; prints the folder they are in."""
    from motioncast.samples import ensure_samples
    from motioncast.settings import load_settings

    print(ensure_samples(load_settings()))


def demo(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write to.")] = Path("demo"),
) -> None:
    """Run both modes on sample media and draw a contact sheet."""
    from motioncast.demo import run_demo
    from motioncast.pipeline import AnimateResult
    from motioncast.progress_bar import progress_bar

    def report(result: AnimateResult) -> None:
        seconds = sum(result.timings.values()) / 1000
        print(f"{result.output}: {result.frames} frames, {result.width}x{result.height}, {seconds:.1f} s")

    with progress_bar() as on_progress:
        print(run_demo(output, on_progress, report))
