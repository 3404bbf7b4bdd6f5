"""The same submit twice is one job: by Idempotency-Key, or because its caller hung up before the answer."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.acceptance.caller import Caller, dumps, raw_post, refusal
from tests.acceptance.serving import MODEL, wait_for

KEY = {"Idempotency-Key": "order-1"}


@pytest.fixture
def inputs(gate) -> dict[str, str]:
    """A job that waits for its picture until the gate is opened, and then fails."""
    return {"image": gate.url("nothing.png"), "video": gate.url("nothing.mp4")}


def post(caller: Caller, body: bytes, headers: dict[str, str] | None = None) -> dict:
    return caller.data("POST", MODEL, content=body, headers=headers or {})


def hang_up_on(caller: Caller, body: bytes, headers: dict[str, str] | None = None) -> str:
    """Submit, and close the line once the job is there; its id."""
    before = caller.listed()["total"]
    host, port = caller.server.url.removeprefix("http://").split(":")
    offset = len(caller.server.said())
    with socket.create_connection((host, int(port)), timeout=60) as line:
        line.sendall(raw_post(caller, body, headers))
        wait_for(lambda: caller.listed()["total"] > before)
    # the server logs a request when it is through with it
    wait_for(lambda: f"path={MODEL}" in caller.server.said(offset))
    return str(caller.listed()["items"][0]["id"])


def test_a_replay_answers_with_the_first_job(caller, inputs):
    begin = caller.balance()
    first, again = (caller.submit(**inputs, headers=KEY) for _ in range(2))
    assert first.json()["data"]["id"] == again.json()["data"]["id"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert caller.listed()["total"] == 1
    assert caller.balance() == pytest.approx(begin - 0.2)


def test_a_replay_answers_after_the_end_too(caller, inputs, gate):
    prediction_id = caller.accepted(**inputs, headers=KEY)["id"]
    gate.open()
    caller.ended(prediction_id)
    again = caller.accepted(**inputs, headers=KEY)
    assert (again["id"], again["status"]) == (prediction_id, "failed")


def test_the_key_of_another_request_is_refused(caller, inputs):
    caller.accepted(**inputs, headers=KEY)
    assert "Idempotency-Key" in refusal(caller.submit(**inputs, seed=8, headers=KEY), 422)
    assert caller.accepted(**inputs, seed=8, headers={"Idempotency-Key": "order-2"})["status"] == "created"
    assert caller.listed()["total"] == 2


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_is_no_key_is_refused(caller, inputs, key):
    assert "Idempotency-Key" in refusal(caller.submit(**inputs, headers={"Idempotency-Key": key}), 400)


def test_keys_are_the_accounts_own(caller, first, inputs):
    mine, theirs = (who.accepted(**inputs, headers=KEY)["id"] for who in (caller, first))
    assert mine != theirs


def test_many_at_once_make_one_job(caller, inputs):
    begin = caller.balance()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: caller.submit(**inputs, headers=KEY), range(16)))
    assert [answer.status_code for answer in answers] == [200] * 16
    assert len({answer.json()["data"]["id"] for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert caller.listed()["total"] == 1
    assert caller.balance() == pytest.approx(begin - 0.2)


def test_identical_posts_that_were_answered_are_two_jobs(caller, inputs):
    body = dumps(**inputs)
    assert post(caller, body)["id"] != post(caller, body)["id"]


def test_a_caller_who_hung_up_finds_his_job_again(caller, cutout, talker):
    body = dumps(image=caller.upload(cutout), video=caller.upload(talker), enable_sync_mode=True)
    begin = caller.balance()
    prediction_id = hang_up_on(caller, body)
    attached = caller.call("POST", MODEL, content=body)
    data = attached.json()["data"]
    assert attached.headers["idempotency-replayed"] == "true"
    assert (data["id"], data["status"]) == (prediction_id, "completed")
    assert caller.listed()["total"] == 1
    assert caller.billings()["total"] == 1
    assert caller.balance() == pytest.approx(begin - 0.2)
    # that one was answered: the next is a new job
    with ThreadPoolExecutor(1) as pool:
        another = pool.submit(post, caller, body)
        wait_for(lambda: caller.listed()["total"] == 2)
        newest = caller.listed()["items"][0]["id"]
        caller.cancel(newest)
        assert another.result()["id"] == newest != prediction_id
    assert caller.billings()["total"] == 1


def test_other_bytes_or_another_key_do_not_attach(caller, inputs, new_name):
    body = dumps(**inputs, enable_sync_mode=True)
    prediction_id = hang_up_on(caller, body)
    other = Caller.new(caller.server, new_name())
    for who, posted in ((caller, dumps(**inputs, enable_sync_mode=True, seed=1)), (caller, body + b" "), (other, body)):
        before = who.listed()["total"]
        assert hang_up_on(who, posted) != prediction_id
        assert who.listed()["total"] == before + 1


def test_who_hangs_up_twice_still_has_one_job(caller, inputs, gate):
    body = dumps(**inputs, enable_sync_mode=True)
    prediction_id = hang_up_on(caller, body)
    host, port = caller.server.url.removeprefix("http://").split(":")
    for _ in range(2):
        offset = len(caller.server.said())
        with socket.create_connection((host, int(port)), timeout=60) as line:
            line.sendall(raw_post(caller, body))
        wait_for(lambda offset=offset: f"path={MODEL}" in caller.server.said(offset))
    gate.open()
    data = post(caller, body)
    assert (data["id"], data["status"]) == (prediction_id, "failed")
    assert caller.listed()["total"] == 1
