"""Short clips cut from the sample media, and one finished job of each mode that many stories look at."""

import http.server
import threading
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from importlib.resources import files
from itertools import islice
from pathlib import Path

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from tests.acceptance.command import Finished, motioncast
from tests.acceptance.server_fixtures import caller, finished, first, gate, media, new_name, poor, server, strict
from tests.acceptance.wan_fixtures import checkpoint, distilled, no_extra, performer
from tests.clips import Clip, make_clip

__all__ = [  # fixtures
    "caller",
    "checkpoint",
    "distilled",
    "finished",
    "first",
    "gate",
    "media",
    "new_name",
    "no_extra",
    "performer",
    "poor",
    "server",
    "strict",
]

SEED = "7"


def cut(source: Path, target: Path, clip: Clip, start: int, step: int) -> Path:
    """`clip.count` frames of `source`, every `step`-th from `start`, as a small clip of its own."""
    reader = VideoReader(probe_video(source), size=clip.size, start=start)
    kept = (image for _, image in islice(reader, 0, clip.count * step, step))
    return make_clip(target, clip, kept)


@pytest.fixture(scope="session")
def talker(samples_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A man in a car who opens his mouth and closes it; one second, with sound."""
    clip = Clip(count=25, size=(192, 144), rate=Fraction(25), audio="aac", options={"crf": "10"})
    return cut(samples_dir / "carphone_pristine.mp4", tmp_path_factory.mktemp("clips") / "talker.mp4", clip, 50, 1)


@pytest.fixture(scope="session")
def walker(samples_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A man who stretches on a mat before a camera that stands still; odd rate, no sound."""
    clip = Clip(count=20, size=(360, 640), rate=Fraction(15000, 1001), options={"crf": "10"})
    return cut(samples_dir / "cam01.mp4", tmp_path_factory.mktemp("clips") / "walker.mp4", clip, 0, 4)


@pytest.fixture(scope="session")
def portrait(samples_dir: Path) -> Path:
    """A woman in a space suit, 512 pixels square."""
    return samples_dir / "astronaut.png"


@pytest.fixture(scope="session")
def cutout(portrait: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same woman with nothing around her: no matte has to be found, so a job takes half the time."""
    path = tmp_path_factory.mktemp("pictures") / "cutout.png"
    with Pillow.open(portrait) as picture:
        alpha = Pillow.new("L", picture.size)
        ImageDraw.Draw(alpha).ellipse((55, -40, 395, 560), fill=255)
        picture.putalpha(alpha)
        picture.save(path)
    return path


@pytest.fixture(scope="session")
def mascot() -> Path:
    """A drawn character from head to toe, transparent around it."""
    return Path(str(files("motioncast") / "assets" / "mascot.png"))


@pytest.fixture(scope="session")
def animated(
    portrait: Path, talker: Path, models_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Finished, Path]:
    """The portrait performs the talker: the command's answer and the folder with `out.mp4`."""
    folder = tmp_path_factory.mktemp("animated")
    return motioncast("animate", portrait, talker, "-o", "out.mp4", "--seed", SEED, "--json", cwd=folder), folder


@pytest.fixture(scope="session")
def replaced(
    mascot: Path, walker: Path, models_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Finished, Path]:
    """The mascot takes the walker's place: the command's answer and the folder with `out.mp4`."""
    folder = tmp_path_factory.mktemp("replaced")
    options = ("-o", "out.mp4", "--mode", "replace", "--seed", SEED, "--json")
    return motioncast("animate", mascot, walker, *options, cwd=folder), folder


class _FolderHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address of a web server on this machine and the folder that it serves."""
    folder = tmp_path_factory.mktemp("web")
    handler = partial(_FolderHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()
        thread.join()
