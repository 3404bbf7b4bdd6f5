"""The vectors of the contract, §6: computed there in Python and checked with openssl."""

import base64
import hashlib
import hmac

import pytest

from motioncast.service.webhooks import sign

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
ID = "3f0c2d9a7b614e58a1d2c3b4e5f60718"
BODY_A = (
    b'{"id":"3f0c2d9a7b614e58a1d2c3b4e5f60718","model":"wavespeed-ai/wan-2.2/animate",'
    b'"outputs":["https://gen.example.test/o/3f0c2d9a.mp4"],"status":"completed","error":""}'
)
BODY_B = '{"id":"3f0c2d9a7b614e58a1d2c3b4e5f60718","status":"failed","error":"1402: vidéo illisible"}'.encode()


@pytest.mark.parametrize(
    ("body", "timestamp", "signature"),
    [
        (BODY_A, 1767225600, "dff41948c2ae5d1f49bd608639830b7166e63375eaa8dfeac8a2c266d12cb6b5"),
        (BODY_A, 1767226500, "f3d02515a8622df3dba2280bc83511e001b5facf843c02193f2a16a2acffa13b"),
        (BODY_B, 1767225600, "0ac514d7c5e8fab4616bfa8c35deb9c2305ac4e8c57a6a66bbdb723dfaacfb52"),
    ],
    ids=["A", "A again later", "B with an accent"],
)
def test_signatures_are_those_of_the_contract(body, timestamp, signature):
    assert sign(SECRET, ID, timestamp, body) == f"v3,{signature}"


def test_the_vectors_are_the_bytes_that_the_contract_counts():
    assert (len(BODY_A), len(BODY_B)) == (166, 92)


def test_the_prefix_is_not_part_of_the_key_and_the_key_is_not_decoded():
    message = f"{ID}.1767225600.".encode() + BODY_A
    with_prefix = hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
    decoded = hmac.new(base64.b64decode(SECRET.removeprefix("whsec_")), message, hashlib.sha256).hexdigest()
    assert with_prefix == "c92502d9d110ac5049f099e14b98115577aaf64c2e34971214386bdf5ac4da1e"
    assert decoded == "38b97ae5fb05f45cb41f89bd843117c84c9ea85dfa2ab1675a7ae5183b1472fb"
    assert sign(SECRET, ID, 1767225600, BODY_A) not in (f"v3,{with_prefix}", f"v3,{decoded}")


def test_every_part_counts():
    changed = [
        sign(SECRET, ID, 1767225600, BODY_A),
        sign(SECRET[:-2] + "9=", ID, 1767225600, BODY_A),
        sign(SECRET, ID[:-1] + "9", 1767225600, BODY_A),
        sign(SECRET, ID, 1767225601, BODY_A),
        sign(SECRET, ID, 1767225600, BODY_A + b"\n"),
    ]
    assert len(set(changed)) == len(changed)
