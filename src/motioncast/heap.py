"""Give freed memory back to the system between the stages of a job.

The C library keeps what was freed, scattered over the heaps of many threads; over a long clip that adds up to more than
everything the job holds.
"""

import ctypes


def release_freed_memory() -> None:
    """Hand free pages of the C heap back; does nothing where the C library has no such call (it is glibc's)."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return
    trim(0)
