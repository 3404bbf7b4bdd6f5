"""Keep the memory of a long job flat: what was freed must go back to the system.

The C library keeps freed frames, scattered over the heaps of many threads; over a long clip that adds up to more than
everything the job holds.
"""

import ctypes

_M_MMAP_THRESHOLD = -3  #: glibc, malloc.h
_FRAME_BYTES = 2_000_000


def map_large_blocks() -> None:
    """Give blocks of a frame's size pages of their own, which vanish when freed, instead of holes in a heap.

    Does nothing where the C library is not glibc.
    """
    try:
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _FRAME_BYTES)
    except (AttributeError, OSError, TypeError):
        return


def release_freed_memory() -> None:
    """Hand free pages of the C heap back; does nothing where the C library is not glibc."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):
        return
