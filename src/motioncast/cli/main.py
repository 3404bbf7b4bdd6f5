"""The command line: `motioncast COMMAND`, one module of this package for each group of commands."""

import os
import signal
import sys
from typing import NoReturn, cast

import typer

from motioncast.cli import animate, assets, operate, plan, preprocess, service, verify
from motioncast.errors import InputError, MotioncastError

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
app.command()(animate.animate)
app.command()(preprocess.preprocess)
app.command()(plan.plan)
app.command()(service.serve)
app.add_typer(service.keys, name="keys")
app.add_typer(service.account, name="account")
app.command()(operate.config)
app.command()(operate.backup)
app.command()(verify.verify)
app.command()(assets.models)
app.command()(assets.samples)
app.command()(assets.demo)


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
