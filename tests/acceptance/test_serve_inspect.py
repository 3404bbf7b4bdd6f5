"""Looking at files before a job: fetched from the web on request, seen as the engines would see them."""

import base64
import io

import numpy as np
import pytest
from PIL import Image as Pillow

from tests.acceptance.caller import Caller, refusal
from tests.clips import Clip, make_clip

INSPECT, FETCH = "/api/v3/media/inspect", "/api/v3/media/upload/url"


def inspected(caller: Caller, url: str, kind: str) -> dict:
    return dict(caller.data("POST", INSPECT, json={"url": url, "type": kind}))


def test_a_person_in_a_picture_is_outlined(first, portrait):
    seen = inspected(first, first.upload(portrait), "image")
    assert (seen["type"], seen["width"], seen["height"], seen["duration_s"]) == ("image", 512, 512, None)
    assert seen["framing"] in ("portrait", "half")
    lines = seen["skeleton"]["lines"]
    face = np.array([point for line in lines if line["part"] == "face" for point in line["points"]])
    # the astronaut's face: right of the middle, in the upper half
    assert face.min(axis=0) == pytest.approx([0.37, 0.12], abs=0.05)
    assert face.max(axis=0) == pytest.approx([0.52, 0.37], abs=0.05)
    preview = Pillow.open(io.BytesIO(base64.b64decode(seen["preview"].partition(",")[2])))
    assert (preview.format, preview.size) == ("JPEG", (480, 480))
    with Pillow.open(portrait) as picture:
        difference = np.abs(np.asarray(preview, int) - np.asarray(picture.convert("RGB").resize((480, 480)), int))
    assert difference.mean() < 6


def test_a_whole_person_in_a_clip_is_outlined_by_its_first_frame(first, walker):
    seen = inspected(first, first.upload(walker), "video")
    assert (seen["width"], seen["height"], seen["framing"]) == (360, 640, "full")
    assert seen["rate"] == pytest.approx(15000 / 1001, abs=0.01)
    assert seen["duration_s"] == pytest.approx(20 * 1001 / 15000, abs=0.01)
    assert {"body"} <= {line["part"] for line in seen["skeleton"]["lines"]}
    points = [coordinate for line in seen["skeleton"]["lines"] for point in line["points"] for coordinate in point]
    assert -0.2 < min(points) < max(points) < 1.2


def test_where_nobody_is_there_is_no_skeleton(first, tmp_path):
    clip = make_clip(tmp_path / "empty.mp4", Clip(count=5))
    seen = inspected(first, first.upload(clip), "video")
    assert (seen["skeleton"], seen["framing"]) == (None, None)
    assert seen["preview"].startswith("data:image/jpeg;base64,")


def test_only_own_files_of_the_right_kind_are_looked_at(first, caller, portrait, web):
    url = first.upload(portrait)
    assert "must be a video" in refusal(first.call("POST", INSPECT, json={"url": url, "type": "video"}), 400)
    stranger = caller.call("POST", INSPECT, json={"url": url, "type": "image"})
    assert "upload it again" in refusal(stranger, 400)
    elsewhere = first.call("POST", INSPECT, json={"url": f"{web[0]}/me.png", "type": "image"})
    assert "Only files of this server" in refusal(elsewhere, 400)
    assert 'field "type"' in refusal(first.call("POST", INSPECT, json={"url": url}), 400)


def test_the_server_fetches_what_an_address_leads_to(first, portrait, web):
    address, folder = web
    (folder / "me too.png").write_bytes(portrait.read_bytes())
    stored = first.data("POST", FETCH, json={"url": f"{address}/me%20too.png"})
    assert (stored["type"], stored["filename"], stored["size"]) == ("image", "me too.png", portrait.stat().st_size)
    assert first.call("GET", stored["url"].partition("/m/")[1] + stored["url"].partition("/m/")[2]).content == (
        portrait.read_bytes()
    )


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nothing.png", "status 404"),
        ("page.html", "no known kind"),
        ("http://10.1.2.3/me.png", "its address is private"),
        ("ftp://example.com/me.png", "http:// or https://"),
        ("", "http:// or https://"),
    ],
)
def test_what_cannot_be_fetched_is_refused_in_a_sentence(first, web, url, words):
    address, folder = web
    (folder / "page.html").write_text("<p>no picture</p>")
    whole = url if not url or ":" in url else f"{address}/{url}"
    assert words in refusal(first.call("POST", FETCH, json={"url": whole}), 400)
