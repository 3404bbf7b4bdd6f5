"""Uploads and outputs as files: types, ranges, links, tickets and limits."""

import io
import time

import httpx2
import numpy as np
import pytest
from PIL import Image as Pillow

from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from tests.acceptance.caller import Caller, refusal
from tests.acceptance.command import boxes
from tests.acceptance.serving import Server, wait_for


@pytest.fixture(scope="module")
def output(finished) -> bytes:
    """The finished video."""
    return httpx2.get(finished["outputs"][0]).content


@pytest.fixture
def ticket(first, talker) -> dict:
    """A ticket for the talker."""
    announced = {"filename": "clip.mp4", "size": talker.stat().st_size, "content_type": "video/mp4"}
    return dict(first.data("POST", "/api/v3/media/uploads", json=announced))


def test_an_output_is_a_video_for_whoever_has_its_link(finished, output, tmp_path):
    answer = httpx2.get(finished["outputs"][0])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.headers["content-length"] == str(len(answer.content))
    (tmp_path / "out.mp4").write_bytes(output)
    names = boxes(tmp_path / "out.mp4")
    assert names[0] == "ftyp"
    assert names.index("moov") < names.index("mdat"), "it plays before it is here whole"


def test_a_poster_shows_a_frame_of_it(finished, output, tmp_path):
    poster = httpx2.get(finished["urls"]["poster"])
    assert (poster.status_code, poster.headers["content-type"]) == (200, "image/jpeg")
    (tmp_path / "out.mp4").write_bytes(output)
    info = probe_video(tmp_path / "out.mp4")
    frames = [image for _, image in VideoReader(info)]
    with Pillow.open(io.BytesIO(poster.content)) as picture:
        assert max(picture.size) == 480
        shown = np.asarray(picture, int)
    size = shown.shape[1::-1]
    gaps = [
        np.abs(np.asarray(Pillow.fromarray(frame).resize(size, Pillow.Resampling.BILINEAR), int) - shown).mean()
        for frame in frames
    ]
    assert min(gaps) < 4
    for other in (".png", ".mp4"):  # who has the poster's address has not the video's
        assert httpx2.get(finished["urls"]["poster"].replace(".jpg", other)).status_code == 404


def test_head_says_what_get_would(finished, output):
    answer = httpx2.head(finished["outputs"][0])
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == str(len(output))
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [("bytes=0-99", 0, 100), ("bytes=100-", 100, None), ("bytes=-50", -50, None), ("bytes=10-10", 10, 11),
     ("bytes=5-99999999999", 5, None)],
)  # fmt: skip
def test_a_range_is_a_part(finished, output, wanted, start, stop):
    answer = httpx2.get(finished["outputs"][0], headers={"Range": wanted})
    assert answer.status_code == 206
    assert answer.content == output[start:stop]
    begin = start % len(output)
    assert answer.headers["content-range"] == f"bytes {begin}-{begin + len(answer.content) - 1}/{len(output)}"
    assert answer.headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize("wanted", ["bytes=99999999999-", "bytes=20-10", "bytes=-0"])
def test_a_range_outside_is_refused(finished, output, wanted):
    answer = httpx2.get(finished["outputs"][0], headers={"Range": wanted})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(output)}")


@pytest.mark.parametrize(
    "wanted", ["bytes=0-", "bytes=-99999999999", "frames=1-2", "bytes=a-b", "bytes=-", "bytes=0-1,3-4"]
)
def test_other_ranges_are_the_whole(finished, output, wanted):
    answer = httpx2.get(finished["outputs"][0], headers={"Range": wanted})
    assert (answer.status_code, answer.content) == (200, output)


def test_a_link_that_was_changed_leads_nowhere(finished):
    base, expires, signature, name = finished["outputs"][0].rsplit("/", 3)
    other = ("0" if signature[0] != "0" else "1") + signature[1:]
    for changed in (
        f"{base}/{expires}/{other}/{name}",
        f"{base}/{int(expires) + 1}/{signature}/{name}",
        f"{base}/{expires}/{signature}/{'0' * 32}.mp4",
        f"{base}/{expires}/{signature[:-1]}/{name}",
        f"{base}/{expires}/x/{name}",
        f"{base}/soon/{signature}/{name}",
        f"{base}/{expires}/{signature}/..%2f..%2fapp.sqlite",
        f"{base}/{expires}/%C3%A9/{name}",
    ):
        assert httpx2.get(changed).status_code == 404, changed


def test_a_link_works_for_the_time_of_retention_only(finished):
    expires = int(finished["outputs"][0].rsplit("/", 3)[1])
    assert abs(expires - time.time() - 7 * 86400) < 3600


def test_uploads_and_their_links_end_with_retention(tmp_path, portrait):
    with Server(tmp_path / "data", "--workers", "0", MOTIONCAST_RETENTION_DAYS="0.00005") as server:
        address = Caller(server, server.key).upload(portrait)
        answer = wait_for(lambda: got if (got := httpx2.get(address)).status_code != 200 else None)
        assert "upload it again" in answer.json()["message"]


def test_an_upload_comes_back_as_it_went(first, portrait, talker):
    for path, kind, mime in ((portrait, "image", "image/png"), (talker, "video", "video/mp4")):
        with path.open("rb") as file:
            stored = first.data("POST", "/api/v3/media/upload/binary", files={"file": (path.name, file)})
        assert stored["url"] == stored["download_url"]
        assert (stored["type"], stored["filename"], stored["size"]) == (kind, path.name, path.stat().st_size)
        answer = httpx2.get(stored["download_url"])
        assert (answer.headers["content-type"], answer.content) == (mime, path.read_bytes())
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("route", ["/api/v2/media/upload/binary", "/api/v3/upload"])
def test_the_older_routes_take_files_too(first, portrait, route):
    stored = first.data("POST", route, files={"file": ("me.png", portrait.read_bytes(), "application/octet-stream")})
    assert httpx2.get(stored["url"]).content == portrait.read_bytes()


def test_a_wrong_name_does_not_matter(first, portrait, talker):
    for name, path, kind in (("me.mp4", portrait, "image"), ("clip.png", talker, "video"), ("clip", talker, "video")):
        files = {"file": (name, path.read_bytes(), "application/octet-stream")}
        stored = first.data("POST", "/api/v3/media/upload/binary", files=files)
        assert (stored["type"], stored["filename"]) == (kind, name)


@pytest.mark.parametrize("junk", [b"", b"hello world, this is no picture", b"<html>", b"\0" * 5000, b"%PDF-1.7"])
def test_junk_is_refused(first, junk):
    for name in ("me.png", "clip.mp4"):
        files = {"file": (name, junk, "image/png")}
        assert "no known kind" in refusal(first.call("POST", "/api/v3/media/upload/binary", files=files), 415)


def test_a_form_without_a_file_is_refused(first):
    route = "/api/v3/media/upload/binary"
    for options in (
        {"data": {"file": "text"}}, {"files": {"other": ("me.png", b"x")}}, {"json": {"file": "x"}}, {"content": b"x"},
        {"content": b"--x\r\nbroken", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
    ):  # fmt: skip
        assert "field `file`" in refusal(first.call("POST", route, **options), 400)


def test_a_ticket_has_all_that_clients_need(first, ticket, talker):
    assert (ticket["type"], ticket["filename"], ticket["size"]) == ("video", "clip.mp4", talker.stat().st_size)
    assert ticket["download_url"] == ticket["url"]
    assert ticket["download_url"].startswith(f"{first.server.url}/m/")
    assert ticket["download_url"].endswith(".mp4")
    upload = ticket["upload"]
    assert upload["method"] == "PUT"
    assert upload["headers"] == {"Content-Type": "video/mp4"}
    assert upload["url"].startswith(ticket["download_url"] + "?")


def test_a_ticket_is_good_once(ticket, talker):
    upload = ticket["upload"]
    assert httpx2.get(ticket["url"]).status_code == 404, "nothing is there yet"
    assert httpx2.put(upload["url"], content=talker.read_bytes(), headers=upload["headers"]).status_code == 200
    assert httpx2.get(ticket["url"]).content == talker.read_bytes()
    assert "ticket" in refusal(httpx2.put(upload["url"], content=b"\x89PNG\r\n\x1a\n other"), 403)
    assert httpx2.get(ticket["url"]).content == talker.read_bytes()


def test_a_ticket_takes_another_type_than_it_announced(first, ticket, portrait):
    sent = httpx2.put(ticket["upload"]["url"], content=portrait.read_bytes(), headers={"Content-Type": "text/plain"})
    assert sent.json()["data"]["type"] == "image"
    assert httpx2.get(ticket["url"]).headers["content-type"] == "image/png"
    assert "given is an image" in refusal(first.submit(image=ticket["url"], video=ticket["url"]), 400)


def test_junk_by_ticket_is_refused_and_the_ticket_stays_good(ticket, talker):
    url = ticket["upload"]["url"]
    assert "no known kind" in refusal(httpx2.put(url, content=b"junk"), 415)
    assert httpx2.get(ticket["url"]).status_code == 404
    assert httpx2.put(url, content=talker.read_bytes()).status_code == 200


def test_without_its_ticket_nothing_can_be_put(ticket, talker):
    for url in (
        ticket["url"], f"{ticket['url']}?t=", f"{ticket['url']}?t=wrong",
        ticket["upload"]["url"].replace(".mp4", ".png"), ticket["upload"]["url"].replace("/m/", "/m/0")[:-1],
    ):  # fmt: skip
        assert httpx2.put(url, content=talker.read_bytes()).status_code in (403, 404)
    assert httpx2.get(ticket["url"]).status_code == 404


def test_an_input_that_was_announced_but_not_sent_is_named(first, media, ticket):
    message = refusal(first.submit(image=media["image"], video=ticket["download_url"]), 400)
    assert message.startswith('field "video" ')
    assert "upload it again" in message


def test_large_files_are_refused(poor):
    large, limit = b"\x89PNG\r\n\x1a\n" + bytes(1 << 20), "larger than 1 MiB"
    files = {"file": ("me.png", large)}
    assert limit in refusal(poor.call("POST", "/api/v3/media/upload/binary", files=files), 413)
    announced = {"filename": "me.png", "size": len(large)}
    assert limit in refusal(poor.call("POST", "/api/v3/media/uploads", json=announced), 413)
    ticket = poor.data("POST", "/api/v3/media/uploads", json={"filename": "me.png", "size": 10})
    assert limit in refusal(httpx2.put(ticket["upload"]["url"], content=large), 413)
    parts = (large[at : at + 65536] for at in range(0, len(large), 65536))  # chunked: its length is not announced
    assert limit in refusal(httpx2.put(ticket["upload"]["url"], content=parts), 413)
    assert httpx2.get(ticket["url"]).status_code == 404


@pytest.mark.parametrize(
    ("announced", "names"),
    [
        ({"size": -1}, "size"),
        ({"size": "many"}, "size"),
        ({"filename": 5}, "filename"),
        ({"filename": "x" * 2000}, "filename"),
    ],
)
def test_a_wrong_announcement_is_named(first, announced, names):
    assert names in refusal(first.call("POST", "/api/v3/media/uploads", json=announced), 400)


def test_strange_names_do_no_harm(first, portrait):
    for name in ("../../etc/passwd", "мой файл.png", "a/b\\c.png", "x.tar.GZ", ".png", "n" * 300 + ".png"):
        files = {"file": (name, portrait.read_bytes())}
        stored = first.data("POST", "/api/v3/media/upload/binary", files=files)
        assert httpx2.get(stored["url"]).content == portrait.read_bytes()
        ticket = first.data("POST", "/api/v3/media/uploads", json={"filename": name, "size": 5})
        assert ticket["filename"] == name
        assert httpx2.put(ticket["upload"]["url"], content=portrait.read_bytes()).status_code == 200
