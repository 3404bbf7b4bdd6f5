"""Compiling beforehand what the first job of an installation would wait a minute for.

The puppet engine's numerical code is compiled when it is first used, and kept on disk from then on. While a new
installation's server has nothing to do yet, `python -m motioncast.service.warming` runs the playground's samples once.
"""

import hashlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from motioncast import __version__
from motioncast.errors import MotioncastError
from motioncast.limits import end_with_parent
from motioncast.request import AnimateRequest, Mode
from motioncast.settings import Settings, load_settings

_NICENESS = 15  #: jobs come first
_log = logging.getLogger(__name__)


@contextmanager
def warming() -> Iterator[None]:
    """Warm up beside what happens inside, unless this installation is warm; what is unfinished then is given up."""
    if _mark(load_settings()).exists():
        yield
        return
    _log.info("compiling for the first job: this takes a minute or two, once; jobs may be submitted meanwhile")
    process = subprocess.Popen([sys.executable, "-m", "motioncast.service.warming"], stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Run one small job of each mode and remember that it was done."""
    from motioncast.pipeline import animate  # not loaded by the server, which never decodes

    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the server, which ends this
    os.nice(_NICENESS)
    settings = load_settings()
    samples = files("motioncast") / "web" / "sample"
    with tempfile.TemporaryDirectory(prefix="warming-") as folder:
        for mode in Mode:
            request = AnimateRequest(
                str(samples / "character.jpg"), str(samples / "performer.mp4"), mode=mode, seed=0, engine="puppet"
            )
            try:
                animate(request, Path(folder) / f"{mode}.mp4", settings=settings)
            except MotioncastError as error:  # the server goes on without: the job that comes first meets the same
                sys.exit(f"Nothing could be compiled beforehand: {error}")
    mark = _mark(settings)
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    except OSError as error:  # it is warm, but the next start will not know
        sys.exit(f"{mark} could not be written: {error.strerror}")


def _mark(settings: Settings) -> Path:
    """A file that is there once this installation, with these versions, has been warmed up."""
    # what is compiled lies beside the code: a folder that was made anew is cold again
    place = Path(__file__)
    facts = [__version__, version("numba"), sys.version, os.environ.get("NUMBA_CACHE_DIR", "")]
    facts.append(f"{place}{place.stat().st_ino}")
    return settings.home / "warm" / hashlib.sha256("\0".join(facts).encode()).hexdigest()[:16]


if __name__ == "__main__":
    main()
