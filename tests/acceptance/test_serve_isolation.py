"""Nobody gets in without a key, nobody sees what is another's, nobody takes more than his share."""

import pytest

from tests.acceptance.caller import Caller, refusal
from tests.acceptance.command import motioncast
from tests.acceptance.serving import MODEL, wait_for

ROUTES = [
    ("POST", MODEL), ("GET", "/api/v3/predictions"), ("POST", "/api/v3/predictions"), ("GET", "/api/v3/balance"),
    ("POST", "/api/v3/predictions/delete"), ("GET", "/api/v3/models"), ("POST", "/api/v3/model/price"),
    ("POST", "/api/v3/model/pricing"), ("POST", "/api/v3/billings/search"), ("POST", "/api/v3/user/usage_stats"),
    ("GET", "/api/v3/webhook/secret"), ("POST", "/api/v3/media/uploads"), ("POST", "/api/v3/media/upload/binary"),
    ("GET", "/api/v3/account/billings"), ("GET", "/api/v3/account/usage"), ("POST", "/api/v3/upload"),
    *((method, f"/api/v3/predictions/{'0' * 32}{path}") for method, path in (
        ("GET", ""), ("GET", "/result"), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/events"), ("GET", "/webhook"),
        ("POST", "/webhook/redeliver"))),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_wants_a_key(server, method, path):
    with server.client() as client:
        for header in (None, "", "Bearer", "Basic eDp5", f"Token {server.key}", "Bearer mc-wrong"):
            client.headers.pop("Authorization", None)
            headers = {} if header is None else {"Authorization": header}
            answer = client.request(method, path, headers=headers)
            refusal(answer, 401)
            assert answer.headers["www-authenticate"] == "Bearer"
        answer = client.request(method, path, headers={"X-API-Key": server.key})
        refusal(answer, 401)


def test_predictions_are_their_owners(caller, first, finished):
    path = f"/api/v3/predictions/{finished['id']}"
    for method, tail in (
        ("GET", ""), ("GET", "/result"), ("GET", "/events"), ("GET", "/webhook"), ("POST", "/webhook/redeliver"),
        ("POST", "/cancel"), ("DELETE", ""),
    ):  # fmt: skip
        assert refusal(caller.call(method, path + tail), 404) == "Prediction not found"
    assert caller.data("POST", "/api/v3/predictions/delete", json={"ids": [finished["id"]]}) == {"deleted_count": 0}
    for page in (caller.listed(), caller.data("GET", "/api/v3/predictions")):
        assert (page["total"], page["items"]) == (0, [])
    assert caller.billings(prediction_uuids=[finished["id"]])["total"] == 0
    assert caller.data("POST", "/api/v3/user/usage_stats", json={})["summary"]["total_requests"] == 0
    assert first.result(finished["id"])["status"] == "completed"


def test_files_are_no_inputs_for_others(caller, media, finished, portrait, talker):
    own = {"image": caller.upload(portrait), "video": caller.upload(talker)}
    message = refusal(caller.submit(**own | {"image": media["image"]}), 400)
    assert message.startswith('field "image" ')
    assert "upload it again" in message
    message = refusal(caller.submit(**own | {"video": finished["outputs"][0]}), 400)
    assert message.startswith('field "video" is an address of this server')


def test_another_name_of_this_server_opens_no_door(caller, media, talker):
    """The upload of another, by a name that resolves to this machine, is read as anyone on the web may read it."""
    port = caller.server.url.rsplit(":", 1)[1]
    path = media["image"].split(port)[1]
    for name in ("localhost", "LOCALHOST", "127.0.0.1"):
        message = refusal(caller.submit(image=f"http://{name}:{port}{path}", video=caller.upload(talker)), 400)
        assert "upload it again" in message


def test_an_own_output_is_an_input(first, media, finished):
    job = first.accepted(image=media["image"], video=finished["outputs"][0])
    first.cancel(job["id"])


def test_a_secret_belongs_to_a_key(caller, first):
    secrets = [who.data("GET", "/api/v3/webhook/secret")["secret"] for who in (caller, first)]
    assert all(secret.startswith("whsec_") and len(secret) == 50 for secret in secrets)
    assert secrets[0] != secrets[1]


def test_a_revoked_key_is_refused(server, new_name):
    caller = Caller.new(server, new_name())
    assert caller.balance() > 0
    done = motioncast("keys", "revoke", caller.key, "--data-dir", server.data_dir, cwd=server.data_dir)
    assert done.code == 0, done.stderr
    answer = wait_for(lambda: got if (got := caller.call("GET", "/api/v3/balance")).status_code != 200 else None, 30)
    assert "revoked" in refusal(answer, 401)
    listed = motioncast("keys", "list", "--data-dir", server.data_dir, cwd=server.data_dir)
    assert f"{caller.key[:8]}…  revoked" in listed.stdout
    assert caller.key not in listed.stdout


def test_a_key_may_submit_only_so_often(poor, strict, new_name):
    for _ in range(3):
        refusal(poor.submit(), 400)
    answer = poor.submit()
    assert refusal(answer, 429).startswith("This key has sent 3 jobs, dry runs and files to look at within a minute")
    assert answer.json()["error_code"] == "rate_limited"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert poor.balance() == 1, "polls are not limited"
    refusal(Caller.new(strict, new_name()).submit(), 400)
