"""Every bad input ends the command with one sentence that names the thing and says what to do; nothing is written."""

import re
import socket
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image as Pillow

from tests.acceptance.command import Finished, motioncast
from tests.clips import Clip, make_clip, numbered

ADVICE = re.compile(r"\b(give|use|choose|check|make|scale|must|need|shorten|export|send)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Case:
    """A command line with one thing wrong, and what the sentence must say."""

    says: str  #: regular expression
    image: str = "good.png"
    video: str = "good.mp4"
    options: tuple[str, ...] = ()


CASES = {
    "missing image": Case("image nowhere.png does not exist", image="nowhere.png"),
    "missing video": Case("video nowhere.mp4 does not exist", video="nowhere.mp4"),
    "empty image": Case("image empty.png .*0 bytes", image="empty.png"),
    "empty video": Case("video empty.mp4 .*0 bytes", video="empty.mp4"),
    "folder as image": Case("folder is a directory", image="folder"),
    "corrupt image": Case("corrupt.png", image="corrupt.png"),
    "corrupt video": Case("corrupt.mp4", video="corrupt.mp4"),
    "cut-off video": Case("cut.mp4", video="cut.mp4"),
    "text as image": Case("notes.txt is not .* image", image="notes.txt"),
    "text as video": Case("notes.txt", video="notes.txt"),
    "video as image": Case("good.mp4 is not .* image", image="good.mp4"),
    "image as video": Case("good.png is a still image", video="good.png"),
    "sound as video": Case("sound.m4a", video="sound.m4a"),
    "one frame": Case("one.mp4 has fewer than 2 frames", video="one.mp4"),
    "bomb": Case("bomb.png has more than 64 megapixels", image="bomb.png"),
    "tiny image": Case("tiny.png is only 20x20", image="tiny.png"),
    "beyond 8K": Case("wide.mp4 is 8256x64", video="wide.mp4"),
    "flat picture": Case("subject .* reference", image="flat.png"),
    "transparent picture": Case("subject .* reference", image="nothing.png"),
    "ftp": Case("ftp", image="ftp://127.0.0.1/x.png"),
    "seed below": Case("seed must .* -1 to 2147483647", options=("--seed", "-2")),
    "seed above": Case("seed must .* -1 to 2147483647", options=("--seed", "2147483648")),
    "mode": Case("mode must be animate or replace", options=("--mode", "dance")),
    "resolution": Case("resolution must be 480p or 720p", options=("--resolution", "1080p")),
    "engine": Case("engine must be auto, puppet or wan", options=("--engine", "magic")),
    "output folder missing": Case("folder .*nowhere does not exist", options=("-o", "nowhere/out.mp4")),
    "output is a folder": Case("folder is a folder", options=("-o", "folder")),
    "output is the driving video": Case("output good.mp4 is the driving video", options=("-o", "good.mp4")),
    "output name too long": Case("output x+ cannot be used", options=("-o", "x" * 300)),
}


def make_bad_files(folder: Path, portrait: Path, talker: Path) -> None:
    """All files that `CASES` name."""
    (folder / "folder").mkdir()
    (folder / "good.png").write_bytes(portrait.read_bytes())
    (folder / "good.mp4").write_bytes(talker.read_bytes())
    (folder / "empty.png").touch()
    (folder / "empty.mp4").touch()
    (folder / "corrupt.png").write_bytes(portrait.read_bytes()[:5000])
    noise = np.random.default_rng(5).integers(0, 256, 20000, dtype=np.uint8).tobytes()
    (folder / "corrupt.mp4").write_bytes(talker.read_bytes()[:64] + noise)
    (folder / "cut.mp4").write_bytes(talker.read_bytes()[:3000])
    (folder / "notes.txt").write_text("Neither a picture nor a video.\n" * 50)
    (folder / "bomb.png").write_bytes(bomb(9000, 8000))
    Pillow.new("RGB", (20, 20), "red").save(folder / "tiny.png")
    Pillow.new("RGB", (400, 300), (90, 120, 200)).save(folder / "flat.png")
    Pillow.new("RGBA", (400, 300), (90, 120, 200, 0)).save(folder / "nothing.png")
    make_clip(folder / "one.mp4", Clip(count=1))
    make_clip(folder / "wide.mp4", Clip(count=2, size=(8256, 64), codec="mjpeg", pix_fmt="yuvj420p"))
    make_sound(folder / "sound.m4a")


def bomb(width: int, height: int) -> bytes:
    """A black one-bit PNG: 9 kB that unfold to gigabytes."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width + 7) // 8 + 1) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def make_sound(path: Path) -> None:
    """A file with sound alone."""
    with av.open(str(path), "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


@pytest.fixture(scope="module")
def bad_files(portrait, talker, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    make_bad_files(folder, portrait, talker)
    return folder


@dataclass(frozen=True)
class Refusal:
    """How the command ended, and the temporary files that it left."""

    done: Finished
    left: list[Path]

    @property
    def sentence(self) -> str:
        """What it said, once all else has been checked."""
        assert (self.done.code, self.done.stdout) == (2, ""), self.done
        assert self.left == []
        assert re.fullmatch(r"motioncast: [^\n]+\.\n", self.done.stderr), self.done.stderr
        assert "Traceback" not in self.done.stderr
        return self.done.stderr.removeprefix("motioncast: ")


def refused(bad_files: Path, temporary: Path, *arguments: str, **environment: str) -> Refusal:
    temporary.mkdir(exist_ok=True)
    done = motioncast("animate", *arguments, cwd=bad_files, TMPDIR=str(temporary), **environment)
    return Refusal(done, list(temporary.iterdir()))


def contents(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def refusals(bad_files, models_dir, tmp_path_factory) -> dict[str, Refusal]:
    """What the command says to all of `CASES`; starting it takes most of the time, so two run side by side."""
    before, folder = contents(bad_files), tmp_path_factory.mktemp("temporary")

    def refuse(name: str) -> Refusal:
        case = CASES[name]
        return refused(bad_files, folder / name, case.image, case.video, *case.options)

    with ThreadPoolExecutor(2) as pool:
        answers = dict(zip(CASES, pool.map(refuse, CASES), strict=True))
    assert contents(bad_files) == before
    return answers


@pytest.mark.parametrize("name", CASES)
def test_a_bad_input_is_refused_with_one_sentence(name, refusals):
    sentence = refusals[name].sentence
    assert re.search(CASES[name].says, sentence), sentence
    assert ADVICE.search(sentence), f"does not say what to do: {sentence}"


def test_a_video_without_a_person_is_refused(bad_files, tmp_path, models_dir):
    make_clip(bad_files / "nobody.mp4", Clip(count=4, size=(160, 96)), numbered(4, (160, 96)))
    sentence = refused(bad_files, tmp_path, "good.png", "nobody.mp4", "-o", "out.mp4").sentence
    assert re.search("No person .* driving video.* use", sentence), sentence


def test_an_address_of_a_host_that_does_not_answer_is_told(bad_files, tmp_path, models_dir):
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    sentence = refused(bad_files, tmp_path, f"http://127.0.0.1:{port}/x.png", "good.mp4").sentence
    assert "The image URL could not be read" in sentence, sentence


def test_an_address_that_leads_nowhere_is_told(web, bad_files, tmp_path, models_dir):
    sentence = refused(bad_files, tmp_path, "good.png", f"{web[0]}/gone.mp4").sentence
    assert re.search("The video URL could not be read: .*404", sentence), sentence


def test_a_page_instead_of_a_picture_is_refused(web, bad_files, tmp_path, models_dir):
    (web[1] / "page.png").write_text("<html>Please log in.</html>")
    sentence = refused(bad_files, tmp_path, f"{web[0]}/page.png", "good.mp4").sentence
    assert re.search("not .* image", sentence), sentence


@pytest.mark.parametrize("threads", ["0", "many", "-1"])
def test_a_bad_setting_is_named(bad_files, tmp_path, threads):
    sentence = refused(bad_files, tmp_path, "good.png", "good.mp4", MOTIONCAST_THREADS=threads).sentence
    assert "MOTIONCAST_THREADS must be a whole number from 1 to 4096" in sentence


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("good.png",), "DRIVING"), (("good.png", "good.mp4", "--seed", "x"), "--seed"), (("--loud",), "--loud")],
)
def test_a_command_line_that_cannot_be_read_is_refused_alike(bad_files, tmp_path, arguments, says):
    done = motioncast("animate", *arguments, cwd=bad_files)
    assert (done.code, done.stdout) == (2, "")
    assert re.fullmatch(r"motioncast: [^\n]+\n", done.stderr), done.stderr
    assert says in done.stderr
