"""What operators see: metrics, logs, provenance, addresses behind a proxy, a page of another origin."""

import json
import re
from pathlib import Path

import httpx2
import pytest

from motioncast.service.retention import Retention
from tests.acceptance.command import motioncast
from tests.acceptance.serving import MODEL, Server, wait_for


@pytest.fixture(scope="module")
def behind(tmp_path_factory, models_dir):
    """A server that a proxy shows under another address, with logs for machines."""
    folder = tmp_path_factory.mktemp("behind") / "data"
    options = ("--public-url", "https://media.example.test/motion/", "--workers", "0")
    server = Server(folder, *options, MOTIONCAST_LOG_FORMAT="json")
    server.start(ready=False)
    try:
        # what it prints is the public address; the test goes to the port itself
        server.url = f"http://127.0.0.1:{port_of(server)}"
        wait_for(server.is_ready)
        yield server
    finally:
        server.__exit__()


def port_of(server: Server) -> int:
    """The port that the server's process listens on."""
    inodes = {
        target.split("[")[1].rstrip("]")
        for entry in Path(f"/proc/{server.process.pid}/fd").iterdir()
        if (target := str(entry.readlink())).startswith("socket:[")
    }
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and fields[9] in inodes:
            return int(fields[1].split(":")[1], 16)
    raise AssertionError("the server listens on no port")


def test_metrics_count_what_happened(finished, server):
    text = httpx2.get(f"{server.url}/metrics").text
    assert float(re.search(r'motioncast_predictions\{status="completed"\} (\S+)', text)[1]) >= 1
    assert re.search(r"^motioncast_ledger_drift_micro_dollars (\S+)", text, re.M)[1] == "0.0"
    assert re.search(r"^motioncast_workers_ready (\S+)", text, re.M)[1] == "1.0"
    submits = rf'motioncast_requests_total\{{method="POST",route="{re.escape(MODEL)}",status="200"\}} (\S+)'
    assert float(re.search(submits, text)[1]) >= 1


def test_an_output_says_where_it_comes_from_until_it_is_changed(finished, tmp_path):
    whole = httpx2.get(finished["outputs"][0]).content
    (tmp_path / "out.mp4").write_bytes(whole)
    done = motioncast("verify", "out.mp4", "--json", cwd=tmp_path)
    record = json.loads(done.stdout)
    assert (done.code, record["valid"], record["engine"], record["title"]) == (0, True, "puppet", finished["id"])
    at = whole.index(b"mdat") + 1000
    (tmp_path / "changed.mp4").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    changed = motioncast("verify", "changed.mp4", cwd=tmp_path)
    assert changed.code == 1
    assert "changed after it was signed" in changed.stdout.lower()


def test_addresses_are_those_of_the_proxy_and_come_back_as_ours(behind, cutout, talker):
    base = "https://media.example.test/motion"
    image, video = behind.upload(cutout), behind.upload(talker)
    assert image.startswith(f"{base}/m/")
    data = behind.submit(image, video)
    assert data["urls"]["get"] == f"{base}/api/v3/predictions/{data['id']}/result"
    assert data["cost"] == 0.2  # known to be short: the upload was read from the storage, not fetched
    elsewhere = behind.submit(image.replace(base, "http://10.1.2.3"), video)
    assert elsewhere["status"] == "created"


def test_logs_carry_the_ids(behind, cutout, talker):
    with behind.client(**{"X-Request-Id": "trace-me-7"}) as client:
        body = {"image": behind.upload(cutout), "video": behind.upload(talker)}
        answer = client.post(MODEL, json=body)
    assert answer.headers["x-request-id"] == "trace-me-7"

    def logged() -> dict:
        lines = [json.loads(line) for line in behind.said().splitlines() if line.startswith("{")]
        return next((line for line in lines if line.get("request_id") == "trace-me-7"), {})

    line = wait_for(logged)
    assert (line["status"], line["path"], line["prediction_id"]) == (200, MODEL, answer.json()["data"]["id"])


def test_a_page_of_another_origin_may_call(behind):
    asked = {
        "Origin": "https://studio.example.test",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-client-name",
    }
    allowed = httpx2.options(f"{behind.url}{MODEL}", headers=asked)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] in ("*", asked["Origin"])
    assert "authorization" in allowed.headers["access-control-allow-headers"].lower()
    refused = httpx2.post(f"{behind.url}{MODEL}", headers={"Origin": asked["Origin"]}, json={})
    assert refused.status_code == 401
    assert "access-control-allow-origin" in refused.headers


def test_config_lists_every_setting(tmp_path):
    done = motioncast("config", "--json", cwd=tmp_path, MOTIONCAST_WORKERS="3")
    listed = json.loads(done.stdout)
    assert listed["MOTIONCAST_WORKERS"] == "3"
    assert {"MOTIONCAST_DATA_DIR", "MOTIONCAST_ALLOW_HOSTS", "MOTIONCAST_HOME", "MOTIONCAST_MODERATION"} <= set(listed)
    pages = [Path("README.md"), *(page for page in Path("docs").rglob("*.md"))]
    documented = "".join(page.read_text() for page in pages)
    for variable in re.findall(r"MOTIONCAST_[A-Z_0-9]+", documented):
        assert variable in listed or variable == "MOTIONCAST_CONFIG", variable


def test_retention_clears_what_is_old_and_keeps_the_books(tmp_path, cutout, talker, models_dir):
    with Server(tmp_path / "data", MOTIONCAST_RETENTION_DAYS="0.00001") as server:
        job = server.submit(server.upload(cutout), server.upload(talker))["id"]
        output = server.ended(job)["outputs"][0]
        balance = server.balance()
    with Server(tmp_path / "data", MOTIONCAST_RETENTION_DAYS="0.00001") as again:
        with again.client(server.key) as client:
            wait_for(lambda: client.get(f"/api/v3/predictions/{job}/result").status_code == 404)
            assert httpx2.get(output.replace(server.url, again.url)).status_code == 404
            assert client.get("/api/v3/balance").json()["data"]["balance"] == balance
            assert client.post("/api/v3/billings/search", json={}).json()["data"]["total"] == 1
            usage = client.post("/api/v3/user/usage_stats", json={}).json()["data"]
        assert usage["summary"] == {"total_cost": 0.2, "total_requests": 1, "success_requests": 1}
        assert not list((tmp_path / "data" / "media" / "outputs").glob("*.mp4"))


def test_a_clock_that_has_jumped_stops_the_clearing(tmp_path, monkeypatch):
    retention = Retention(None, None, 1)  # type: ignore[arg-type]  # neither is touched
    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
    assert retention.sweep(lambda _: pytest.fail("nothing is to be forgotten")) == 0
