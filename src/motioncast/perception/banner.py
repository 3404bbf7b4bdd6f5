"""LiteRT's greeting kept off the terminal."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_shown = False


@contextmanager
def without_banner() -> Iterator[None]:
    """Send what the first interpreter of the process writes to file descriptor 2 nowhere.

    LiteRT says once a process, from C++, that it created its XNNPACK delegate, and has no switch for it in Python.
    """
    global _shown
    if _shown:
        yield
        return
    with _lock, _silent_stderr():
        yield
        _shown = True


@contextmanager
def _silent_stderr() -> Iterator[None]:
    try:
        kept = os.dup(2)
    except OSError:  # started without a stderr
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
