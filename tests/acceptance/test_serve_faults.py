"""A full disk, a data directory that cannot be used, a clock that jumps: named, and nothing is lost."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.acceptance.command import COMMAND, motioncast
from tests.acceptance.serving import MODEL, Server, wait_for

_CLOCK = Path(__file__).with_name("jumping_clock.c")
DAY = 86_400


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 48 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=48m", "motioncast-test", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs root: run the tests as root to fill a disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Leave no room."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return ballast


def test_a_full_disk_is_named_and_what_was_accepted_goes_on(mounted, cutout, talker, models_dir):
    with Server(mounted / "data") as server:
        image, video = server.upload(cutout), server.upload(talker)
        running = server.submit(image, video)["id"]
        wait_for(lambda: server.result(running)["status"] == "processing")
        ballast = fill(mounted)
        with server.client() as client, cutout.open("rb") as file:
            upload = client.post("/api/v3/media/upload/binary", files={"file": ("a.png", file)})
            submit = client.post(MODEL, json={"image": image, "video": video, "seed": 8})
        for answer in (upload, submit):
            if answer.status_code != 200:  # a page or two may still have been free
                assert answer.status_code == 503, answer.text
                assert "space" in answer.json()["message"] or "disk" in answer.json()["message"]
        assert 503 in (upload.status_code, submit.status_code)
        ballast.unlink()
        ended = server.ended(running)
        assert ended["status"] == "completed" or (ended["code"] == 5003 and "space" in ended["error"]), ended
        assert server.ended(server.submit(image, video, seed=9)["id"])["status"] == "completed"
        charged = sum(server.result(job)["cost"] for job in [running])
        assert charged == (0.2 if ended["status"] == "completed" else 0)


def test_a_directory_that_cannot_be_written_is_one_sentence(mounted, tmp_path):
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
    done = motioncast("serve", "--port", "0", "--data-dir", mounted / "data", cwd=tmp_path)
    assert done.code == 1
    assert "cannot be used (Read-only file system)" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_second_server_on_the_same_directory_is_refused(tmp_path, models_dir):
    with Server(tmp_path / "data", "--workers", "0") as server:
        done = motioncast("serve", "--port", "0", "--data-dir", server.data_dir, cwd=tmp_path)
        assert (done.code, "Another server runs" in done.stderr) == (2, True)
        assert server.is_ready()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--engine", "typo"], "--engine must be"),
        (["--workers", "-3"], "--workers must be"),
        (["--public-url", "ftp://x"], "--public-url must be"),
        (["--port", "99999"], "--port must be"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_sentence(options, says, tmp_path):
    done = motioncast("serve", "--data-dir", tmp_path / "data", *options, cwd=tmp_path)
    assert done.code == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(shutil.which("cc") is None, reason="the clock jumps with a C shim: apt-get install gcc libc6-dev")
def test_a_clock_that_jumps_loses_nothing(tmp_path, cutout, talker, models_dir):
    shim, clock = tmp_path / "clock.so", tmp_path / "clock"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", str(shim), str(_CLOCK), "-ldl"], check=True)
    clock.write_text("0")
    faked = {"LD_PRELOAD": str(shim), "CLOCK_OFFSET": str(clock)}
    with Server(tmp_path / "data", **faked) as server:
        image, video = server.upload(cutout), server.upload(talker)
        for number, jump in enumerate((2 * DAY, -1 * DAY, 400 * DAY)):
            job = server.submit(image, video, seed=number)["id"]
            wait_for(lambda job=job: server.result(job)["status"] == "processing")
            clock.write_text(str(jump))
            ended = server.ended(job)
            assert ended["status"] == "completed", (jump, ended["error"])
            assert ended["executionTime"] >= 0
        assert server.balance() == pytest.approx(1_000_000 - 3 * 0.2)
        clock.write_text("0")
        assert server.is_ready()


def test_a_backup_made_while_it_runs_is_a_data_directory(tmp_path, cutout, talker, models_dir):
    with Server(tmp_path / "data") as server:
        image, video = server.upload(cutout), server.upload(talker)
        done = server.ended(server.submit(image, video, seed=1)["id"])
        waiting = server.submit(image, video, seed=2)["id"]
        subprocess.run(
            [*COMMAND, "backup", str(tmp_path / "copy"), "--data-dir", str(server.data_dir)], check=True, timeout=120
        )
        key, whole = server.key, httpx2.get(done["outputs"][0]).content
    with Server(tmp_path / "copy") as copy:
        copy.key = key
        assert httpx2.get(copy.result(done["id"])["outputs"][0]).content == whole
        assert copy.ended(waiting)["status"] == "completed"
