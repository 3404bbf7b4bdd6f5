"""Finished work in a folder: it belongs to one job, and survives whatever kills the job."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from motioncast.errors import InputError, ProcessingError
from motioncast.finished_work import load_pieces, piece_name
from motioncast.folder_work import FolderWork
from motioncast.request import AnimateRequest


@pytest.fixture
def request_(tmp_path: Path) -> AnimateRequest:
    inputs = tmp_path / "inputs"
    (inputs / "conditions").mkdir(parents=True)
    for name in ("picture.png", "video.mp4", "conditions/src_face.mp4"):
        (inputs / name).write_bytes(name.encode())
    return AnimateRequest(inputs / "picture.png", inputs / "video.mp4", conditions=inputs / "conditions")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "work"


def test_the_same_job_goes_on_with_the_same_seed(folder: Path, request_: AnimateRequest) -> None:
    first = FolderWork(folder, request_)
    assert request_.seed == -1
    assert first.request == replace(request_, seed=first.request.seed)
    assert first.request.seed >= 0
    first.save("segment-0000", b"finished")
    again = FolderWork(folder, request_)
    assert again.request == first.request
    assert again.load("segment-0000") == b"finished"
    assert again.load("segment-0001") is None
    assert FolderWork(folder.parent / "other", request_).request.seed != first.request.seed


def test_a_given_seed_is_kept(folder: Path, request_: AnimateRequest) -> None:
    assert FolderWork(folder, replace(request_, seed=7)).request.seed == 7
    assert FolderWork(folder, replace(request_, seed=7)).request.seed == 7


def test_pieces_are_counted_from_the_folder(folder: Path, request_: AnimateRequest) -> None:
    work = FolderWork(folder, request_)
    for number in (0, 1, 3):
        work.save(piece_name("segment", number), bytes([number]))
    assert list(load_pieces(FolderWork(folder, request_), "segment")) == [b"\0", b"\1"]


def test_a_piece_may_be_written_again(folder: Path, request_: AnimateRequest) -> None:
    work = FolderWork(folder, request_)
    work.save("carry-0000", b"one, and rather long")
    work.save("carry-0000", b"two")
    assert work.load("carry-0000") == b"two"


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 8},
        {"prompt": "a dance"},
        {"mode": "replace"},
        {"resolution": "720p"},
        {"profile": "turbo"},
        {"engine": "wan"},
        {"video": "https://example.com/video.mp4"},
        {"conditions": None},
    ],
)
def test_another_job_is_refused(folder: Path, request_: AnimateRequest, change: dict[str, object]) -> None:
    FolderWork(folder, request_)
    with pytest.raises(InputError, match="holds the work of another job"):
        FolderWork(folder, replace(request_, **change))  # type: ignore[arg-type]


def test_sound_is_added_at_the_end_and_may_change(folder: Path, request_: AnimateRequest) -> None:
    seed = FolderWork(folder, request_).request.seed
    assert FolderWork(folder, replace(request_, keep_audio=False)).request.seed == seed


@pytest.mark.parametrize("name", ["picture.png", "video.mp4", "conditions/src_face.mp4", "conditions/src_pose.mp4"])
def test_inputs_that_have_changed_are_refused(
    folder: Path, request_: AnimateRequest, tmp_path: Path, name: str
) -> None:
    FolderWork(folder, request_)
    (tmp_path / "inputs" / name).write_bytes(b"another content")
    with pytest.raises(InputError, match="other inputs"):
        FolderWork(folder, request_)


def test_an_input_rewritten_in_the_same_length_is_refused(folder: Path, request_: AnimateRequest) -> None:
    FolderWork(folder, request_)
    os.utime(request_.video, (1, 1))
    with pytest.raises(InputError, match="other inputs"):
        FolderWork(folder, request_)


def test_other_settings_of_the_engine_are_refused(
    folder: Path, request_: AnimateRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    FolderWork(folder, request_)
    with monkeypatch.context() as other:
        other.setenv("MOTIONCAST_WAN_CARRIED", "5")
        with pytest.raises(InputError, match="options"):
            FolderWork(folder, request_)
    (tmp_path / "settings.toml").write_text("wan_carried = 5\n")
    monkeypatch.setenv("MOTIONCAST_CONFIG", str(tmp_path / "settings.toml"))
    with pytest.raises(InputError, match="options"):
        FolderWork(folder, request_)


def test_another_version_is_refused(folder: Path, request_: AnimateRequest) -> None:
    FolderWork(folder, request_)
    about = json.loads((folder / "job.json").read_text())
    (folder / "job.json").write_text(json.dumps(about | {"version": "0.0.1"}))
    with pytest.raises(InputError, match="version"):
        FolderWork(folder, request_)


def test_a_folder_of_something_else_is_left_alone(folder: Path, request_: AnimateRequest) -> None:
    folder.mkdir(parents=True)
    (folder / "holiday.jpg").write_bytes(b"sand")
    (folder / "download.part").write_bytes(b"half")
    with pytest.raises(InputError, match="holds other files"):
        FolderWork(folder, request_)
    assert sorted(path.name for path in folder.iterdir()) == ["download.part", "holiday.jpg"]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"{}", b'{"seed": "x"}', b"\xff\xfe"])
def test_a_job_file_of_something_else_is_refused(folder: Path, request_: AnimateRequest, content: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / "job.json").write_bytes(content)
    with pytest.raises(InputError, match="is not one of finished work"):
        FolderWork(folder, request_)


def under_a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(b"x")
    return tmp_path / "file" / "work"


def a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(b"x")
    return tmp_path / "file"


@pytest.mark.parametrize(
    "place",
    [
        under_a_file,
        a_file,
        lambda _: Path("/proc/motioncast"),
        lambda tmp_path: tmp_path / ("x" * 300),
        lambda tmp_path: tmp_path / "a\0b",
    ],
)
def test_a_folder_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, request_: AnimateRequest, place: Callable[[Path], Path]
) -> None:
    with pytest.raises(InputError, match=r"^The folder .* cannot be used \(.*\): choose another\.$"):
        FolderWork(place(tmp_path), request_)


def test_a_folder_that_cannot_be_written_to_is_one_sentence(tmp_path: Path, request_: AnimateRequest) -> None:
    """Its own path is as long as paths may be, so that no file in it can have a name."""
    folder = tmp_path
    while (room := 4080 - len(str(folder))) > 0:
        folder /= "x" * min(200, room)
    with pytest.raises(InputError, match="cannot be written to"):
        FolderWork(folder, request_)


def test_a_failed_write_leaves_what_was_there(folder: Path, request_: AnimateRequest) -> None:
    work = FolderWork(folder, request_)
    (folder / "segment-0000").mkdir()  # a file cannot take its place
    with pytest.raises(ProcessingError, match="could not be kept"):
        work.save("segment-0000", b"finished")
    assert sorted(path.name for path in folder.iterdir()) == ["job.json", "segment-0000"]
    with pytest.raises(ProcessingError, match="cannot be read"):
        work.load("segment-0000")


def test_an_interrupted_write_leaves_what_was_there(
    folder: Path, request_: AnimateRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = FolderWork(folder, request_)
    work.save("carry-0000", b"old")

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        work.save("carry-0000", b"new")
    assert work.load("carry-0000") == b"old"
    assert sorted(path.name for path in folder.iterdir()) == ["carry-0000", "job.json"]


@pytest.mark.parametrize("then", [lambda _: None, lambda folder: folder.write_bytes(b"x")])
def test_a_folder_that_is_gone_is_one_sentence(
    folder: Path, request_: AnimateRequest, then: Callable[[Path], object]
) -> None:
    work = FolderWork(folder, request_)
    (folder / "job.json").unlink()
    folder.rmdir()
    then(folder)
    with pytest.raises(ProcessingError, match="could not be kept"):
        work.save("segment-0000", b"finished")


def test_what_a_killed_run_was_writing_is_cleared_away(folder: Path, request_: AnimateRequest) -> None:
    folder.mkdir(parents=True)
    (folder / ".job.json.00c0ffee.part").write_bytes(b"{")  # killed before it had even begun
    seed = FolderWork(folder, request_).request.seed
    (folder / ".carry-0001.0badcafe.part").write_bytes(b"half")
    (folder / ".segment-0001.0badcafe.part").write_bytes(b"half")
    assert FolderWork(folder, request_).request.seed == seed
    assert [path.name for path in folder.iterdir()] == ["job.json"]


def test_the_job_file_can_be_read_by_people(folder: Path, request_: AnimateRequest) -> None:
    work = FolderWork(folder, request_)
    about = json.loads((folder / "job.json").read_text())
    assert about["request"]["video"] == str(request_.video)
    assert about["seed"] == work.request.seed
