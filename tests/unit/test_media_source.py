import http.server
import socket
import threading

import pytest

from motioncast.errors import InputError
from motioncast.media import source
from motioncast.media.source import local_file


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/gone"):
            self.send_error(404)
        elif self.path.startswith("/loop"):
            self._send(302, b"", Location="/loop")
        elif self.path.startswith("/moved"):
            self._send(302, b"", Location="/clip.mp4?token=1")
        elif self.path.startswith("/tofile"):
            self._send(302, b"", Location="file:///etc/hostname")
        elif self.path.startswith("/empty"):
            self._send(200, b"")
        elif self.path.startswith("/short"):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
        elif self.path.startswith("/endless"):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(bytes(5000))
        else:
            self._send(200, b"the clip")

    def _send(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


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


@pytest.mark.parametrize(
    ("url", "says"),
    [("/gone", "404"), ("/loop", "redirects"), ("/empty", "0 bytes"), ("/short", "fetched"), ("/tofile", "fetched")],
)
def test_what_the_server_gets_wrong_is_said_and_nothing_is_left(server, tmp_path, url, says):
    with pytest.raises(InputError, match=says):
        local_file(server + url, tmp_path, "video")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["/clip.mp4", "/endless"])
def test_too_large_a_download_is_refused(server, tmp_path, url, monkeypatch):
    monkeypatch.setattr(source, "MAX_BYTES", 4)
    with pytest.raises(InputError, match="larger"):
        local_file(server + url, tmp_path, "video")
    assert list(tmp_path.iterdir()) == []


def test_a_silent_server_times_out(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "TIMEOUT", source.httpx.Timeout(0.2))
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(InputError, match="in time"):
        local_file(f"http://127.0.0.1:{mute.getsockname()[1]}/x", tmp_path, "image")


def test_an_unreachable_host_is_an_input_error(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    with pytest.raises(InputError, match="could not be fetched"):
        local_file(f"http://127.0.0.1:{port}/x.mp4", tmp_path, "video")


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("file:///etc/hostname", "path instead"),
        ("ftp://example.org/x.mp4", "ftp"),
        ("data:image/png;base64,AAAA", "data"),
        ("nowhere/at/all.mp4", "does not exist"),
        ("x" * 5000, "cannot be read|does not exist"),
        ("http://[broken", "could not be fetched"),
        ("http://", "could not be fetched"),
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
