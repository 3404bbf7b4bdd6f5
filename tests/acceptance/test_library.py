"""The same job as a library call."""

import subprocess
import sys
import tempfile
import threading
from itertools import pairwise

import pytest

import motioncast
from motioncast import AnimateRequest, Cancelled, Progress
from motioncast.progress import STAGES
from tests.acceptance.command import PROMISED
from tests.acceptance.conftest import SEED

HEAVY = ["av", "cv2", "numba", "ai_edge_litert", "scipy", "skimage"]


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A folder to write to; temporary files go to the folder `temporary` beside it."""
    (tmp_path / "work").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tmp_path / "work"


def left_over(work):
    return [path.name for folder in (work, work.parent / "temporary") for path in folder.iterdir()]


def test_progress_runs_through_all_stages_to_their_ends(animated, portrait, talker, work, models_dir):
    steps: list[Progress] = []
    request = AnimateRequest(portrait, talker, seed=int(SEED))
    result = motioncast.animate(request, work / "out.mp4", on_progress=steps.append)
    assert isinstance(result, motioncast.AnimateResult)
    assert (result.output, result.frames, result.seed) == (work / "out.mp4", 25, int(SEED))
    assert list(result.as_json()) == PROMISED
    assert result.output.read_bytes() == (animated[1] / "out.mp4").read_bytes()
    assert left_over(work) == ["out.mp4"]

    begun = list(dict.fromkeys(step.stage for step in steps))
    assert begun == list(STAGES)
    for stage in STAGES:
        mine = [step for step in steps if step.stage == stage]
        assert len({step.total for step in mine}) == 1
        assert all(before.done <= after.done for before, after in pairwise(mine))
        assert mine[-1].done == mine[-1].total
    for stage in ("track", "render"):
        assert [step.done for step in steps if step.stage == stage] == list(range(1, 26))
    assert set(result.timings) == set(STAGES)


@pytest.mark.parametrize(("stage", "error"), [("track", Cancelled), ("render", Cancelled), ("finish", KeyError)])
def test_an_exception_from_the_callback_stops_the_job_and_leaves_nothing(
    stage, error, portrait, talker, work, models_dir
):
    def stop(step: Progress) -> None:
        if step.stage == stage and (step.done > 4 or stage == "finish"):
            raise error("enough")

    threads = set(threading.enumerate())
    with pytest.raises(error, match="enough"):
        motioncast.animate(AnimateRequest(portrait, talker), work / "out.mp4", on_progress=stop)
    assert left_over(work) == []
    assert set(threading.enumerate()) <= threads


def test_every_public_name_exists():
    assert sorted(motioncast.__all__) == motioncast.__all__
    for name in motioncast.__all__:
        assert getattr(motioncast, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        motioncast.nothing  # noqa: B018


@pytest.mark.parametrize("module", ["motioncast", "motioncast.cli"])
def test_importing_it_loads_no_video_vision_or_network_library(module):
    code = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
