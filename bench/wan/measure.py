"""Time of two ways to do the same work, taken in turn."""

import time
from collections.abc import Callable
from statistics import median


def medians(one: Callable[[], object], other: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median seconds of processor time of both over `rounds`, each run in turn, the order swapped every round.

    Processor time of this process: on a machine that does other work, the clock on the wall says little.
    """
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for index in (0, 1) if number % 2 == 0 else (1, 0):
            began = time.process_time()
            (one, other)[index]()
            taken[index].append(time.process_time() - began)
    return median(taken[0]), median(taken[1])
