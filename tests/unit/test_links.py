"""Signed links to outputs."""

import re

import pytest

from motioncast.service.database import Database
from motioncast.service.links import is_valid, link_secret, output_path

SECRET, ID = bytes(range(32)), "3f0c2d9a7b614e58a1d2c3b4e5f60718"


def parts(path: str) -> tuple[str, int, str]:
    found = re.fullmatch(r"/o/(\d+)/([0-9a-f]{40})/([0-9a-f]{32})\.mp4", path)
    assert found, path
    return found[3], int(found[1]), found[2]


def test_a_link_is_valid_as_it_is():
    prediction_id, expires, signature = parts(output_path(SECRET, ID, 1767225600))
    assert (prediction_id, expires) == (ID, 1767225600)
    assert is_valid(SECRET, prediction_id, expires, signature)


def test_the_same_link_for_everybody():
    assert output_path(SECRET, ID, 1767225600) == output_path(SECRET, ID, 1767225600)


@pytest.mark.parametrize("other", ["", "0" * 40, "é" * 40, "x", "\x00"])
def test_another_signature_is_not_valid(other):
    assert not is_valid(SECRET, ID, 1767225600, other)


def test_whatever_is_changed_the_link_is_not_valid():
    _, expires, signature = parts(output_path(SECRET, ID, 1767225600))
    assert not is_valid(SECRET, ID, expires + 1, signature)
    assert not is_valid(SECRET, ID[::-1], expires, signature)
    assert not is_valid(SECRET[::-1], ID, expires, signature)
    assert not is_valid(SECRET, ID, expires, signature[:-1])
    assert not is_valid(SECRET, ID, expires, signature.upper())


def test_the_secret_is_made_once(tmp_path):
    database = Database(tmp_path / "app.sqlite")
    database.migrate()
    with database.write() as connection:
        secret = link_secret(connection)
    with database.write() as connection:
        assert link_secret(connection) == secret
    database.close()
    assert len(secret) == 32
    other = Database(tmp_path / "other.sqlite")
    other.migrate()
    with other.write() as connection:
        assert link_secret(connection) != secret
    other.close()
