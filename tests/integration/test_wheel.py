"""What people install: the wheel has the pages in it, and nothing of the tests."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_pages_and_the_guide_are_in_the_wheel(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        size = sum(entry.compress_size for entry in archive.infolist())
    tracked = subprocess.run(
        ["git", "ls-files", "src/motioncast"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {name.removeprefix("src/") for name in tracked} <= names
    assert {"motioncast/web/guide/index.html", "motioncast/web/guide/zh/index.html"} <= names
    assert not [name for name in names if name.startswith(("tests/", "bench/", "docs/")) or name.endswith(".doctree")]
    assert size < 3 << 20
