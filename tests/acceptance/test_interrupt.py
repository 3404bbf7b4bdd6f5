"""A job that is stopped leaves nothing behind."""

import os
import signal
import subprocess
import time

import pytest

from tests.acceptance.command import COMMAND
from tests.acceptance.terminal import Terminal


@pytest.fixture
def folders(tmp_path):
    work, temporary = tmp_path / "work", tmp_path / "temporary"
    work.mkdir()
    temporary.mkdir()
    return work, temporary


@pytest.mark.parametrize("stage", ["Tracking the performer", "Rendering"])
def test_ctrl_c_stops_with_one_line_and_leaves_nothing(stage, folders, portrait, samples_dir, models_dir):
    work, temporary = folders
    command = ("animate", portrait, samples_dir / "carphone_pristine.mp4", "-o", "out.mp4")
    with Terminal(*command, cwd=work, TMPDIR=str(temporary)) as terminal:
        terminal.wait_for(stage)
        terminal.process.send_signal(signal.SIGINT)
        code, stdout = terminal.finish()
    assert (code, stdout) == (130, "")
    assert terminal.lines[-1] == "motioncast: Stopped; no partial file was left."
    assert "Traceback" not in terminal.text
    assert list(work.iterdir()) == []
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_without_a_terminal_stops_it_alike_and_spares_an_older_file(
    number, folders, portrait, talker, models_dir
):
    work, temporary = folders
    (work / "out.mp4").write_bytes(b"an older video")
    process = subprocess.Popen(
        [*COMMAND, "animate", portrait, talker, "-o", "out.mp4"],
        cwd=work,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not any(temporary.glob("motioncast-*")):
        assert process.poll() is None
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (130, "")
    assert stderr == "motioncast: Stopped; no partial file was left.\n"
    assert [path.name for path in work.iterdir()] == ["out.mp4"]
    assert (work / "out.mp4").read_bytes() == b"an older video"
    assert list(temporary.iterdir()) == []


def test_a_killed_job_leaves_no_half_written_video(folders, portrait, samples_dir, models_dir):
    work, temporary = folders
    command = ("animate", portrait, samples_dir / "carphone_pristine.mp4", "-o", "out.mp4")
    with Terminal(*command, cwd=work, TMPDIR=str(temporary)) as terminal:
        terminal.wait_for("Rendering")
        terminal.process.kill()
        assert terminal.finish()[0] == -signal.SIGKILL
    assert not (work / "out.mp4").exists()
