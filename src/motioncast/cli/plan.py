"""`motioncast plan`."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from motioncast.errors import InputError
from motioncast.request import Mode, Resolution

if TYPE_CHECKING:
    from rich.console import RenderableType

    from motioncast.engines.wan.gpus import Gpu
    from motioncast.engines.wan.outlook import Outlook


def plan(
    gpu: Annotated[str | None, typer.Option(metavar="NAME", help='A card, such as "RTX 4090" or H100.')] = None,
    resolution: Annotated[
        str, typer.Option(metavar="480p|720p", help="Output area: 832x480 or 1280x720 pixels.")
    ] = Resolution.P480.value,
    seconds: Annotated[float, typer.Option(help="Length of the driving video.")] = 10.0,
    fps: Annotated[float, typer.Option(help="Its frames a second.")] = 30.0,
    mode: Annotated[str, typer.Option(metavar="animate|replace", help="What to render.")] = Mode.ANIMATE.value,
    profile: Annotated[
        str,
        typer.Option(
            metavar="quality|balanced|turbo", help="20 steps; 20 with a step cache; 4 with a step-distillation LoRA."
        ),
    ] = "quality",
    gpu_memory: Annotated[float | None, typer.Option(metavar="GIB", help="Memory of a card not known by name.")] = None,
    gpu_tflops: Annotated[
        float | None, typer.Option(metavar="TFLOPS", help="Its nominal bf16 speed: dense, float32 accumulation.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what of the wan engine fits on a card, and roughly how long a job takes. Needs neither card nor weights."""
    from motioncast.engines.wan.outlook import make_job, outlook

    answer = outlook(make_job(mode, resolution, profile, seconds, fps), _card(gpu, gpu_memory, gpu_tflops))
    if as_json:
        print(json.dumps(answer.as_json()))
        return
    from rich.console import Console

    console = Console(highlight=False)
    for part in (_summary(answer), _table(answer), *_notes(answer)):
        console.print(part)


def _card(name: str | None, memory_gib: float | None, tflops: float | None) -> "Gpu":
    from motioncast.engines.wan.gpus import Gpu, find_gpu

    if name is not None and memory_gib is None and tflops is None:
        return find_gpu(name)
    if name is None and memory_gib is not None and tflops is not None:
        if not (memory_gib > 0 and tflops > 0):
            raise InputError("--gpu-memory and --gpu-tflops must be above 0.")
        return Gpu("this card", memory_gib, tflops)
    raise InputError("Name a card by --gpu, or describe one by both --gpu-memory and --gpu-tflops.")


def _summary(answer: "Outlook") -> "RenderableType":
    from rich.table import Table

    job, gpu, speed = answer.job, answer.gpu, answer.gpu.speed
    width, height = job.size
    rate = f"{speed.slowest:.0f}" if speed.slowest == speed.fastest else f"{speed.slowest:.0f} to {speed.fastest:.0f}"
    grid = Table.grid(padding=(0, 2))
    grid.add_row("Job", f"{job.mode.value}, {job.seconds:g} s at {job.fps:g} fps, {width}x{height}, {job.profile_name}")
    plural = "" if job.segments == 1 else "s"
    grid.add_row("", f"{job.frames:,} frames: {job.segments} segment{plural} of 77, {job.profile.steps} steps each")
    work = f"{answer.step_pflop:.3g} PFLOP a step, {answer.segment_pflop:.1f} a segment, {answer.job_pflop:,.0f} in all"
    grid.add_row("Work", f"{work} [dim](computed)[/]")
    grid.add_row("Card", f"[bold]{gpu.name}[/], {gpu.memory_gib:g} GiB, {gpu.tflops:g} TFLOP/s nominal")
    grid.add_row("Speed", f"{rate} TFLOP/s in practice [dim]({speed.basis})[/]")
    return grid


def _table(answer: "Outlook") -> "RenderableType":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Memory plan")
    for heading in ("Card, GiB", "RAM, GiB"):
        table.add_column(heading, justify="right")
    for heading in ("Fits", "Whole job", "Speed is"):
        table.add_column(heading)
    for plan in answer.plans:
        table.add_row(
            plan.name,
            _gib(plan.gpu_gib),
            _gib(plan.ram_gib),
            "[green]yes[/]" if plan.fits else "[red]no[/]",
            _span(plan.seconds) if plan.fits else "",
            plan.basis.split(",")[0].removesuffix(" by others") if plan.fits else "",
            style="bold" if plan is answer.advised else "",
        )
    return table


def _notes(answer: "Outlook") -> list[str]:
    from motioncast.engines.wan.outlook import CPU_TFLOPS

    job, speed = answer.job, answer.gpu.speed
    notes = [
        f"[bold]Take {answer.advised.name}[/]: {_span(answer.advised.seconds)} for the job, "
        f"{_span(_each(answer.advised.seconds, job.segments))} a segment.",
        "",
        "Memory is computed: weights exactly, activations from a trace without data; 1 GiB is kept for the driver. "
        "The text and image encoders (12 GiB) count as gone before denoising begins.",
        f"The card's speed is {speed.basis}: {speed.source}.",
    ]
    if not answer.advised.gpu_gib:
        notes.append(f"The processor's speed is assumed: {CPU_TFLOPS:g} TFLOP/s.")
    if job.profile.skipped:
        notes.append(
            f"The step cache may skip none to {job.profile.skipped:.0%} of the steps: a guess, never measured."
        )
    if job.mode is Mode.REPLACE:
        notes.append("Replace does the same work in the network; person masks and paste-back come on top.")
    notes.append("Loading, preprocessing and writing the video are not in it.")
    notes.append("[bold]None of these figures was measured by this project, which had no GPU.[/]")
    return notes


def _each(seconds: tuple[float, float], count: int) -> tuple[float, float]:
    return seconds[0] / count, seconds[1] / count


def _gib(gib: float) -> str:
    return f"{gib:.1f}" if gib else "–"


def _span(seconds: tuple[float, float]) -> str:
    """A time or a range of times in the unit of its end: "4 to 9 min"."""
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        if seconds[1] >= 2 * length or unit == "s":
            low, high = (_rounded(value / length) for value in seconds)
            return f"{high} {unit}" if low == high else f"{low} to {high} {unit}"
    raise AssertionError("seconds always fit")


def _rounded(value: float) -> str:
    """Two figures: more would promise what an estimate cannot hold."""
    return f"{value:.1f}".removesuffix(".0") if value < 10 else str(round(value))
