"""Parallel work keeps its order, holds little, and passes errors on."""

import threading
import time

import pytest

from motioncast.parallel import Background, ordered_map


def test_results_come_in_order_whatever_finishes_first():
    def work(n: int) -> int:
        time.sleep(0.002 * (n % 3))
        return n * n

    assert list(ordered_map(work, range(40), 4)) == [n * n for n in range(40)]


def test_only_a_few_items_are_taken_ahead():
    taken = []

    def items():
        for n in range(1000):
            taken.append(n)
            yield n

    results = ordered_map(lambda n: n, items(), 2)
    next(results)
    assert len(taken) < 10
    results.close()
    assert len(taken) < 10


def test_an_error_reaches_the_caller_and_threads_end():
    def work(n: int) -> int:
        if n == 5:
            raise ValueError("five")
        return n

    before = threading.active_count()
    with pytest.raises(ValueError, match="five"):
        list(ordered_map(work, range(50), 3))
    assert threading.active_count() == before


def test_background_work_runs_at_once_and_its_error_is_told_when_it_is_known():
    started, go_on = threading.Event(), threading.Event()

    def work() -> int:
        started.set()
        go_on.wait(10)
        raise ValueError("five")

    background = Background(work, "work")
    assert started.wait(10)
    background.check()  # still running: nothing is known yet
    go_on.set()
    with pytest.raises(ValueError, match="five"):
        background.result()
    with pytest.raises(ValueError, match="five"):
        background.check()


def test_background_work_gives_its_result():
    background = Background(lambda: 7, "work")
    assert background.result() == 7
    background.check()
