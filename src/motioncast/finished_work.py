"""Where a job keeps what it has finished, so that a crash costs at most the piece in the making."""

from collections.abc import Iterator
from typing import Protocol


class FinishedWork(Protocol):
    """Named pieces of one job: chunks of the track and encoded segments. Written once each, read after a crash."""

    def load(self, name: str) -> bytes | None:
        """The piece called `name`, or None where it is not finished."""

    def save(self, name: str, data: bytes) -> None:
        """Keep a finished piece. When this returns, the piece survives the process."""


def load_pieces(work: FinishedWork | None, kind: str) -> Iterator[bytes]:
    """The pieces `kind-0000`, `kind-0001` … up to the first that is missing."""
    number = 0
    while work is not None and (piece := work.load(piece_name(kind, number))) is not None:
        yield piece
        number += 1


def piece_name(kind: str, number: int) -> str:
    """Name of the `number`-th piece of a kind."""
    return f"{kind}-{number:04d}"
