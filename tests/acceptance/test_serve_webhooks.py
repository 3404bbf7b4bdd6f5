"""A webhook comes at least once, signed anew each time, whatever dies in between."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.receiver import Receiver, receiver
from tests.acceptance.serving import MODEL, Server, wait_for

#: inputs of a job that fails at once
NOWHERE = ("https://invalid.invalid/a.png", "https://invalid.invalid/b.mp4")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("webhooks") / "data"
    with Server(folder, MOTIONCAST_WEBHOOK_RETRIES_S="0.5,0.5,0.5") as running:
        yield running


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as state:
        yield state


@pytest.fixture(scope="module")
def stored(server: Server, cutout: Path, talker: Path) -> tuple[str, str]:
    return server.upload(cutout), server.upload(talker)


def submit(server: Server, stored: tuple[str, str], hook: str, **inputs: Any) -> str:
    with server.client() as client:
        body = {"image": stored[0], "video": stored[1], "seed": 7, **inputs}
        answer = client.post(MODEL, params={"webhook": hook}, json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["id"])


def secret(server: Server) -> str:
    with server.client() as client:
        return str(client.get("/api/v3/webhook/secret").json()["data"]["secret"])


def log(server: Server, prediction: str) -> dict[str, Any]:
    with server.client() as client:
        answer = client.get(f"/api/v3/predictions/{prediction}/webhook")
    return answer.json().get("data") or {"state": "none", "attempts": []}


def test_a_receiver_that_fails_twice_gets_a_third_with_a_fresh_signature(server, stored, hook):
    hook.answers = [500, 503, 200]
    prediction = submit(server, stored, hook.url)
    wait_for(lambda: log(server, prediction)["state"] == "delivered")
    assert len(hook.deliveries) == 3
    first, *_, last = hook.deliveries
    assert len({delivery.body for delivery in hook.deliveries}) == 1
    assert {delivery.headers["webhook-id"] for delivery in hook.deliveries} == {prediction}
    assert all(delivery.is_signed_with(secret(server)) for delivery in hook.deliveries)
    assert last.headers["webhook-timestamp"] >= first.headers["webhook-timestamp"]
    body = json.loads(last.body)
    assert (body["id"], body["status"], len(body["outputs"])) == (prediction, "completed", 1)
    assert body["input"]["seed"] == 7
    assert [attempt["status"] for attempt in log(server, prediction)["attempts"]] == [500, 503, 200]


def test_a_failed_job_is_told_too_and_a_body_may_name_the_webhook(server, stored, hook):
    with server.client() as client:
        body = {"image": "https://invalid.invalid/a.png", "video": stored[1], "webhook_url": hook.url}
        prediction = client.post(MODEL, json=body).json()["data"]["id"]
    wait_for(lambda: hook.deliveries)
    told = json.loads(hook.deliveries[0].body)
    assert (told["id"], told["status"], told["code"]) == (prediction, "failed", 1402)


def test_a_receiver_that_is_gone_for_good_ends_the_attempts(server, hook):
    hook.answers = [410]
    prediction = submit(server, NOWHERE, hook.url)
    wait_for(lambda: log(server, prediction)["state"] == "failed")
    assert len(hook.deliveries) == 1
    hook.answers = [204]
    with server.client() as client:
        client.post(f"/api/v3/predictions/{prediction}/webhook/redeliver")
    wait_for(lambda: log(server, prediction)["state"] == "delivered")
    assert [(a["round"], a["attempt"]) for a in log(server, prediction)["attempts"]] == [(1, 1), (2, 1)]


def test_many_dead_receivers_do_not_hold_up_a_living_one(server, hook):
    dead = [submit(server, NOWHERE, "http://127.0.0.1:9/", seed=n) for n in range(20)]
    submit(server, NOWHERE, hook.url)
    wait_for(lambda: hook.deliveries)
    wait_for(lambda: all(log(server, prediction)["state"] == "failed" for prediction in dead))
    assert {len(log(server, prediction)["attempts"]) for prediction in dead} == {4}


def test_a_killed_server_still_delivers(server, hook):
    hook.answers = [500, 200]
    prediction = submit(server, NOWHERE, hook.url)
    wait_for(lambda: hook.deliveries)
    server.kill()
    server.start()
    wait_for(lambda: log(server, prediction)["state"] == "delivered")
    assert hook.deliveries[-1].is_signed_with(secret(server))


@pytest.mark.parametrize(
    ("address", "names"),
    [("http://example.com/hook", "https"), ("https://10.0.0.1/hook", "private"), ("ftp://example.com/", "webhook")],
)
def test_an_address_that_cannot_be_used_is_refused_at_once(server, stored, address, names):
    with server.client() as client:
        answer = client.post(MODEL, params={"webhook": address}, json={"image": stored[0], "video": stored[1]})
    assert answer.status_code == 400
    assert names in answer.json()["message"]
