"""What the OpenAPI document adds to the routes: errors, examples, webhooks. It agrees with the code and the docs."""

import json
import re
import subprocess
import time
from pathlib import Path
from shutil import which
from types import SimpleNamespace
from typing import Any

import jsonschema_rs
import pytest

from motioncast.service import conclusion
from motioncast.service.api.app import create_app
from motioncast.service.api.examples import RECEIVERS
from motioncast.service.webhooks import sign

DOCS = Path(__file__).parents[2] / "docs"
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
ID = "3f0c2d9a7b614e58a1d2c3b4e5f60718"
BODY = '{"status":"failed","error":"1402: vidéo illisible"}'.encode()


def build() -> dict[str, Any]:
    services: Any = SimpleNamespace(settings=SimpleNamespace(public_url=""), metrics=None)
    return create_app(services).openapi()


DOCUMENT = build()
OPERATIONS = {one["operationId"]: one for methods in DOCUMENT["paths"].values() for one in methods.values()}


def resolve(node: dict[str, Any]) -> Any:
    found: Any = DOCUMENT
    for name in node["$ref"][2:].split("/") if "$ref" in node else ():
        found = found[name]
    return found if "$ref" in node else node


def check(value: object, schema: dict[str, Any]) -> None:
    """Raises where a value is not what a schema of the document says."""
    jsonschema_rs.validate(schema | {"components": DOCUMENT["components"]}, value)


def in_table(heading: str) -> set[int]:
    """The numbers in the first column of a table of docs/errors.md."""
    section = (DOCS / "errors.md").read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    return {int(number) for number in re.findall(r"^\| (\d+)", section, re.MULTILINE)}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_failure_has_a_meaning_a_cure_and_an_example(name):
    for status, node in OPERATIONS[name]["responses"].items():
        response = resolve(node)
        assert response["description"]
        for case in response["content"].get("application/json", {}).get("examples", {}).values():
            assert case["value"]["code"] == int(status)
            assert status == "200" or (case["summary"] and case["description"] and case["value"]["message"])


@pytest.mark.parametrize("name", OPERATIONS)
def test_examples_are_answers_that_the_schema_allows(name):
    for node in OPERATIONS[name]["responses"].values():
        content = resolve(node)["content"].get("application/json", {})
        for case in content.get("examples", {}).values():
            check(case["value"], content["schema"])


def test_the_example_of_a_delivery_is_one():
    content = DOCUMENT["webhooks"]["predictionEnded"]["post"]["requestBody"]["content"]["application/json"]
    check(content["examples"]["completed"]["value"], content["schema"])


def test_errors_are_those_of_the_docs():
    assert {row["status"] for row in DOCUMENT["x-request-problems"]} == in_table("Answers to a request")
    codes = {row["code"] for row in DOCUMENT["x-prediction-codes"]}
    assert codes == in_table("Codes of a failed prediction")
    assert codes == {value for name, value in vars(conclusion).items() if name.isupper() and isinstance(value, int)}


def deliveries() -> list[tuple[dict[str, str], bytes]]:
    """A genuine delivery; the same with a changed body, an old one, and one without a signature."""

    def headers(stamp: int) -> dict[str, str]:
        signature = sign(SECRET, ID, stamp, BODY)
        return {"webhook-id": ID, "webhook-timestamp": str(stamp), "webhook-signature": signature}

    now = int(time.time())
    return [(headers(now), BODY), (headers(now), BODY + b" "), (headers(now - 301), BODY), ({}, BODY)]


def test_the_python_receiver_knows_a_genuine_delivery():
    receiver: dict[str, Any] = {}
    exec(RECEIVERS["Python"], receiver)
    found = [receiver["is_genuine"](SECRET, headers, body) for headers, body in deliveries()]
    assert found == [True, False, False, False]


@pytest.mark.skipif(which("node") is None, reason="node is not installed")
def test_the_javascript_receiver_knows_a_genuine_delivery(tmp_path):
    tried = json.dumps([[headers, body.hex()] for headers, body in deliveries()])
    script = tmp_path / "receiver.mjs"
    script.write_text(
        f"{RECEIVERS['JavaScript']}\nconst found = {tried}.map(([headers, body]) => "
        f"isGenuine('{SECRET}', headers, Buffer.from(body, 'hex')));\nconsole.log(found.join());\n"
    )
    assert subprocess.check_output(["node", script], text=True).strip() == "true,false,false,false"
