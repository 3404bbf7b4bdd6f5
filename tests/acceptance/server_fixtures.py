"""Running servers that many stories share, and what is already on them."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.caller import Caller, Gate, gated
from tests.acceptance.serving import Server

#: Three submits a minute, a second of patience, uploads of a megabyte.
STRICT = {
    "MOTIONCAST_SYNC_S": "1",
    "MOTIONCAST_UPLOAD_MIB": "1",
    "MOTIONCAST_RATE_LIMIT": "3",
    "MOTIONCAST_FAILED_FOR_OLD_CLIENTS": "on",
}


@pytest.fixture(scope="session")
def server(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the usual settings and one worker."""
    with Server(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with `STRICT` settings that accepts jobs and runs none."""
    with Server(tmp_path_factory.mktemp("strict") / "data", "--workers", "0", **STRICT) as running:
        yield running


@pytest.fixture(scope="session")
def first(server: Server) -> Caller:
    """The caller with the key that `server` printed."""
    return Caller(server, server.key)


@pytest.fixture
def caller(server: Server, new_name: Callable[[], str]) -> Caller:
    """A caller of `server` with an account that nobody else has, and $1,000,000."""
    return Caller.new(server, new_name())


@pytest.fixture
def poor(strict: Server, new_name: Callable[[], str]) -> Caller:
    """A caller of `strict` with an account that nobody else has, and a dollar."""
    return Caller.new(strict, new_name(), dollars=1.0)


@pytest.fixture(scope="session")
def new_name() -> Callable[[], str]:
    """Names of accounts that do not exist."""
    numbers = itertools.count(1)
    return lambda: f"account-{next(numbers)}"


@pytest.fixture(scope="session")
def media(first: Caller, cutout: Path, talker: Path) -> dict[str, str]:
    """`image` and `video`, uploaded by `first`."""
    return {"image": first.upload(cutout), "video": first.upload(talker)}


@pytest.fixture(scope="session")
def finished(first: Caller, media: dict[str, str]) -> dict[str, Any]:
    """A prediction of `first` that completed, seed 7."""
    data = first.ended(first.accepted(**media, seed=7)["id"])
    assert data["status"] == "completed", data
    return data


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """A closed gate before an empty folder."""
    folder = tmp_path / "gate"
    folder.mkdir()
    with gated(folder) as closed:
        yield closed
