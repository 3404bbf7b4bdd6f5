"""POST /api/v3/wavespeed-ai/wan-2.2/animate: every form of its parameters, and every field of its answer."""

import base64
import json
import re
import shutil
import socket
import subprocess
from pathlib import Path

import httpx2
import pytest

from tests.acceptance.caller import Caller, checked, raw_post, refusal
from tests.acceptance.command import video_packets
from tests.acceptance.serving import MODEL
from tests.clips import Clip, make_clip


@pytest.fixture(scope="module")
def packets(finished, tmp_path_factory) -> list[bytes]:
    """Video packets of the job that took uploaded files and the seed 7."""
    return packets_at(finished["outputs"][0], tmp_path_factory.mktemp("packets"))


def packets_at(url: str, folder: Path) -> list[bytes]:
    target = folder / "output.mp4"
    target.write_bytes(httpx2.get(url).raise_for_status().content)
    return video_packets(target)


def test_a_new_prediction_has_every_field_and_no_result_yet(first, media):
    data = checked(first.accepted(**media))
    assert re.fullmatch("[0-9a-f]{32}", data["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", data["created_at"])
    expected = {"status": "created", "model": "wavespeed-ai/wan-2.2/animate", "outputs": [], "has_nsfw_contents": []}
    expected |= {"error": "", "code": 0, "executionTime": 0, "timings": {"inference": 0}, "cost": 0.2}
    assert {name: data[name] for name in expected} == expected
    assert data["urls"]["get"] == f"{first.server.url}/api/v3/predictions/{data['id']}/result"
    assert 0 <= data["seed"] < 2**31, "the default of -1 draws one"
    first.cancel(data["id"])


def test_a_completed_prediction_has_its_output_and_its_figures(finished):
    assert finished["status"] == "completed"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/o/\d+/[0-9a-f]{40}/[0-9a-f]{32}\.mp4", finished["outputs"][0])
    assert (len(finished["outputs"]), finished["has_nsfw_contents"]) == (1, [False])
    assert (finished["error"], finished["code"], finished["progress"], finished["seed"]) == ("", 0, 1, 7)
    assert finished["engine"] == "puppet"
    assert 0 < finished["timings"]["inference"] <= finished["executionTime"]


def test_addresses_and_data_uris_give_the_same_video(first, web, cutout, talker, packets, tmp_path):
    address, folder = web
    shutil.copy(talker, folder / "clip.mp4")
    image = "data:image/png;base64," + base64.b64encode(cutout.read_bytes()).decode()
    # null is absent, an empty prompt too
    inputs = {"prompt": "", "mode": None, "resolution": None, "enable_sync_mode": None, "seed": 7}
    data = first.ended(first.accepted(image=image, video=f"{address}/clip.mp4", **inputs)["id"])
    assert data["status"] == "completed", data["error"]
    assert packets_at(data["outputs"][0], tmp_path) == packets


def test_sync_mode_with_base64_of_a_ticket_upload(first, cutout, talker, packets, tmp_path):
    image = base64.b64encode(cutout.read_bytes()).decode()
    announced = {"filename": "clip.mp4", "size": talker.stat().st_size, "content_type": "video/mp4"}
    ticket = first.data("POST", "/api/v3/media/uploads", json=announced)
    upload = ticket["upload"]
    assert upload["method"] == "PUT"
    sent = httpx2.put(upload["url"], content=talker.read_bytes(), headers=upload["headers"])  # no Authorization
    assert sent.status_code == 200, sent.text
    flags = {"enable_sync_mode": True, "enable_base64_output": True}
    data = checked(first.accepted(image=image, video=ticket["download_url"], mode="animate", seed=7, **flags))
    assert data["status"] == "completed", data["error"]
    output = tmp_path / "output.mp4"
    output.write_bytes(base64.b64decode(data["outputs"][0], validate=True))
    assert video_packets(output) == packets
    assert first.result(data["id"])["outputs"] == data["outputs"]


def test_base64_output_and_a_webhook_exclude_each_other(first, media):
    answer = first.submit(**media, enable_base64_output=True, query="?webhook=http://127.0.0.1:9/hook")
    assert "webhook" in refusal(answer, 400)


def test_sync_mode_that_waits_no_longer_says_so_and_keeps_the_id(poor, cutout, talker):
    inputs = {"image": poor.upload(cutout), "video": poor.upload(talker)}
    data = checked(poor.accepted(**inputs, enable_sync_mode=True))
    assert (data["status"], data["code"]) == ("processing", 5004)
    assert "Sync mode timed out after 1 seconds" in data["error"]
    assert poor.result(data["id"])["status"] == "created"


def test_unknown_parameters_are_ignored_and_named(first, media):
    extras = {"aspect_ratio": "16:9", "fps": 24, "model_id": "x", "duration": None}
    answer = first.submit(**media, **extras)
    data = answer.json()["data"]
    assert answer.headers["x-ignored-parameters"] == "aspect_ratio, fps, model_id"
    assert data["warnings"] == ["Ignored parameters that this endpoint does not have: aspect_ratio, fps, model_id."]
    first.cancel(data["id"])


@pytest.mark.parametrize(
    ("field", "value", "names"),
    [
        ("image", None, 'field "image" is required'),
        ("image", "  ", 'field "image" is required'),
        ("image", 5, 'field "image" must be a string'),
        ("image", "@/tmp/me.png", "upload it first with POST /api/v3/media/upload/binary"),
        ("image", "me.png", 'field "image" must be an http(s) URL'),
        ("image", "data:image/png,%89PNG", "without base64"),
        ("image", "data:image/png;base64,aGFsbG8gd29ybGQ=", "no known kind"),
        ("image", "http://10.0.0.1/me.png", 'field "image" cannot be read'),
        ("image", "http://user@[/me.png", "not a valid address"),
        ("video", None, 'field "video" is required'),
        ("video", "file:///etc/passwd", 'field "video" must be an http(s) URL'),
        ("mode", "dance", 'field "mode" must be one of animate, replace'),
        ("mode", 1, 'field "mode" must be one of animate, replace'),
        ("resolution", "1080p", 'field "resolution" must be one of 480p, 720p'),
        ("seed", -2, 'field "seed" must be a whole number from -1 to 2147483647'),
        ("seed", 9_999_999_999, 'field "seed" must be a whole number from -1 to 2147483647'),
        ("seed", "7", 'field "seed" must be a whole number'),
        ("seed", True, 'field "seed" must be a whole number'),
        ("prompt", ["x"], 'field "prompt" must be a string'),
        ("engine", "wan", 'field "engine" must be one of puppet'),
        ("engine", 5, 'field "engine" must be a string'),
        ("enable_sync_mode", "yes", 'field "enable_sync_mode" must be true or false'),
        ("webhook_url", "http://10.0.0.1/", 'field "webhook" cannot be used'),
        ("webhook_url", "ftp://example.com/", 'field "webhook" must be'),
    ],
)
def test_a_wrong_parameter_is_named(first, media, field, value, names):
    assert names in refusal(first.submit(**media | {field: value}), 400)


def test_a_body_that_is_no_object_is_refused(first):
    for body in (b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe"):
        assert 'field "body"' in refusal(first.call("POST", MODEL, content=body), 400)


def test_a_picture_is_no_video(first, media):
    assert "must be a video, but the file given is an image" in refusal(
        first.submit(image=media["image"], video=media["image"]), 400
    )


def test_media_that_cannot_be_had_fail_with_1402_and_cost_nothing(caller, web, cutout):
    shutil.copy(cutout, web[1] / "me.png")
    before = caller.balance()
    data = caller.ended(caller.accepted(image=f"{web[0]}/me.png", video=f"{web[0]}/gone.mp4")["id"])
    assert (data["status"], data["code"], data["outputs"], data["cost"]) == ("failed", 1402, [], 0)
    assert data["error"].startswith("1402: The video URL")
    # clients that retry by themselves look for these
    assert not re.search("timeout|connection|http 5|429|fetch|timed out", data["error"], re.IGNORECASE)
    assert caller.balance() == before


def test_a_video_without_a_person_fails_with_1401(caller, web, cutout):
    make_clip(web[1] / "empty.mp4", Clip(count=5))
    shutil.copy(cutout, web[1] / "me.png")
    data = caller.ended(caller.accepted(image=f"{web[0]}/me.png", video=f"{web[0]}/empty.mp4")["id"])
    assert (data["status"], data["code"], data["cost"]) == ("failed", 1401, 0)
    assert data["error"].startswith("1401: ")


def test_an_unknown_model_and_a_stream_are_refused(first):
    assert "there is no model" in refusal(first.call("POST", "/api/v3/wavespeed-ai/flux-dev", json={}), 404).lower()
    assert "cannot be streamed" in refusal(first.call("POST", f"{MODEL}/stream", json={}), 400)


def test_the_older_base_path_takes_jobs_too(first, media):
    data = first.data("POST", MODEL.replace("v3", "v2"), json=media)
    assert first.data("GET", f"/api/v2/predictions/{data['id']}/result")["id"] == data["id"]
    first.cancel(data["id"])


class TestTheDocumentedCurlCalls:
    """The seed page's calls, apart from host and key."""

    def test_as_printed_image_is_missing(self, first, tmp_path):
        body = '{\n    "mode": "animate",\n    "resolution": "480p",\n    "seed": -1\n}'
        status, answer = self._submit(first, body, tmp_path)
        assert status == 400
        assert 'field "image" is required' in answer["message"]

    def test_with_image_and_video_they_work(self, first, media, tmp_path):
        body = json.dumps(media | {"mode": "animate", "resolution": "480p", "seed": -1}, indent=4)
        status, answer = self._submit(first, body, tmp_path)
        assert (status, answer["code"], answer["message"]) == (200, 200, "success")
        request_id = answer["data"]["id"]
        first.ended(request_id)
        status, answer = self._curl("GET", f"/api/v3/predictions/{request_id}/result", first, [], tmp_path)
        assert (status, answer["data"]["status"]) == (200, "completed")
        httpx2.get(answer["data"]["outputs"][0]).raise_for_status()

    def _submit(self, caller: Caller, body: str, folder: Path) -> tuple[int, dict]:
        options = ["--header", "Content-Type: application/json", "--data-raw", body]
        return self._curl("POST", MODEL, caller, options, folder)

    def _curl(self, method: str, path: str, caller: Caller, options: list[str], folder: Path) -> tuple[int, dict]:
        target = folder / "answer.json"
        command = ["curl", "--silent", "--location", "--request", method, caller.server.url + path, *options]
        command += ["--header", f"Authorization: Bearer {caller.key}", "-o", str(target), "-w", "%{http_code}"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        return int(done.stdout), json.loads(target.read_bytes())


def test_a_body_that_announces_too_much_is_refused_unread(first):
    head = raw_post(first, b"").replace(b"Content-Length: 0", f"Content-Length: {1 << 40}".encode())
    host, port = first.server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as line:
        line.sendall(head)
        answer = b""
        while b"}" not in answer and (more := line.recv(65536)):  # head and body may come apart
            answer += more
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"larger than" in answer
