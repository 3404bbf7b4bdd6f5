"""Limits on what one file may cost: memory, time, pixels, passes over a picture, packets."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from PIL import Image as Pillow

from motioncast.errors import InputError
from motioncast.media import probe
from motioncast.media.image import load_image
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.service import inspector as inspection
from motioncast.service.inspector import Inspector
from tests.clips import Clip, make_clip, numbered
from tests.hostile_media import many_scans, png, switching, zeros_deflated

GREEDY = """
import numpy, sys
from motioncast.limits import limit_memory
limit_memory(300)
try:
    numpy.ones(1 << 26)
except MemoryError:
    sys.exit(7)
"""


@pytest.fixture
def inspector() -> Iterator[Inspector]:
    asked = Inspector(400)
    yield asked
    asked.close()


@pytest.fixture
def small(tmp_path):
    Pillow.linear_gradient("L").save(tmp_path / "small.png")
    return tmp_path / "small.png"


def test_memory_beyond_the_limit_is_refused_to_the_process():
    assert subprocess.run([sys.executable, "-c", GREEDY], check=False).returncode == 7


def test_a_picture_that_needs_too_much_memory_is_refused_and_the_process_goes_on(inspector, small, tmp_path):
    (tmp_path / "large.png").write_bytes(png(8000, 8000, zeros_deflated(32_001 * 8000), colour=6))
    assert inspector.image(small) == {"width": 256, "height": 256}
    process = inspector._process
    with pytest.raises(InputError, match=r"large\.png needs more memory .* scale it down"):
        inspector.image(tmp_path / "large.png")
    assert inspector.image(small)["width"] == 256
    assert inspector._process is process


def test_a_file_that_kills_the_process_is_refused_and_the_next_one_is_read(inspector, small):
    inspector.image(small)
    pid = inspector._process.pid
    os.kill(pid, signal.SIGSTOP)  # so that the question is on its way when the process dies
    threading.Timer(0.2, os.kill, (pid, signal.SIGKILL)).start()
    with pytest.raises(InputError, match="could not be read within the limits"):
        inspector.image(small)
    assert inspector.image(small)["width"] == 256


def test_a_file_that_blocks_the_process_is_refused_and_the_next_one_is_read(inspector, small, monkeypatch):
    inspector.image(small)
    os.kill(inspector._process.pid, signal.SIGSTOP)
    monkeypatch.setattr(inspection, "_PROBE_S", 0.2)
    with pytest.raises(InputError, match="could not be read within the limits"):
        inspector.image(small)
    monkeypatch.undo()
    assert inspector.image(small)["width"] == 256


def test_frames_that_grow_beyond_8k_are_never_allocated(tmp_path):
    path = tmp_path / "grows.mkv"
    switching(path, list(numbered(24, (192, 144))), 8)
    frames = [image for _, image in VideoReader(probe_video(path))]
    assert {frame.shape for frame in frames} == {(144, 192, 3)}
    assert len(frames) >= 8


def test_a_video_of_endless_packets_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(probe, "MAX_PACKETS", 20)
    assert len(probe_video(make_clip(tmp_path / "c.mp4", Clip(count=20))).timeline) == 20
    with pytest.raises(InputError, match="too many frames"):
        probe_video(make_clip(tmp_path / "c.mp4", Clip(count=21)))


def test_a_jpeg_of_endless_scans_is_refused(tmp_path):
    path = tmp_path / "scans.jpg"
    path.write_bytes(many_scans(256, 50))
    assert load_image(path).rgb.shape == (256, 256, 3)
    path.write_bytes(many_scans(256, 150))
    with pytest.raises(InputError, match="more than 100 scans"):
        load_image(path)


def test_what_follows_a_jpeg_does_not_count_as_scans(tmp_path):
    path = tmp_path / "with-film.jpg"
    Pillow.linear_gradient("L").save(path, quality=98)
    path.write_bytes(path.read_bytes() + b"\xff\xda\x00\x02" * 500 + random.Random(1).randbytes(10_000))
    assert load_image(path).rgb.shape == (256, 256, 3)
