"""What every page finds: a folder with a picture and a clip, a server, and a key of it that no other page has."""

import importlib.util
import shutil
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from motioncast.settings import load_settings
from tests.acceptance.conftest import cut, cutout, portrait, talker
from tests.acceptance.server_fixtures import caller, new_name, server
from tests.acceptance.wan_fixtures import checkpoint, distilled
from tests.clips import Clip

__all__ = ["caller", "checkpoint", "cutout", "distilled", "new_name", "portrait", "server", "talker"]  # fixtures


@pytest.fixture(scope="session")
def blink(samples_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five frames of the man in the car."""
    clip = Clip(count=5, size=(192, 144), rate=Fraction(25), audio="aac", options={"crf": "10"})
    return cut(samples_dir / "carphone_pristine.mp4", tmp_path_factory.mktemp("clips") / "blink.mp4", clip, 50, 1)


@pytest.fixture
def folder(tmp_path: Path, cutout: Path, talker: Path, models_dir: Path) -> Path:
    """Where a page's commands run."""
    made = tmp_path / "work"
    made.mkdir()
    shutil.copy(cutout, made / "me.png")
    shutil.copy(talker, made / "dance.mp4")
    (made / ".venv").symlink_to(sys.prefix)  # the README runs in a clone
    return made


@pytest.fixture(scope="session")
def wan(request: pytest.FixtureRequest) -> dict[str, str]:
    """Environment in which the wan engine runs on a tiny checkpoint; empty where its extra is not installed."""
    if importlib.util.find_spec("diffusers") is None:
        return {}
    return {
        "MOTIONCAST_WAN_MODEL": str(request.getfixturevalue("checkpoint")),
        "MOTIONCAST_WAN_PROFILE": "turbo",
        "MOTIONCAST_WAN_DISTILL": str(request.getfixturevalue("distilled")),
        "MOTIONCAST_WAN_SEGMENTS": "tail",
        "OMP_NUM_THREADS": "1",
    }


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Environment of a page: a home of its own, the network weights of this machine."""
    home = tmp_path / "home"
    home.mkdir()
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": "",
        "XDG_CACHE_HOME": "",
        "MOTIONCAST_HOME": str(load_settings().home),
    }
