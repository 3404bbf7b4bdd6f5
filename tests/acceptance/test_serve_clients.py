"""The hosted service's own clients, unmodified, against this server."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.acceptance.caller import Caller, checked
from tests.acceptance.receiver import Receiver, receiver
from tests.acceptance.serving import MODEL, wait_for
from tests.clients.official import node_modules, python_with_client

SCRIPTS = Path(__file__).parents[1] / "clients"
MODEL_ID = "wavespeed-ai/wan-2.2/animate"


@pytest.fixture
def hook() -> Iterator[Receiver]:
    """A receiver of webhooks on this machine."""
    with receiver() as taking:
        yield taking


def last_line(*command: object, **environment: str) -> Any:
    """The JSON object that a script prints last."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=300, env=os.environ | environment,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def check_video(outputs: list[str]) -> None:
    assert len(outputs) == 1
    answer = httpx2.get(outputs[0])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")


def check_hook(caller: Caller, hook: Receiver, prediction_id: str) -> None:
    """One webhook came: the bare prediction with its input, signed with the key's secret."""
    wait_for(lambda: hook.deliveries)
    assert len(hook.deliveries) == 1
    delivery = hook.deliveries[0]
    assert delivery.is_signed_with(caller.data("GET", "/api/v3/webhook/secret")["secret"])
    assert delivery.headers["content-type"] == "application/json"
    data = checked(json.loads(delivery.body))
    assert delivery.headers["webhook-id"] == data["id"] == prediction_id
    assert (data["status"], data["input"]["seed"]) == ("completed", 7)


def check_refusals(seen: dict[str, Any]) -> None:
    assert seen["failed"]["status"] == "failed"
    assert "1402" in seen["failed"]["error"]
    assert "HTTP 400" in seen["refused"]["error"]
    assert "video" in seen["refused"]["error"]
    assert "HTTP 401" in seen["stranger"]["error"]


@pytest.fixture
def nowhere(gate) -> str:
    """Address of a picture that is not there."""
    gate.open()
    return str(gate.url())


def test_the_python_client(caller, hook, nowhere, cutout, talker):
    python = python_with_client()
    begin = caller.balance()
    command = (SCRIPTS / "use_python.py", caller.server.url, caller.key, cutout, talker, hook.url, nowhere)
    seen = last_line(python, *command)
    assert httpx2.get(seen["upload"]["path"]).content == talker.read_bytes()
    assert httpx2.get(seen["upload"]["file"]).content == cutout.read_bytes()
    assert seen["run"]["status"] == "completed", seen["run"]
    check_video(seen["run"]["outputs"])
    assert seen["result"]["code"] == 200
    assert checked(seen["result"]["data"])["outputs"] == seen["run"]["outputs"]
    check_video(seen["sync"]["outputs"])
    check_hook(caller, hook, seen["run"]["task_id"])
    check_refusals(seen)
    assert "1402" in seen["failed at once"]["error"]
    assert "HTTP 404" in seen["unknown"]
    assert caller.listed()["total"] == 4
    assert caller.balance() == pytest.approx(begin - 0.4)


def test_the_javascript_client(caller, hook, nowhere, cutout, talker):
    folder = node_modules("wavespeed@0.3.2") / "wavespeed"
    begin = caller.balance()
    options = (folder, caller.server.url, caller.key, cutout, talker, hook.url, nowhere)
    seen = last_line("node", SCRIPTS / "use_node.cjs", *options)
    assert httpx2.get(seen["upload"]["image"]).content == cutout.read_bytes()
    assert httpx2.get(seen["upload"]["video"]).content == talker.read_bytes()
    assert seen["run"]["status"] == "completed", seen["run"]
    check_video(seen["run"]["outputs"])
    check_video(seen["sync"]["outputs"])
    check_hook(caller, hook, seen["run"]["id"])
    check_refusals(seen)
    assert caller.listed()["total"] == 3
    assert caller.balance() == pytest.approx(begin - 0.4)


def test_a_javascript_client_that_posts_again_has_one_job_and_one_charge(caller, gate, cutout, talker):
    folder = node_modules("wavespeed@0.2.3") / "wavespeed"
    shutil.copy(cutout, gate.folder / "me.png")
    begin, offset = caller.balance(), len(caller.server.said())
    command = ["node", SCRIPTS / "use_old_node.cjs", folder, caller.server.url, caller.key, gate.url("me.png"), talker]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as script:
        # the job waits at the gate: the client gives up, which the server logs, and posts again
        wait_for(lambda: f"path={MODEL}" in caller.server.said(offset), alive=script)
        gate.open()
        stdout, stderr = script.communicate(timeout=300)
    assert script.returncode == 0, stderr
    assert "Connection error on attempt 1/6" in stdout
    check_video(json.loads(stdout.splitlines()[-1])["sync"]["outputs"])
    page = caller.listed()
    assert [item["status"] for item in page["items"]] == ["completed"]
    assert [item["billing_type"] for item in caller.billings()["items"]] == ["deduct"]
    assert caller.balance() == pytest.approx(begin - 0.2)


def test_the_command_line_client(caller, nowhere, cutout, talker, tmp_path):
    program = node_modules("@wavespeed/cli@0.2.2") / ".bin" / "wavespeed"
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": "", "WAVESPEED_API_KEY": caller.key}

    def wavespeed(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [str(program), *map(str, arguments)]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=300, env=os.environ | home, cwd=tmp_path, check=False
        )

    def told(*arguments: object) -> Any:
        done = wavespeed(*arguments, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    assert wavespeed("config", "--base-url", caller.server.url).returncode == 0
    begin = caller.balance()
    assert told("balance")["balance"] == begin
    assert [model["model_id"] for model in told("models")] == [MODEL_ID]
    assert told("schema", MODEL_ID)["required"] == ["image", "video"]
    quote = told("price", MODEL_ID, "-i", "resolution=720p")
    assert 0.4 in quote.values()
    image, video = (told("upload", path)["url"] for path in (cutout, talker))
    inputs = ("-i", f"image={image}", "-i", f"video={video}", "-i", "mode=animate", "-i", "seed=7")
    check_video(told("run", MODEL_ID, *inputs)["outputs"])
    failed = wavespeed("run", MODEL_ID, "-i", f"image={nowhere}", "-i", f"video={video}", "--json")
    assert failed.returncode != 0
    assert "1402" in failed.stdout + failed.stderr
    literal = wavespeed("run", MODEL_ID, "-i", f"image=@{cutout}", "-i", f"video={video}", "--json")
    assert literal.returncode != 0
    assert "upload it first" in literal.stdout + literal.stderr
    page = told("history")
    assert [item["status"] for item in page["items"]] == ["failed", "completed"]
    done = page["items"][1]["id"]
    assert told("show", done)["id"] == done
    assert told("balance")["balance"] == pytest.approx(begin - 0.2)
    told("delete", done, "--yes")
    assert [item["id"] for item in told("history")["items"]] == [page["items"][0]["id"]]
