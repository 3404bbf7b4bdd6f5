"""The command line: `motioncast animate | demo | models | samples`."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn, cast

import typer

from motioncast.errors import InputError, MotioncastError
from motioncast.request import MAX_SEED, AnimateRequest, Mode, Resolution

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130

#: What a wrong option or a missing argument raises. Typer exports only this class's children.
_UsageError = cast(type[typer.BadParameter], typer.BadParameter.__bases__[0])


class _Interrupted(BaseException):
    """The user or the system asks the process to stop. Not KeyboardInterrupt, which typer swallows."""


app = typer.Typer(
    help="Make the character in a picture perform a video.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.command()
def animate(
    reference: Annotated[
        str, typer.Argument(metavar="REFERENCE", help="Picture of the character: a file or an http(s) URL.")
    ],
    driving: Annotated[
        str, typer.Argument(metavar="DRIVING", help="Video of the performer: a file or an http(s) URL.")
    ],
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
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Let the character in REFERENCE perform what the person in DRIVING does."""
    request = AnimateRequest(
        image=reference,
        video=driving,
        prompt=prompt,
        mode=mode,  # type: ignore[arg-type]  # the request checks both and says what is allowed
        resolution=resolution,  # type: ignore[arg-type]
        seed=seed,
        engine=engine,
        keep_audio=keep_audio,
    )
    from motioncast.pipeline import animate as run
    from motioncast.progress_bar import progress_bar

    with progress_bar() as on_progress:
        result = run(request, output or _default_output(reference, driving), on_progress)
    if as_json:
        print(json.dumps(result.as_json()))
        return
    for warning in result.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(result.output)


@app.command()
def models() -> None:
    """Fetch and verify the network weights; prints the folder they are in."""
    from motioncast.models import ensure_models
    from motioncast.settings import load_settings

    print(ensure_models(load_settings()))


@app.command()
def samples() -> None:
    """Fetch and verify sample pictures and clips; prints the folder they are in."""
    from motioncast.samples import ensure_samples
    from motioncast.settings import load_settings

    print(ensure_samples(load_settings()))


@app.command()
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


def _default_output(reference: str, driving: str) -> Path:
    stem = "-".join(Path(name.split("?")[0]).stem or "video" for name in (reference, driving))
    return Path(f"{stem}.mp4")


def main() -> NoReturn:
    """Run the command line; user errors become one sentence on stderr and exit code 2."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        sys.exit(app(standalone_mode=False))
    except _UsageError as error:
        _exit(error.format_message(), BAD_INPUT)
    except InputError as error:
        _exit(str(error), BAD_INPUT)
    except MotioncastError as error:
        _exit(str(error), FAILED)
    except _Interrupted:
        _exit("Stopped; no partial file was left.", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except Exception as error:
        if os.environ.get("MOTIONCAST_DEBUG"):
            raise
        _exit(f"Motioncast failed unexpectedly: {error!r}. Set MOTIONCAST_DEBUG=1 to see where.", FAILED)


def _interrupt(*_: object) -> NoReturn:
    raise _Interrupted


def _exit(message: str, code: int) -> NoReturn:
    if message:  # empty when typer has already printed the help
        print(f"motioncast: {message}", file=sys.stderr)
    sys.exit(code)
