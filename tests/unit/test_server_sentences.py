"""The pages show the server's sentences in Chinese, so they have to know whatever the code says."""

import ast
import http.server
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from motioncast.engines.registry import offered_engines
from motioncast.errors import MotioncastError
from motioncast.media.download import _REASONS, FetchLimits, _duration, _status_reason, download
from motioncast.media.guard import HostPolicy
from motioncast.media.image import load_image
from motioncast.media.probe import probe_video
from motioncast.pipeline import length_warnings
from motioncast.service import submitting
from motioncast.service.api.predictions import _NOT_FOUND
from motioncast.service.fetching import Fetcher
from motioncast.service.settings import ServiceSettings
from motioncast.service.sources import SourceFinder, _usable
from motioncast.service.submission import parse_submission
from motioncast.service.uploads import recognise
from tests.clips import Clip, make_clip

PACKAGE = Path(__file__).parents[2] / "src/motioncast"
APP = PACKAGE / "web/app"
MEDIA = {"image": "https://example.com/me.png", "video": "https://example.com/dance.mp4"}
#: Whose sentences come before readers of the pages: answers to requests, warnings, reasons of jobs that failed.
SPEAKERS = [
    *(f"service/api/{name}" for name in ("app", "auth", "body", "files", "middleware")),
    *(f"service/{name}" for name in ("conclusion", "endings", "execution", "fetching", "inspection", "inspector")),
    *(f"service/{name}" for name in ("running", "stages", "storage", "submitting", "upkeep", "uploads")),
    *(f"engines/puppet/{name}" for name in ("character", "composition")),
    *(f"engines/wan/{name}" for name in ("conditions/stream", "installed", "model/memory", "rendering")),
    *(f"media/{name}" for name in ("container", "image", "probe", "reader", "writer")),
    *("models", "perception/matting", "perception/tracker", "rendering"),
]
#: What may stand in the gaps of a sentence.
FILLERS = ("7", "image", "left", "its disk is full: the operator has to make room")
ANYWHERE = HostPolicy.open()
ENGLISH = re.compile(r"[a-z]{2,} [a-z]{2,}")
SPOKEN = re.compile(r"""[A-Z][a-z']+ .+ .+\.|field ".+""")

BODIES: list[object] = [
    [],
    {},
    MEDIA | {"image": "@me.png"},
    MEDIA | {"image": 7},
    MEDIA | {"mode": "dance"},
    MEDIA | {"resolution": "8K"},
    MEDIA | {"seed": -2},
    MEDIA | {"prompt": "x" * 20_001},
    MEDIA | {"prompt": "\ud800"},
    MEDIA | {"enable_sync_mode": "yes"},
]
PLACES = ["not/a/file", "data:image/png,x", "data:image/png;base64,===x", "http://[::1", "http://a/" + "x" * 5000]
ADDRESSES = ["http://127.0.0.1:8/x", "http://there-is-no-such-host.invalid/x", "http://a..b/x", "ftp://example.com/x"]


@pytest.fixture(scope="module")
def say_in_chinese(tmp_path_factory) -> Callable[[list[str]], list[str]]:
    """The pages' own translation, run by Node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed, which runs the pages' code")
    folder = tmp_path_factory.mktemp("pages")
    for name in ("chinese_sentences", "plain_words"):
        shutil.copy(APP / f"{name}.js", folder / f"{name}.mjs")
    program = """
        import { readFileSync } from "node:fs";
        import { inChinese } from "./chinese_sentences.mjs";
        import { inPlainWords } from "./plain_words.mjs";
        const sentences = JSON.parse(readFileSync(0, "utf8"));
        console.log(JSON.stringify(sentences.map((sentence) => inChinese(inPlainWords(sentence)))));
    """
    (folder / "say.mjs").write_text(program)

    def say(sentences: list[str]) -> list[str]:
        done = subprocess.run(
            [node, folder / "say.mjs"], input=json.dumps(sentences), capture_output=True, text=True, check=True
        )
        said: list[str] = json.loads(done.stdout)
        return said

    return say


def is_chinese(text: str) -> bool:
    return re.search(r"[\u4e00-\u9fff]", text) is not None and not ENGLISH.search(text)


def refusal(work: Callable[[], object]) -> str:
    with pytest.raises(MotioncastError) as caught:
        work()
    return str(caught.value)


def assert_known(say: Callable[[list[str]], list[str]], sentences: list[str]) -> None:
    said = dict(zip(sentences, say(sentences), strict=True))
    assert {english: text for english, text in said.items() if not is_chinese(text)} == {}


@contextmanager
def host() -> Iterator[str]:
    """A web server that has an empty file, a large one, and nothing else."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            size = {"/empty": 0, "/large": 5000}.get(self.path)
            if size is None:
                self.send_error(int(self.path[1:]))
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(bytes(size))

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_refused_parameters(say_in_chinese):
    refused = [refusal(lambda body=body: parse_submission(body)) for body in BODIES]
    refused += [refusal(lambda body=body: submitting.parse_json(body)) for body in (b"{", b"[" * 60_000)]
    for header, value in (("x-max-cost", "much"), ("cancel-after", "soon")):
        refused.append(refusal(lambda given={header: value}: parse_submission(MEDIA, None, given)))
    assert_known(say_in_chinese, refused)


def test_refused_inputs(say_in_chinese):
    finder = SourceFinder(None, None, b"", HostPolicy())
    own = "http://127.0.0.1:8123"
    places = [*PLACES, f"{own}/nothing.png", "http://10.0.0.1/x"]
    refused = [refusal(lambda place=place: finder.find(None, "image", place, (own,))) for place in places]
    for kind in ("image", "video", "audio"):
        row = SimpleNamespace(kind=kind, problem="The file could not be read: give another copy.")
        refused += [refusal(lambda row=row, field=field: _usable(row, field, own)) for field in ("image", "video")]
    refused.append(refusal(lambda: recognise(b"words")))
    fetcher = Fetcher(ServiceSettings(), None)
    refused += [refusal(lambda url=url: fetcher.fetch("", url)) for url in ("me.png", "http://10.0.0.1/x", "http://")]
    assert_known(say_in_chinese, refused)


def test_an_engine_that_is_not_offered(say_in_chinese):
    submitter = submitting.Submitter(ServiceSettings(engine="puppet"), None, None)
    wanted = parse_submission(MEDIA | {"engine": "wan"})
    assert offered_engines("puppet") == ("puppet",)
    assert_known(say_in_chinese, [refusal(lambda: submitter._engine(wanted))])


def test_downloads_that_fail(say_in_chinese, tmp_path):
    limits = FetchLimits(max_bytes=4000, connect_s=2.0)

    def failing(url: str, what: str = "image", policy: HostPolicy = ANYWHERE) -> str:
        return refusal(lambda: download(url, tmp_path, what, policy, limits))

    with host() as url:
        failed = [failing(f"{url}/{path}", what) for what in ("image", "file") for path in ("404", "500", "429")]
        failed += [failing(f"{url}/{path}", "video") for path in ("empty", "large")]
    failed += [failing(address) for address in [*ADDRESSES, url]]
    failed.append(failing("http://10.0.0.1/x", policy=HostPolicy()))
    (tmp_path / "image").mkdir()
    with host() as url:
        failed.append(failing(f"{url}/large"))
    assert_known(say_in_chinese, failed)


def test_reasons_of_failed_downloads(say_in_chinese):
    slow = ("it took longer than", "its host did not answer within")
    times = [f"{words} {_duration(seconds)}" for seconds in (10, 1800) for words in slow]
    reasons = [*(text for _, text in _REASONS), *times, *map(_status_reason, (403, 429, 503))]
    assert_known(say_in_chinese, [f"The video URL could not be read: {reason}." for reason in reasons])


def test_files_that_cannot_be_used(say_in_chinese, tmp_path):
    (tmp_path / "empty").touch()
    (tmp_path / "words").write_text("no media")
    Image.new("RGB", (8, 8)).save(tmp_path / "small.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "small.png").read_bytes()[:60])
    one = make_clip(tmp_path / "one.mp4", Clip(count=1))
    images = [refusal(lambda name=name: load_image(tmp_path / name)) for name in ("words", "small.png", "cut.png")]
    videos = [refusal(lambda name=name: probe_video(tmp_path / name)) for name in ("empty", "words", "small.png")]
    assert_known(say_in_chinese, [*images, *videos, refusal(lambda: probe_video(one))])


def test_a_clip_that_is_too_long_and_a_job_that_is_gone(say_in_chinese):
    assert_known(say_in_chinese, [*length_warnings(SimpleNamespace(truncated=True)), _NOT_FOUND])


def test_what_the_pages_say_themselves(say_in_chinese):
    sources = [(APP / name).read_text() for name in ("api.js", "job/output.js")]
    said = [text for source in sources for text in re.findall(r'["`]([A-Z][^"`\n]+\.)["`]', source)]
    assert len(said) > 3
    assert_known(say_in_chinese, [re.sub(r"\$\{\w+\}", "502", text) for text in said])


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_every_sentence_of(speaker, say_in_chinese):
    found = sorted(set(sentences_in(ast.parse((PACKAGE / f"{speaker}.py").read_text()))))
    assert found
    filled = [(sentence, sentence.format(filler)) for sentence in found for filler in FILLERS]
    said = say_in_chinese([text for _, text in filled])
    known = {sentence for (sentence, _), text in zip(filled, said, strict=True) if is_chinese(text)}
    assert sorted(set(found) - known) == []


def sentences_in(tree: ast.Module) -> Iterator[str]:
    """What is said in the code, with {0} for what is filled in; no docstrings."""
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    silent |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        text = "" if id(node) in silent else spoken(node)
        if SPOKEN.fullmatch(text):
            yield text


def spoken(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace("{", "{{").replace("}", "}}")
    if isinstance(node, ast.JoinedStr):
        return "".join("{0}" if isinstance(part, ast.FormattedValue) else spoken(part) for part in node.values)
    return ""
