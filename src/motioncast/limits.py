"""Limits that a process sets itself before it touches untrusted files."""

import resource


def limit_memory(mib: int) -> None:
    """Allocations beyond this many MiB of private memory fail with `MemoryError` (Linux: RLIMIT_DATA)."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = mib << 20
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard < 0 else min(wanted, hard), hard))
