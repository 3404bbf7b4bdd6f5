"""A job that is stopped anywhere and run again from its finished pieces gives the packets of an undisturbed run."""

import pickle
import zlib
from pathlib import Path

import pytest

from motioncast.errors import Cancelled, ProcessingError
from motioncast.perception import tracker
from motioncast.perception.checkpoint import freeze, thaw
from motioncast.pipeline import animate
from motioncast.progress import Progress
from motioncast.request import AnimateRequest
from tests.acceptance.command import video_packets


class Folder:
    """Finished work in a folder, counting what was written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written: list[str] = []
        path.mkdir(exist_ok=True)

    def load(self, name: str) -> bytes | None:
        file = self.path / name
        return file.read_bytes() if file.exists() else None

    def save(self, name: str, data: bytes) -> None:
        assert name not in self.written
        self.written.append(name)
        (self.path / name).write_bytes(data)


@pytest.fixture
def short_pieces(monkeypatch):
    """Chunks and segments of few frames, so that a short clip has several."""
    monkeypatch.setattr(tracker, "CHUNK_FRAMES", 40)
    monkeypatch.setattr("motioncast.following.CHUNK_FRAMES", 40)
    from motioncast.engines.puppet import staging

    monkeypatch.setattr(staging.PuppetRendering.__init__, "__defaults__", (30,))


@pytest.mark.parametrize("mode", ["animate", "replace"])
def test_resumed_jobs_have_the_same_packets(mode, short_pieces, samples_dir, models_dir, tmp_path, long_talker):
    request = AnimateRequest(samples_dir / "astronaut.png", long_talker, mode=mode, seed=5)
    animate(request, tmp_path / "straight.mp4")
    stops = iter([("track", 70), ("render", 40), ("render", 85), None])
    for attempt, stop in enumerate(stops):

        def interrupt(progress: Progress, at=stop) -> None:
            if at is not None and (progress.stage, progress.done) == at:
                raise Cancelled("stop here")

        work = Folder(tmp_path / "work")
        if stop is None:
            animate(request, tmp_path / "resumed.mp4", finished=work)
            assert work.written == ["segment-0002", "segment-0003"], attempt
        else:
            with pytest.raises(Cancelled):
                animate(request, tmp_path / "resumed.mp4", interrupt, finished=work)
    assert video_packets(tmp_path / "resumed.mp4") == video_packets(tmp_path / "straight.mp4")


def test_a_stored_state_cannot_name_foreign_code():
    class Evil:
        def __reduce__(self):
            return print, ("run",)

    evil = freeze((), ())[:7] + zlib.compress(pickle.dumps(Evil()))
    with pytest.raises(ProcessingError, match="damaged"):
        thaw(evil, (), ())


def test_a_damaged_or_foreign_state_is_named():
    good = freeze([1, 2], ())
    assert thaw(good, [], ()) == [1, 2]
    with pytest.raises(ProcessingError, match="another version"):
        thaw(b"MCTRK\x00\n" + good[7:], [], ())
    with pytest.raises(ProcessingError, match="damaged"):
        thaw(good[:-3], [], ())
