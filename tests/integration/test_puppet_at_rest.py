"""A performer who holds the pose of the picture gets the picture; as soon as he moves, the character moves."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from motioncast.arrays import Image
from motioncast.engines.engine import Job
from motioncast.engines.puppet.engine import PuppetEngine
from motioncast.engines.puppet.staging import PuppetRendering
from motioncast.following import follow_performer
from motioncast.media.image import ReferenceImage
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.request import Mode
from tests.clips import Clip, make_clip

HELD, MOVING = 25, 20  #: frames


@pytest.fixture(scope="module")
def walker(samples_dir: Path) -> list[Image]:
    reader = VideoReader(probe_video(samples_dir / "cam01.mp4"), start=10, stop=10 + MOVING)
    return [np.ascontiguousarray(frame[: len(frame) // 2 * 2, : frame.shape[1] // 2 * 2]) for _, frame in reader]


def plan(frames: list[Image], folder: Path, models: Path) -> PuppetRendering:
    """The first frame is the picture."""
    size = (frames[0].shape[1], frames[0].shape[0])
    lossless = Clip(len(frames), size, codec="libx264rgb", pix_fmt="rgb24", options={"preset": "veryfast", "qp": "0"})
    driving = probe_video(make_clip(folder / "clip.mp4", lossless, frames))
    job = Job(ReferenceImage(frames[0], None), driving, Mode.ANIMATE, 832 * 480, "", 1, models, threads=2)
    prepared = PuppetEngine().prepare(job)
    rendering = prepared.perform(lambda masks, see: follow_performer(driving, models, masks))
    assert isinstance(rendering, PuppetRendering)
    return rendering


def images(rendering: PuppetRendering) -> list[Image]:
    driving = list(VideoReader(rendering.job.driving, size=rendering.driving_size))
    return list(rendering.render(lambda _: driving))


def test_a_still_as_its_own_driver_is_returned(walker: list[Image], tmp_path: Path, models_dir: Path) -> None:
    rendering = plan([walker[0]] * 6, tmp_path, models_dir)
    picture = rendering.figure.character.subject.image
    for image in images(rendering):
        assert np.abs(image.astype(int) - picture).max() <= 1


def test_the_picture_fades_out_before_the_performer_moves(
    walker: list[Image], tmp_path: Path, models_dir: Path
) -> None:
    rendering = plan([walker[0]] * HELD + walker, tmp_path, models_dir)
    share = rendering.picture_share
    assert share is not None
    assert share[0] == 1.0
    assert (share[HELD:] == 0.0).all()
    assert (np.diff(share) <= 0).all()
    made = images(rendering)
    steps = [np.abs(a.astype(int) - b).max(axis=2).mean() for a, b in pairwise(made[:HELD])]
    walking = np.abs(made[-1].astype(int) - made[-2]).max(axis=2).mean()
    assert max(steps) < walking  # no image of the fade jumps as much as the walk itself moves
