import gzip
import http.server
import os
import socket
import threading
import time
from pathlib import Path

import httpx2
import pytest

from motioncast.errors import InputError, ProcessingError
from motioncast.media import download as downloading
from motioncast.media.download import FetchLimits, TimedBackend, download
from motioncast.media.guard import HostPolicy
from motioncast.media.source import local_file

#: What clients of the hosted service take for a reason to submit the job again.
RETRY_WORDS = ("timeout", "timed out", "connection", "fetch", "http 5", "429")
ANYWHERE = HostPolicy.open()
GENEROUS = FetchLimits()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append(self.path)
        command, _, rest = self.path[1:].partition("?")
        if command == "status":
            self.send_error(int(rest))
        elif command == "to":
            self._send(302, b"", Location=rest)
        elif command == "moved":
            self._send(302, b"", Location="/clip.mp4?token=1")
        elif command == "empty":
            self._send(200, b"")
        elif command == "packed":
            self._send(200, gzip.compress(bytes(5000)), **{"Content-Encoding": "gzip"})
        elif command == "mangled":
            self._send(200, b"no gzip", **{"Content-Encoding": "gzip"})
        elif command == "short":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
        elif command == "endless":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(bytes(5000))
        elif command == "garbage":
            self.wfile.write(b"SSH-2.0-none\r\n\r\n")
        elif command == "dripping-headers":
            self._drip(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n")
        elif command == "dripping-body":
            self._drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x")
        else:
            self._send(200, b"the clip")

    def _send(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, head, drop):
        self.wfile.write(head)
        try:
            while True:
                self.wfile.write(drop)
                time.sleep(0.02)
        except OSError:
            self.close_connection = True

    def log_message(self, *args):
        pass


@pytest.fixture
def running():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.seen = []
        running.handle_error = lambda *_: None  # clients hang up in the middle
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def server(running):
    return f"http://127.0.0.1:{running.server_port}"


@pytest.fixture
def mute():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def refusal(url, workdir, policy=ANYWHERE, limits=GENEROUS):
    """The sentence with which a download is refused, the URL taken out."""
    with pytest.raises(InputError) as caught:
        download(url, workdir, "video", policy, limits)
    assert list(workdir.iterdir()) == []
    return without_retry_words(str(caught.value).replace(url, "<url>"))


def without_retry_words(text):
    assert not [word for word in RETRY_WORDS if word in text.lower()], text
    return text


def test_a_path_is_given_back_as_it_is(tmp_path):
    path = tmp_path / "a b.png"
    path.write_bytes(b"x")
    assert local_file(str(path), tmp_path, "image") == path
    assert local_file(path, tmp_path, "image") == path


@pytest.mark.parametrize("url", ["/clip.mp4", "/moved"])
def test_a_url_is_downloaded_into_the_work_directory(server, tmp_path, url):
    path = local_file(server + url, tmp_path, "video")
    assert path.parent == tmp_path
    assert path.read_bytes() == b"the clip"
    assert download(server + url, tmp_path, "video", HostPolicy(("127.0.0.1",)), GENEROUS) == path


def test_a_download_never_reads_a_file_of_this_machine(tmp_path):
    file = tmp_path / "secret.png"
    file.write_bytes(b"x")
    (tmp_path / "work").mkdir()
    for reference in (str(file), f"file://{file}", f"FILE://localhost{file}"):
        assert "not an http(s) URL" in refusal(reference, tmp_path / "work")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/status?403", "answered status 403; check that the link is still valid, or upload the file again."),
        ("/status?404", "answered status 404; check that the link is still valid, or upload the file again."),
        ("/status?410", "answered status 410; check that the link is still valid, or upload the file again."),
        ("/status?429", "refuses more requests"),
        ("/status?503", "The video URL could not be read: its host answered status 503."),
        ("/status?304", "status 304"),
        ("/to?/to", "redirects more than 5 times"),
        ("/to?file:///etc/hostname", "not an http(s) URL"),
        ("/to?http://[broken/", "not a valid"),
        ("/to?http://[]/", "could not be read"),
        ("/empty", "0 bytes"),
        ("/short", "broke off"),
        ("/garbage", "no web server"),
        ("/mangled", "damaged"),
    ],
)
def test_what_the_server_gets_wrong_is_said_and_nothing_is_left(server, tmp_path, path, says):
    assert says in refusal(server + path, tmp_path)


@pytest.mark.parametrize("path", ["/clip.mp4", "/endless", "/packed"])
def test_too_large_a_download_is_refused(server, tmp_path, path):
    assert "larger than 100 bytes" in refusal(f"{server}/packed", tmp_path, limits=FetchLimits(max_bytes=100))
    assert "larger than 4 bytes" in refusal(server + path, tmp_path, limits=FetchLimits(max_bytes=4))


@pytest.mark.parametrize("path", ["/dripping-headers", "/dripping-body"])
def test_a_server_that_drips_does_not_outlast_the_total_time(server, tmp_path, path):
    assert "took longer than 0.3 s" in refusal(server + path, tmp_path, limits=FetchLimits(total_s=0.3))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_silent_server_is_given_up(mute, tmp_path, scheme):
    url, limits = f"{scheme}://{mute}/x", FetchLimits(idle_s=0.2, connect_s=0.2)
    assert "its host did not answer within 0.2 s" in refusal(url, tmp_path, limits=limits)
    assert "took longer than 0.2 s" in refusal(url, tmp_path, limits=FetchLimits(total_s=0.2))


def test_nothing_is_begun_after_the_total_time(mute):
    host, _, port = mute.partition(":")
    with pytest.raises(downloading.OutOfTime):
        TimedBackend(0).connect_tcp(host, int(port))


def test_an_unreachable_host_is_an_input_error(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    assert "its host refused" in refusal(f"http://127.0.0.1:{port}/x.mp4", tmp_path)


def test_a_server_without_tls_is_said(running, tmp_path):
    assert "its host refused TLS" in refusal(f"https://127.0.0.1:{running.server_port}/", tmp_path)


def test_a_private_host_is_refused_unless_it_is_allowed(running, server, tmp_path):
    assert "its address is private: the operator can allow it with MOTIONCAST_ALLOW_HOSTS." in refusal(
        f"{server}/clip.mp4", tmp_path, HostPolicy()
    )
    assert running.seen == []


def test_a_redirect_from_an_allowed_host_to_another_private_one_is_refused(running, server, tmp_path):
    path = f"/to?{server}/clip.mp4"
    url = f"http://localhost:{running.server_port}{path}"
    assert "private" in refusal(url, tmp_path, HostPolicy(("localhost",)))
    assert running.seen == [path]


@pytest.mark.parametrize(
    "url",
    [
        "x.png",
        "http://",
        "http:///x",
        "http://[broken",
        "http://1.2.3.999/",
        "http://a..b/",
        "http://h:99999/",
        "http://h:x/",
        "http://h/\n",
        "http://h/\udc80",
        "http://xn--\u00e4.de/",
        "https://\U0001f4a9.\u2603\u200d/",
        "data:image/png,AA",
    ],
)
def test_what_is_no_url_is_refused(tmp_path, url):
    assert refusal(url, tmp_path)


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("file:///etc/hostname", "path instead"),
        ("ftp://example.org/x.mp4", "ftp"),
        ("data:image/png;base64,AAAA", "data"),
        ("nowhere/at/all.mp4", "does not exist"),
        ("x" * 5000, "cannot be read|does not exist"),
        ("http://[broken", "could not be read"),
        ("http://", "could not be read"),
        ("a\0b", "cannot be read|does not exist"),
    ],
)
def test_other_references_are_refused(tmp_path, reference, says):
    with pytest.raises(InputError, match=says):
        local_file(reference, tmp_path, "image")


def test_directories_and_empty_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="directory"):
        local_file(tmp_path, tmp_path, "image")
    (tmp_path / "empty.png").touch()
    with pytest.raises(InputError, match="0 bytes"):
        local_file(tmp_path / "empty.png", tmp_path, "image")


def test_a_file_that_cannot_be_stored_is_no_fault_of_the_user(server, tmp_path):
    with pytest.raises(ProcessingError, match="cannot be written to"):
        download(f"{server}/clip.mp4", tmp_path / "missing", "video", ANYWHERE, GENEROUS)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_said(server, tmp_path):
    (tmp_path / "video.mp4").symlink_to("/dev/full")
    with pytest.raises(ProcessingError, match="no space left") as caught:
        download(f"{server}/clip.mp4", tmp_path, "video", ANYWHERE, GENEROUS)
    assert str(tmp_path) not in str(caught.value)
    assert list(Path(tmp_path).iterdir()) == []


def test_no_sentence_asks_for_another_try_and_none_is_the_library_s():
    library = "timed out: connection to 10.0.0.1 failed, HTTP 503 (429)"
    kinds = [kind for kind in vars(httpx2).values() if isinstance(kind, type) and issubclass(kind, httpx2.RequestError)]
    errors = [kind(library) for kind in kinds] + [httpx2.InvalidURL(library), UnicodeError(library)]
    for status in range(300, 600):
        response = httpx2.Response(status, request=httpx2.Request("GET", "http://example.com/"))
        errors.append(httpx2.HTTPStatusError(library, request=response.request, response=response))
    assert len(kinds) > 10
    for error in errors:
        assert "10.0.0.1" not in without_retry_words(downloading._reason(error, GENEROUS))
