"""Streams and threads: results in order, and work done before it is asked for."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

_POLL_S = 0.1

Item = TypeVar("Item")
Result = TypeVar("Result")


class Background(Generic[Result]):
    """One piece of work, begun at once in a thread of its own."""

    def __init__(self, work: Callable[[], Result], name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._future = self._pool.submit(work)

    def check(self) -> None:
        """Raise what the work has raised, if it has ended already."""
        if self._future.done():
            self._future.result()

    def result(self) -> Result:
        """Wait for the work: what it returned. Raises what it raised."""
        self.close()
        return self._future.result()

    def close(self) -> None:
        """Wait until the work has ended, however it ends; its thread is gone then."""
        self._pool.shutdown(wait=True)


def ordered_map(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """`map` over `threads` threads: results come in the order of `items`, and only a few items are held at a time.

    The first exception of `work` is raised here; closing the iterator early drops what has not begun.
    """
    pool = ThreadPoolExecutor(threads)
    pending: deque[Future[Result]] = deque()
    try:
        for item in items:
            pending.append(pool.submit(work, item))
            if len(pending) > 2 * threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def ahead(items: Iterable[Item], depth: int, name: str) -> Generator[Item, None, None]:
    """`items`, taken from their iterator by a thread of its own, up to `depth` before they are asked for.

    What the iterator raises is raised here. Closing this iterator ends the thread.
    """
    taken: queue.Queue[tuple[Item] | BaseException | None] = queue.Queue(depth)
    stopped = threading.Event()

    def put(entry: tuple[Item] | BaseException | None) -> bool:
        while not stopped.is_set():
            try:
                taken.put(entry, timeout=_POLL_S)
            except queue.Full:
                continue
            return True
        return False

    def take() -> None:
        last: BaseException | None = None
        try:
            for item in items:
                if not put((item,)):
                    return
        except BaseException as error:  # handed to the consumer, whose thread it belongs to
            last = error
        put(last)

    worker = threading.Thread(target=take, name=name, daemon=True)
    worker.start()
    try:
        while (entry := taken.get()) is not None:
            if isinstance(entry, BaseException):
                raise entry
            yield entry[0]
    finally:
        stopped.set()
        worker.join()
