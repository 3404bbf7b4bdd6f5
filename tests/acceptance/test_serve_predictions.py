"""Listing, cancelling and deleting predictions, and what may end one early."""

from collections.abc import Iterator
from fractions import Fraction

import httpx2
import pytest

from tests.acceptance.caller import Caller, checked, gated, refusal
from tests.acceptance.serving import wait_for
from tests.clips import Clip, make_clip

NOBODY = "0" * 32


@pytest.fixture(scope="module")
def lister(server, new_name) -> Caller:
    """A caller whose only jobs are `three`."""
    return Caller.new(server, new_name())


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory) -> Iterator[dict[str, str]]:
    """Inputs that are not there: jobs with them fail at once."""
    with gated(tmp_path_factory.mktemp("nowhere")) as gate:
        gate.open()
        yield {"image": gate.url("nothing.png"), "video": gate.url("nothing.mp4")}


@pytest.fixture(scope="module")
def three(lister, nowhere) -> list[str]:
    """Ids of three jobs of the lister's that have failed, oldest first."""
    return fail_three(lister, nowhere)


def fail_three(caller: Caller, inputs: dict[str, str]) -> list[str]:
    ids = [caller.accepted(**inputs, seed=seed)["id"] for seed in range(3)]
    for prediction_id in ids:
        caller.ended(prediction_id)
    return ids


@pytest.fixture(scope="module")
def renewed(first, media) -> dict:
    """A completed prediction that a test may delete."""
    return first.ended(first.accepted(**media, seed=9)["id"])


def ids_of(page: dict) -> list[str]:
    return [item["id"] for item in page["items"]]


def test_lists_are_newest_first_in_pages(lister, three):
    newest_first = three[::-1]
    page = lister.listed()
    assert (page["page"], page["total"], ids_of(page)) == (1, 3, newest_first)
    assert all(checked(item)["status"] == "failed" for item in page["items"])
    assert all("input" not in item for item in page["items"])
    for number, expected in ((1, newest_first[:2]), (2, newest_first[2:]), (3, [])):
        page = lister.listed(page=number, page_size=2)
        assert (page["page"], page["total"], ids_of(page)) == (number, 3, expected)
        assert lister.data("GET", "/api/v3/predictions", params={"page": number, "page_size": 2}) == page


def test_lists_are_filtered(lister, three):
    for wanted, expected in (
        ({"status": "failed"}, three[::-1]),
        ({"status": "completed"}, []),
        ({"model": "wavespeed-ai/wan-2.2/animate"}, three[::-1]),
        ({"model": "wavespeed-ai/flux-dev"}, []),
        ({"created_after": lister.result(three[1])["created_at"]}, three[:0:-1]),
        ({"created_before": lister.result(three[1])["created_at"]}, three[1::-1]),
        ({"created_before": "2020-01-01"}, []),
        ({"status": None, "model": "", "created_after": ""}, three[::-1]),
    ):
        assert ids_of(lister.listed(**wanted)) == expected, wanted
        query = {name: value for name, value in wanted.items() if value is not None}
        assert ids_of(lister.data("GET", "/api/v3/predictions", params=query)) == expected, wanted


def test_lists_show_the_inputs_when_asked(lister, three, nowhere):
    for page in (
        lister.listed(include_inputs=True),
        lister.data("GET", "/api/v3/predictions", params={"include_inputs": "true"}),
    ):
        item = page["items"][0]
        expected = nowhere | {"mode": "animate", "seed": 2, "resolution": "480p", "prompt": ""}
        assert item["input"] == item["inputs"] == expected
        one = lister.data("GET", f"/api/v3/predictions/{item['id']}", params={"include_inputs": "true"})
        assert one["input"] == one["inputs"] == expected
        assert "input" not in lister.result(item["id"])


@pytest.mark.parametrize(
    ("wanted", "names"),
    [({"page": 0}, "page"), ({"page_size": 101}, "page_size"), ({"created_after": "soon"}, "created_after")],
)
def test_a_wrong_filter_is_named(caller, wanted, names):
    assert names in refusal(caller.call("POST", "/api/v3/predictions", json=wanted), 400)
    assert names in refusal(caller.call("GET", "/api/v3/predictions", params=wanted), 400)


def test_an_unknown_prediction_is_404_everywhere(caller):
    for method, path in (("GET", ""), ("GET", "/result"), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/webhook")):
        assert "not found" in refusal(caller.call(method, f"/api/v3/predictions/{NOBODY}{path}"), 404)


def test_a_deleted_prediction_is_gone_with_its_output(first, renewed):
    path = f"/api/v3/predictions/{renewed['id']}"
    link = renewed["outputs"][0]
    assert httpx2.get(link).status_code == 200
    assert first.data("DELETE", path) == {"id": renewed["id"], "status": "deleted"}
    for gone in (path, f"{path}/result", f"{path}/events"):
        assert "not found" in refusal(first.call("GET", gone), 404)
    assert httpx2.get(link).status_code == 404
    assert "not found" in refusal(first.call("DELETE", path), 404)
    assert renewed["id"] not in ids_of(first.listed())


def test_several_are_deleted_at_once(caller, nowhere):
    three = fail_three(caller, nowhere)
    wanted = {"ids": [*three[:2], NOBODY, three[0]]}
    assert caller.data("POST", "/api/v3/predictions/delete", json=wanted) == {"deleted_count": 2}
    assert ids_of(caller.listed()) == three[2:]
    assert caller.data("POST", "/api/v3/predictions/delete", json=wanted) == {"deleted_count": 0}
    assert "ids" in refusal(caller.call("POST", "/api/v3/predictions/delete", json={}), 400)


def test_a_queued_job_is_cancelled_and_costs_nothing(caller, gate):
    begin = caller.balance()
    inputs = {"image": gate.url("nothing.png"), "video": gate.url("nothing.mp4")}
    busy = caller.accepted(**inputs)["id"]
    gate.wait_until_asked()
    queued = caller.accepted(**inputs)["id"]
    assert caller.result(queued)["queue_position"] >= 1
    assert caller.balance() == pytest.approx(begin - 0.4)
    data = caller.cancel(queued)
    assert (data["status"], data["cost"], data["queue_position"]) == ("cancelled", 0, None)
    assert data["error"] == "1405: Cancelled by its owner."
    assert caller.balance() == pytest.approx(begin - 0.2)
    assert caller.cancel(queued) == data, "an ended job stays as it is"
    gate.open()
    assert caller.ended(busy)["status"] == "failed"
    assert caller.balance() == begin


def test_a_running_job_is_cancelled_and_the_worker_goes_on(caller, portrait, long_talker, gate):
    begin = caller.balance()
    running = caller.accepted(image=caller.upload(portrait), video=caller.upload(long_talker))["id"]
    gate.open()
    following = caller.accepted(image=gate.url("nothing.png"), video=gate.url("nothing.mp4"))["id"]
    caller.when(running, lambda data: data["stage"] in ("prepare", "track", "render"))
    data = caller.cancel(running)
    assert (data["status"], data["outputs"], data["cost"]) == ("cancelled", [], 0)
    assert caller.ended(following)["status"] == "failed"
    assert caller.result(running) == data, "the worker did not write over it"
    assert caller.balance() == begin
    assert caller.billings()["total"] == 0


def test_deleting_a_running_job_stops_it(caller, gate):
    begin = caller.balance()
    inputs = {"image": gate.url("nothing.png"), "video": gate.url("nothing.mp4")}
    running = caller.accepted(**inputs)["id"]
    gate.wait_until_asked()
    caller.data("DELETE", f"/api/v3/predictions/{running}")
    assert caller.balance() == begin
    gate.open()
    assert caller.ended(caller.accepted(**inputs)["id"])["status"] == "failed"
    assert caller.balance() == begin


@pytest.mark.parametrize("deadline", ["1", "0.5s"])
def test_cancel_after_ends_a_job_that_waits(poor, portrait, talker, deadline):
    inputs = {"image": poor.upload(portrait), "video": poor.upload(talker)}
    job = poor.accepted(**inputs, headers={"Cancel-After": deadline, "X-Client-Name": "test"})["id"]
    data = poor.ended(job)
    assert data["error"].startswith("1405: ")
    assert "within the time of Cancel-After" in data["error"]
    assert poor.balance() == 1


def test_cancel_after_ends_a_job_that_runs(caller, portrait, long_talker):
    inputs = {"image": caller.upload(portrait), "video": caller.upload(long_talker)}
    begin = caller.balance()
    data = caller.ended(caller.accepted(**inputs, headers={"Cancel-After": "2"})["id"])
    assert data["status"] == "cancelled"
    assert "within the time of Cancel-After" in data["error"]
    assert caller.balance() == begin


@pytest.mark.parametrize("value", ["soon", "", "0", "-1", "1d", "nan"])
def test_a_wrong_deadline_is_refused(caller, value, media):
    assert "Cancel-After" in refusal(caller.submit(**media, headers={"Cancel-After": value}), 400)


def test_a_price_above_the_callers_limit_is_refused_where_it_is_known(first, media):
    assert "X-Max-Cost" in refusal(first.submit(**media, headers={"X-Max-Cost": "0.19"}), 402)
    assert "X-Max-Cost" in refusal(first.submit(**media, resolution="720p", headers={"X-Max-Cost": "0.39"}), 402)
    data = first.accepted(**media, headers={"X-Max-Cost": "0.20"})
    first.cancel(data["id"])
    for value in ("much", "-1", "nan", "inf"):
        assert "X-Max-Cost" in refusal(first.submit(**media, headers={"X-Max-Cost": value}), 400)


def test_a_price_above_the_callers_limit_fails_the_job_once_it_is_known(caller, web, portrait):
    (web[1] / "me.png").write_bytes(portrait.read_bytes())
    make_clip(web[1] / "six.mp4", Clip(count=60, rate=Fraction(10)))
    begin = caller.balance()
    inputs = {"image": f"{web[0]}/me.png", "video": f"{web[0]}/six.mp4"}
    data = caller.ended(caller.accepted(**inputs, headers={"X-Max-Cost": "0.20"})["id"])
    assert (data["status"], data["code"], data["cost"]) == ("failed", 1407, 0)
    assert data["error"] == "1407: The job costs $0.24, more than the X-Max-Cost of the request."
    assert caller.balance() == begin


def test_old_clients_may_be_told_failed_instead_of_cancelled(poor, portrait, talker):
    inputs = {"image": poor.upload(portrait), "video": poor.upload(talker)}
    job = poor.cancel(poor.accepted(**inputs)["id"])
    assert (job["status"], job["code"]) == ("failed", 1405)
    path = f"/api/v3/predictions/{job['id']}/result"
    assert poor.data("GET", path, headers={"X-Client-Name": "wavespeed-python"})["status"] == "cancelled"


def test_without_that_setting_they_are_told_cancelled(caller: Caller, gate):
    job = caller.accepted(image=gate.url("nothing.png"), video=gate.url("nothing.mp4"))["id"]
    assert caller.cancel(job)["status"] == "cancelled"
    gate.open()
    wait_for(lambda: caller.result(job)["status"] == "cancelled")
