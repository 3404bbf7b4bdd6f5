"""Limits that a process sets itself before it touches untrusted files."""

import ctypes
import resource
import signal

_PR_SET_PDEATHSIG = 1  #: prctl(2)


def limit_memory(mib: int) -> None:
    """Allocations beyond this many MiB of private memory fail with `MemoryError` (Linux: RLIMIT_DATA)."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = mib << 20
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard < 0 else min(wanted, hard), hard))


def end_with_parent() -> None:
    """Have the system kill this process when the thread that started it ends, even while it is stopped (Linux)."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    except (AttributeError, OSError):
        return
