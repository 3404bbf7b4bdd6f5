"""The puppet engine on a real clip: a frame of the clip as reference must give back the clip."""

import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import motioncast
from motioncast.arrays import Image
from motioncast.engines.engine import Job, Rendering, See
from motioncast.engines.puppet.engine import PuppetEngine
from motioncast.errors import InputError
from motioncast.media.image import ReferenceImage, load_image
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.perception.tracker import track_video
from motioncast.progress import ignore_progress
from motioncast.request import Mode

PICTURED, WATCHED = 30, (0, 60, 100)  #: the frame used as reference; frames that are looked at


@pytest.fixture(scope="module")
def clip(samples_dir: Path) -> Path:
    return samples_dir / "carphone_pristine.mp4"


@pytest.fixture(scope="module")
def track(clip: Path, models_dir: Path) -> PerformanceTrack:
    info = probe_video(clip)
    size = (info.width, info.height)
    frames = VideoReader(info, max_side=832)
    return track_video(frames, *size, float(info.rate), len(info.timeline), models_dir, ignore_progress)


@pytest.fixture(scope="module")
def rendering(clip: Path, track: PerformanceTrack, models_dir: Path) -> Rendering:
    info = probe_video(clip)
    _, frame = next(iter(VideoReader(info, start=PICTURED)))
    picture = cv2.resize(frame, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    reference = ReferenceImage(picture.astype(np.uint8), None)
    job = Job(reference, info, Mode.ANIMATE, 832 * 480, "", 1, models_dir, threads=2)
    return PuppetEngine().prepare(job).perform(lambda masks, see: track)


def _pairs(rendering: Rendering, clip: Path, wanted: tuple[int, ...]) -> list[tuple[Image, Image]]:
    """(output, what the clip shows) for the wanted frames, at output size."""
    info = probe_video(clip)
    driving = [item for item in VideoReader(info, size=rendering.driving_size) if item[0] in wanted]
    shown = {index: image for index, image in VideoReader(info, size=rendering.size) if index in wanted}
    outputs = rendering.render(lambda _: driving)
    return [(output, shown[index]) for (index, _), output in zip(driving, outputs, strict=True)]


def _psnr(a: Image, b: Image, where: np.ndarray) -> float:
    error = (a[where].astype(float) - b[where]) ** 2
    return float(10 * np.log10(255**2 / error.mean()))


def _person(track: PerformanceTrack, index: int, size: tuple[int, int]) -> np.ndarray:
    mask = track.masks.frame(index, (track.width, track.height))
    return cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR) > 128


def test_the_pictured_frame_comes_back_as_it_was(rendering: Rendering, clip: Path, track: PerformanceTrack):
    ((output, shown),) = _pairs(rendering, clip, (PICTURED,))
    assert _psnr(output, shown, _person(track, PICTURED, rendering.size)) > 27


def test_other_frames_are_closer_to_the_clip_than_the_still(rendering: Rendering, clip: Path, track: PerformanceTrack):
    still = _pairs(rendering, clip, (PICTURED,))[0][1]
    gains = []
    for index, (output, shown) in zip(WATCHED, _pairs(rendering, clip, WATCHED), strict=True):
        person = _person(track, index, rendering.size)
        gains.append(_psnr(output, shown, person) - _psnr(still, shown, person))
    assert np.mean(gains) > 1.5


def test_a_frame_does_not_depend_on_its_neighbours(rendering: Rendering, clip: Path):
    alone = _pairs(rendering, clip, (60,))[0][0]
    among_others = _pairs(rendering, clip, (0, 60, 100))[1][0]
    np.testing.assert_array_equal(alone, among_others)


def test_a_picture_without_a_subject_ends_the_following_early(clip: Path, models_dir: Path):
    info = probe_video(clip)
    blank = ReferenceImage(np.full((480, 640, 3), 200, np.uint8), None)
    prepared = PuppetEngine().prepare(Job(blank, info, Mode.ANIMATE, 832 * 480, "", 1, models_dir, threads=2))
    seen = 0

    def follow(masks: bool, see: See) -> PerformanceTrack:
        nonlocal seen
        for seen in range(3000):
            see(seen, np.zeros((4, 4, 3), np.uint8))
            time.sleep(0.01)
        raise AssertionError("nobody said that the picture is useless")

    with pytest.raises(InputError, match="No subject"):
        prepared.perform(follow)
    assert seen < 2999


def test_a_useless_picture_is_told_before_a_useless_video(clip: Path, models_dir: Path):
    info = probe_video(clip)
    blank = ReferenceImage(np.full((480, 640, 3), 200, np.uint8), None)
    prepared = PuppetEngine().prepare(Job(blank, info, Mode.ANIMATE, 832 * 480, "", 1, models_dir, threads=2))

    def follow(masks: bool, see: See) -> PerformanceTrack:
        raise InputError("No person was found in the driving video.")

    with pytest.raises(InputError, match="No subject"):
        prepared.perform(follow)


def test_a_whole_figure_stays_on_the_floor_when_only_a_head_is_seen(
    clip: Path, track: PerformanceTrack, models_dir: Path
):
    seen = np.array(track.body_visibility)
    seen[:, 13:] = 0.0  # elbows and all below
    picture = load_image(Path(motioncast.__file__).parent / "assets" / "mascot.png")
    job = Job(picture, probe_video(clip), Mode.ANIMATE, 832 * 480, "", 1, models_dir, threads=2)
    rendering = PuppetEngine().prepare(job).perform(lambda masks, see: replace(track, body_visibility=seen))
    first, *others = (output.astype(int) for output, _ in _pairs(rendering, clip, WATCHED))
    below = slice(round(0.6 * len(first)), None)
    for other in others:
        assert np.abs(other - first)[below].max() <= 2
        assert np.abs(other - first)[: below.start].max() > 60
