"""The server keeps what its /openapi.json promises, whatever it is sent."""

import json
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup

from tests.acceptance.caller import Caller
from tests.acceptance.serving import MODEL, Server

CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
          "response_headers_conformance")  # fmt: skip
OPERATIONS = {
    "submit", "getResult", "getPrediction", "listPredictions", "listPredictionsByQuery", "cancelPrediction",
    "deletePrediction", "deletePredictions", "predictionEvents", "announceUpload", "putUpload", "uploadForm",
    "uploadFromUrl", "inspectUpload", "webhookLog", "redeliverWebhook", "balance", "webhookSecret", "searchBillings",
    "usage", "listModels", "price", "pricing",
}  # fmt: skip


def bounded(examples: int) -> Any:
    """Few examples, always the same."""
    return settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )


@pytest.fixture(scope="module")
def promised(server: Server) -> dict[str, Any]:
    """The document, which needs no key."""
    return dict(httpx2.get(f"{server.url}/openapi.json").raise_for_status().json())


@pytest.fixture(scope="module")
def guest(server: Server, new_name) -> Caller:
    """A caller with nothing to lose."""
    return Caller.new(server, new_name())


def test_every_operation_is_documented(promised):
    documented = [method["operationId"] for path in promised["paths"].values() for method in path.values()]
    assert len(documented) == len(set(documented))
    assert set(documented) == OPERATIONS


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_the_server_keeps_its_promises(promised, guest, name):
    load_all_checks()
    schema = schemathesis.openapi.from_url(f"{guest.server.url}/openapi.json")
    operation = schema.find_operation_by_id(name)
    checks = [schemathesis.checks.CHECKS.get_one(check) for check in CHECKS]
    headers = {"Authorization": f"Bearer {guest.key}"}

    for mode in GenerationMode:

        @bounded(10)
        @given(operation.as_strategy(generation_mode=mode))
        def conforms(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=headers, checks=checks, timeout=60)

        try:
            conforms()
        except FailureGroup as failures:
            raise AssertionError("\n\n".join(map(str, failures.exceptions))) from None


@pytest.mark.parametrize(
    ("name", "query", "body"),
    [
        ("getResult", {}, None),
        ("getPrediction", {}, None),
        ("cancelPrediction", {}, None),
        ("listPredictions", {}, {"include_inputs": True, "page_size": 3}),
        ("listPredictionsByQuery", {"include_inputs": True, "status": "completed"}, None),
        ("searchBillings", {}, {"billing_type": "deduct"}),
        ("usage", {}, {}),
        ("balance", {}, None),
        ("webhookSecret", {}, None),
        ("listModels", {}, None),
        ("price", {}, {"model_id": "wavespeed-ai/wan-2.2/animate", "inputs": {"resolution": "720p"}}),
        ("announceUpload", {}, {"filename": "me.png", "size": 5}),
        ("submit", {"dry_run": True}, "media"),
        ("submit", {}, "media"),
        ("deletePredictions", {}, {"ids": ["0" * 32]}),
    ],
)
def test_answers_with_something_in_them_are_as_promised(server, finished, media, name, query, body):
    load_all_checks()
    operation = schemathesis.openapi.from_url(f"{server.url}/openapi.json").find_operation_by_id(name)
    options: dict[str, Any] = {"query": query}
    if "{prediction_id}" in operation.path:
        options["path_parameters"] = {"prediction_id": finished["id"]}
    if body is not None:
        options |= {"body": media if body == "media" else body, "media_type": "application/json"}
    checks = [schemathesis.checks.CHECKS.get_one(check) for check in CHECKS]
    case = operation.Case(**options)
    answer = case.call_and_validate(headers={"Authorization": f"Bearer {server.key}"}, checks=checks, timeout=120)
    assert answer.status_code == 200


def test_whatever_is_submitted_the_answer_is_an_envelope(guest, media):
    values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.none())
    image = values | st.sampled_from([media["image"], "data:image/png;base64,AAAA", "iVBORw0KGgo" * 20, "http://["])
    known = {"image": image, "video": image, "mode": values, "prompt": values, "resolution": values, "seed": values}
    known |= {"enable_base64_output": values, "webhook_url": values}
    header = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=12).filter(str.strip)
    names = ["X-Max-Cost", "Cancel-After", "Idempotency-Key", "X-Request-Id"]

    with guest.server.client(guest.key) as client:

        @bounded(150)
        @given(
            st.dictionaries(st.text(max_size=8), values, max_size=2),
            st.fixed_dictionaries({}, optional=known),
            st.dictionaries(st.sampled_from(names), header.map(str.strip), max_size=2),
            st.dictionaries(st.sampled_from(["webhook", "dry_run"]), st.text(max_size=12), max_size=2),
        )
        def answered(extras: dict, inputs: dict, headers: dict, query: dict) -> None:
            body = json.dumps(extras | inputs).encode("utf-8", "surrogatepass")
            answer = client.post(MODEL, content=body, headers=headers, params=query)
            assert answer.status_code in (200, 400, 402, 404, 413, 415, 422), answer.text
            envelope = answer.json()
            assert envelope["code"] == answer.status_code
            assert ("data" in envelope) == (answer.status_code == 200)
            assert isinstance(envelope["message"], str)
            assert envelope["message"]

        answered()


@pytest.mark.parametrize("size", [0, 1, 100, 5000])
def test_bytes_that_are_no_json_are_a_400(guest, size):
    for seed in range(20):
        body = bytes((seed * 37 + at * at) % 256 for at in range(size))
        answer = guest.call("POST", MODEL, content=body)
        assert (answer.status_code, answer.json()["code"]) == (400, 400)


def test_deep_json_is_a_400(guest):
    for body in ("[" * 100_000, '{"image":' * 100_000, '{"seed":' + "9" * 100_000 + "}"):
        assert guest.call("POST", MODEL, content=body.encode()).status_code == 400
