"""Holds, charges, refunds and what an account sees of them, to the cent."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from tests.acceptance.caller import Caller, refusal
from tests.acceptance.command import motioncast
from tests.acceptance.serving import MODEL, Server
from tests.clips import Clip, make_clip

MODEL_ID = "wavespeed-ai/wan-2.2/animate"


@pytest.fixture(scope="module")
def payer(server, new_name) -> Caller:
    """A caller with $10."""
    return Caller.new(server, new_name(), dollars=10.0)


@pytest.fixture(scope="module")
def paid(payer, portrait, talker) -> dict:
    """The payer's one completed job."""
    return payer.ended(payer.accepted(image=payer.upload(portrait), video=payer.upload(talker))["id"])


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> dict[float, object]:
    """Small videos by their length in seconds."""
    folder = tmp_path_factory.mktemp("lengths")
    lengths = (1.0, 5.0, 5.5, 30.0, 120.0, 150.0)
    return {
        seconds: make_clip(folder / f"{seconds}.mp4", Clip(count=round(seconds * 2), size=(32, 32), rate=Fraction(2)))
        for seconds in lengths
    }


def test_a_completed_job_is_charged_once(payer, paid):
    assert (paid["status"], paid["cost"]) == ("completed", 0.2)
    assert payer.balance() == pytest.approx(9.8)
    page = payer.billings()
    assert (page["page"], page["total"], page["has_more"], len(page["items"])) == (1, 1, False, 1)
    item = page["items"][0]
    assert (item["billing_type"], item["price"]) == ("deduct", 0.2)
    assert item["prediction"] == {"uuid": paid["id"], "model_uuid": MODEL_ID, "status": "completed"}
    assert item["order"] | {"uuid": ""} == {
        "uuid": "", "state": "paid", "price": 0.2, "origin_price": 0.2, "status": "completed"
    }  # fmt: skip
    assert item["access_key_name"]
    assert item["access_key_uuid"]


def test_charges_are_found_by_what_they_are_for(payer, paid):
    now, hour = datetime.now(UTC), timedelta(hours=1)
    item = payer.billings()["items"][0]
    for wanted, total in (
        ({"billing_type": "deduct"}, 1),
        ({"billing_type": "refund"}, 0),
        ({"prediction_uuids": [paid["id"]]}, 1),
        ({"prediction_uuids": ["0" * 32]}, 0),
        ({"prediction_uuids": []}, 0),
        ({"model_uuid": MODEL_ID}, 1),
        ({"model_uuid": "other"}, 0),
        ({"access_key_uuid": item["access_key_uuid"]}, 1),
        ({"access_key_uuid": "0" * 32}, 0),
        ({"start_time": (now - hour).isoformat(), "end_time": (now + hour).isoformat()}, 1),
        ({"start_time": str(round((now - hour).timestamp() * 1000))}, 1),
        ({"start_time": str(round((now + hour).timestamp() * 1000))}, 0),
        ({"end_time": round((now - hour).timestamp() * 1000)}, 0),
        ({"page": 2}, 1),
    ):
        page = payer.billings(**wanted)
        assert page["total"] == total, wanted
        assert len(page["items"]) == (0 if wanted.get("page") == 2 else total)
    assert payer.data("GET", "/api/v3/account/billings")["total"] == 1
    for field, value in (("billing_type", "gift"), ("start_time", "soon"), ("page_size", 0)):
        assert field in refusal(payer.call("POST", "/api/v3/billings/search", json={field: value}), 400)


def test_usage_counts_jobs_and_charges(payer, paid):
    span = {"start_time": "2020-01-01T00:00:00Z", "end_time": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
    for usage in (
        payer.data("POST", "/api/v3/user/usage_stats", json=span),
        payer.data("POST", "/api/v3/user/usage_stats", json={}),
        payer.data("GET", "/api/v3/account/usage"),
    ):
        assert usage["summary"] == {"total_cost": 0.2, "total_requests": 1, "success_requests": 1}
        row = {"total_requests": 1, "success_requests": 1, "total_cost": 0.2}
        assert usage["per_model_usage"] == [{"model_uuid": MODEL_ID, **row}]
        assert usage["daily_usage"] == [{"date": paid["created_at"][:10], **row}]
    long_ago = {"start_time": "2020-01-01", "end_time": "2020-01-31"}
    assert payer.data("POST", "/api/v3/user/usage_stats", json=long_ago)["summary"]["total_requests"] == 0
    assert payer.data("POST", "/api/v3/user/usage_stats", json={"model_uuid": "x"})["per_model_usage"] == []


def test_a_refund_gives_the_charge_back_once(payer, paid):
    begin = payer.balance()
    command = ("account", "refund", paid["id"], "--data-dir", payer.server.data_dir)
    done = motioncast(*command, cwd=payer.server.data_dir)
    assert (done.code, done.stdout) == (0, "Refunded $0.20.\n"), done.stderr
    assert payer.balance() == pytest.approx(begin + 0.2)
    again = motioncast(*command, cwd=payer.server.data_dir)
    assert again.code != 0
    assert "no charge to give back" in again.stderr
    assert payer.balance() == pytest.approx(begin + 0.2)
    kinds = [item["billing_type"] for item in payer.billings()["items"]]
    assert kinds == ["refund", "deduct"]
    assert [item["billing_type"] for item in payer.billings(sort="created_at ASC")["items"]] == kinds[::-1]


@pytest.mark.parametrize(
    ("seconds", "resolution", "dollars"),
    [(1.0, "480p", 0.2), (1.0, "720p", 0.4), (5.0, "480p", 0.2), (5.5, "480p", 0.24), (5.5, "720p", 0.48),
     (30.0, "480p", 1.2), (30.0, "720p", 2.4), (120.0, "720p", 9.6), (150.0, "720p", 9.6)],
)  # fmt: skip
def test_the_exact_price_of_an_upload_is_quoted_and_held(caller, portrait, clips, seconds, resolution, dollars):
    inputs = {"image": caller.upload(portrait), "video": caller.upload(clips[seconds]), "resolution": resolution}
    for route in ("price", "pricing"):
        quote = caller.data("POST", f"/api/v3/model/{route}", json={"model_id": MODEL_ID, "inputs": inputs})
        amounts = {"price": dollars, "discounted_price": dollars, "unit_price": dollars}
        assert quote == {"model_id": MODEL_ID, **amounts, "discount_rate": 100, "currency": "USD"}
    begin = caller.balance()
    job = caller.accepted(**inputs)
    assert job["cost"] == dollars
    assert begin - caller.balance() == pytest.approx(dollars)
    assert caller.billings()["total"] == 0, "holds are not listed"
    caller.cancel(job["id"])
    assert caller.balance() == begin
    assert caller.billings()["total"] == 0, "neither are releases"


def test_a_quote_without_a_usable_video_is_the_least_price(caller, media):
    for inputs, dollars in (
        ({}, 0.2), (None, 0.2), ({"resolution": "720p"}, 0.4), ({"video": "https://example.com/v.mp4"}, 0.2),
        ({"video": 7, "resolution": None}, 0.2), ({"video": media["video"]}, 0.2),
    ):  # fmt: skip
        quote = caller.data("POST", "/api/v3/model/price", json={"model_id": MODEL_ID, "inputs": inputs})
        assert quote["price"] == dollars
    wrong = {"model_id": MODEL_ID, "inputs": {"resolution": "8k"}}
    assert "inputs.resolution" in refusal(caller.call("POST", "/api/v3/model/price", json=wrong), 400)
    assert "model" in refusal(caller.call("POST", "/api/v3/model/price", json={"model_id": "x"}), 404)
    assert "model_id" in refusal(caller.call("POST", "/api/v3/model/price", json={}), 400)


def test_who_has_too_little_is_refused_until_credited(poor, portrait, clips):
    inputs = {"image": poor.upload(portrait), "video": poor.upload(clips[30.0])}
    message = refusal(poor.submit(**inputs), 402)
    assert message.startswith("The balance of $1.00 does not cover $1.20, the price of this job.")
    assert (poor.balance(), poor.listed()["total"]) == (1, 0)
    command = ("account", "credit", poor.key, "0.20", "--data-dir", poor.server.data_dir)
    done = motioncast(*command, cwd=poor.server.data_dir)
    assert (done.code, done.stdout) == (0, "The balance is now $1.20.\n"), done.stderr
    assert poor.accepted(**inputs)["cost"] == 1.2
    assert poor.balance() == 0
    assert refusal(poor.submit(**inputs), 402)


def test_who_cannot_pay_the_exact_price_fails_once_it_is_known(server, new_name, web, portrait, clips):
    caller = Caller.new(server, new_name(), dollars=0.23)
    (web[1] / "me.png").write_bytes(portrait.read_bytes())
    (web[1] / "clip.mp4").write_bytes(clips[5.5].read_bytes())
    data = caller.ended(caller.accepted(image=f"{web[0]}/me.png", video=f"{web[0]}/clip.mp4")["id"])
    assert (data["status"], data["code"], data["cost"]) == ("failed", 1407, 0)
    assert data["error"] == "1407: The balance does not cover $0.24, the price of this job."
    assert caller.balance() == 0.23


def test_keys_made_by_the_command_share_their_accounts_balance(strict, new_name):
    name = new_name()
    options = ("keys", "create", "--account", name, "--data-dir", strict.data_dir)
    made = [motioncast(*options, cwd=strict.data_dir, MOTIONCAST_OPENING_BALANCE="2.5") for _ in range(2)]
    callers = [Caller(strict, done.stdout.strip()) for done in made]
    assert all(len(caller.key) >= 40 for caller in callers)
    assert [caller.balance() for caller in callers] == [2.5, 2.5]


def test_without_billing_nothing_is_charged_and_every_price_says_so(tmp_path, cutout, talker, models_dir):
    with Server(tmp_path / "data", "--workers", "0", MOTIONCAST_BILLING="off") as server:
        caller = Caller.new(server, "private", dollars=0.01)
        inputs = {"image": caller.upload(cutout), "video": caller.upload(talker)}
        assert caller.data("GET", "/api/v3/models")[0]["prices"]["billing"] is False
        asked = {"model_id": MODEL_ID, "inputs": inputs}
        assert caller.data("POST", "/api/v3/model/price", json=asked)["price"] == 0
        assert caller.data("POST", MODEL, params={"dry_run": "true"}, json=inputs)["price"] == 0
        assert caller.accepted(**inputs)["cost"] == 0
        assert caller.balance() == 0.01
