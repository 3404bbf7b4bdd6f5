"""Server-sent events: a job's progress, previews of its frames, its end."""

import base64
import io
import json
from collections.abc import Iterator

import pytest
from PIL import Image

from tests.acceptance.caller import Caller, checked, refusal
from tests.acceptance.serving import MODEL


def events_of(caller: Caller, prediction_id: str) -> Iterator[tuple[str, dict]]:
    """(name, data) of every event until the server ends the stream."""
    path = f"/api/v3/predictions/{prediction_id}/events"
    with caller.server.client(caller.key) as client, client.stream("GET", path) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        name = ""
        for line in answer.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))


@pytest.fixture(scope="module")
def seen(first, media, long_talker) -> list[tuple[str, dict]]:
    """All events of a job that takes some seconds."""
    job = first.accepted(image=media["image"], video=first.upload(long_talker))
    return list(events_of(first, job["id"]))


def test_progress_rises_until_the_end(seen):
    states = [checked(data) for name, data in seen if name in ("progress", "completed")]
    progress = [state["progress"] for state in states]
    assert progress == sorted(progress)
    assert progress[-1] == 1
    assert len(set(progress)) >= 4
    assert {state["stage"] for state in states} >= {"track", "render"}
    assert any(state["eta_seconds"] is not None for state in states)


def test_previews_are_pictures_of_the_job(seen):
    previews = [data for name, data in seen if name == "preview"]
    assert previews
    frames = [preview["frame"] for preview in previews]
    assert frames == sorted(set(frames))
    for preview in previews:
        header, _, payload = preview["image"].partition(",")
        assert header == "data:image/jpeg;base64"
        with Image.open(io.BytesIO(base64.b64decode(payload, validate=True))) as picture:
            picture.load()
            assert picture.format == "JPEG"
            assert picture.width == picture.height <= 480


def test_the_last_event_is_named_as_the_end(first, seen):
    name, data = seen[-1]
    assert name == "completed"
    assert data == first.result(data["id"])
    assert sum(name == "completed" for name, _ in seen) == 1


def test_an_ended_job_has_one_event(first, finished):
    assert list(events_of(first, finished["id"])) == [("completed", first.result(finished["id"]))]


@pytest.mark.parametrize(("how", "last"), [("cancel", "cancelled"), ("delete", "deleted")])
def test_a_job_that_is_stopped_ends_its_stream(caller, gate, how, last):
    job = caller.accepted(image=gate.url("nothing.png"), video=gate.url("nothing.mp4"))["id"]
    events = events_of(caller, job)
    assert next(events)[0] == "progress"
    if how == "cancel":
        caller.cancel(job)
    else:
        caller.data("DELETE", f"/api/v3/predictions/{job}")
    name, data = list(events)[-1]
    assert (name, data["id"]) == (last, job)


def test_others_and_unknown_jobs_have_none(caller, finished):
    for prediction_id in (finished["id"], "0" * 32, "x"):
        refusal(caller.call("GET", f"/api/v3/predictions/{prediction_id}/events"), 404)


def test_the_models_own_stream_route_is_refused(caller):
    assert "cannot be streamed" in refusal(caller.call("POST", f"{MODEL}/stream", json={}), 400)
