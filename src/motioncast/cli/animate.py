"""`motioncast animate`."""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from motioncast.errors import InputError
from motioncast.request import MAX_SEED, AnimateRequest, Mode, Resolution


def animate(
    reference: Annotated[
        str, typer.Argument(metavar="REFERENCE", help="Picture of the character: a file or an http(s) URL.")
    ] = "",
    driving: Annotated[
        str, typer.Argument(metavar="DRIVING", help="Video of the performer: a file or an http(s) URL.")
    ] = "",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The MP4 file to write.")] = None,
    mode: Annotated[
        str,
        typer.Option(
            metavar="animate|replace",
            help="animate: the character performs; replace: it takes the performer's place.",
        ),
    ] = Mode.ANIMATE.value,
    resolution: Annotated[
        str, typer.Option(metavar="480p|720p", help="Output area: 832x480 or 1280x720 pixels.")
    ] = Resolution.P480.value,
    prompt: Annotated[str, typer.Option(help="Text for engines that read one.")] = "",
    seed: Annotated[int, typer.Option(help=f"-1 (random) to {MAX_SEED}; the same seed gives the same video.")] = -1,
    engine: Annotated[str, typer.Option(help="auto, puppet or wan.")] = "auto",
    keep_audio: Annotated[bool, typer.Option("--keep-audio/--no-audio", help="Keep the driving video's sound.")] = True,
    profile: Annotated[
        str, typer.Option(metavar="quality|balanced|turbo", help="wan: how thoroughly to work (quality).")
    ] = "",
    from_preprocessed: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="wan: render what `motioncast preprocess` or the official preprocessing wrote, in its mode. "
            "REFERENCE and DRIVING may be left out; with DRIVING, its sound is kept.",
        ),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep finished work here; the same command goes on from it after a crash."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Let the character in REFERENCE perform what the person in DRIVING does."""
    alone = int(os.environ.get("WORLD_SIZE", "1")) == 1
    if not alone and (seed < 0 or work is not None):
        raise InputError("Several processes must draw the same noise: give --seed, and no --work.")
    if from_preprocessed is not None:
        reference, driving, mode, engine = _preprocessed(from_preprocessed, reference, driving, engine)
    for name, given in (("REFERENCE", reference), ("DRIVING", driving)):
        if not given:
            raise InputError(f"Missing argument {name}: give a file or an http(s) URL.")
    request = AnimateRequest(
        image=reference,
        video=driving,
        prompt=prompt,
        mode=mode,  # type: ignore[arg-type]  # the request checks both and says what is allowed
        resolution=resolution,  # type: ignore[arg-type]
        seed=seed,
        engine=engine,
        keep_audio=keep_audio,
        profile=profile,
        conditions=from_preprocessed,
    )
    _run(request, output or _default_output(reference, driving), work, as_json)


def _run(request: AnimateRequest, output: Path, work: Path | None, as_json: bool) -> None:
    from motioncast.engines.registry import engine_identity
    from motioncast.folder_work import FolderWork
    from motioncast.pipeline import animate as run
    from motioncast.progress_bar import progress_bar

    if int(os.environ.get("RANK", "0")):  # works along with the first process, which writes and reports
        with tempfile.TemporaryDirectory() as folder:
            run(request, Path(folder) / output.name)
        return
    finished = FolderWork(work, request, engine_identity(request.engine)) if work is not None else None
    with progress_bar() as on_progress:
        result = run(finished.request if finished else request, output, on_progress, finished=finished)
    if as_json:
        print(json.dumps(result.as_json()))
        return
    for warning in result.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(result.output)


def _preprocessed(folder: Path, reference: str, driving: str, engine: str) -> tuple[str, str, str, str]:
    """(reference, driving, mode, engine) of a job whose conditions lie in `folder`."""
    replaces = (folder / "src_mask.mp4").exists()
    return (
        reference or str(folder / "src_ref.png"),
        driving or str(folder / "src_pose.mp4"),
        (Mode.REPLACE if replaces else Mode.ANIMATE).value,
        "wan" if engine == "auto" else engine,
    )


def _default_output(reference: str, driving: str) -> Path:
    stem = "-".join(Path(name.split("?")[0]).stem or "video" for name in (reference, driving))
    return Path(f"{stem}.mp4")
