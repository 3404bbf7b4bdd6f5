"""An output that cannot be written is found out before any work is done."""

import os
from pathlib import Path

import pytest

from motioncast import AnimateRequest, InputError, Progress, animate


@pytest.fixture
def request_(tmp_path: Path) -> AnimateRequest:
    (tmp_path / "me.png").write_bytes(b"a picture")
    (tmp_path / "clip.mp4").write_bytes(b"a clip")
    return AnimateRequest(tmp_path / "me.png", tmp_path / "clip.mp4")


def refusal(request: AnimateRequest, output: Path) -> str:
    steps: list[Progress] = []
    with pytest.raises(InputError) as caught:
        animate(request, output, on_progress=steps.append)
    assert steps == []
    return str(caught.value)


@pytest.mark.parametrize("name", ["me.png", "clip.mp4", "./clip.mp4", "link.mp4"])
def test_an_input_is_never_overwritten(tmp_path, request_, name):
    (tmp_path / "link.mp4").symlink_to("clip.mp4")
    assert "itself: choose another output" in refusal(request_, tmp_path / name)
    assert (tmp_path / "me.png").read_bytes() == b"a picture"
    assert (tmp_path / "clip.mp4").read_bytes() == b"a clip"


def test_a_folder_a_missing_folder_and_a_device_are_refused(tmp_path, request_):
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "is a folder" in refusal(request_, tmp_path)
    assert "does not exist: make it first" in refusal(request_, tmp_path / "no" / "out.mp4")
    assert "does not exist: make it first" in refusal(request_, tmp_path / "me.png" / "out.mp4")
    assert "not a regular file" in refusal(request_, tmp_path / "pipe.mp4")


def test_a_name_no_file_can_have_is_refused(tmp_path, request_):
    assert "cannot be used (File name too long)" in refusal(request_, tmp_path / ("x" * 300))
    assert "cannot be used (embedded null byte)" in refusal(request_, tmp_path / "a\0b.mp4")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_not_ours_is_refused(tmp_path, request_):
    (tmp_path / "locked").mkdir(mode=0o500)
    assert "cannot be written to" in refusal(request_, tmp_path / "locked" / "out.mp4")
