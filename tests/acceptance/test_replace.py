"""The character takes the performer's place in the driving video."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from motioncast.arrays import Image
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.perception.skeleton import Body
from motioncast.perception.tracker import track_video
from motioncast.progress import ignore_progress
from tests.acceptance.command import frames_of

TRUNK = [Body.LEFT_SHOULDER, Body.RIGHT_SHOULDER, Body.LEFT_HIP, Body.RIGHT_HIP]


def tracked(path, models_dir, size) -> PerformanceTrack:
    info = probe_video(path)
    frames = VideoReader(info, size=size)
    return track_video(frames, *size, float(info.rate), len(info.timeline), models_dir, ignore_progress)


@pytest.fixture(scope="module")
def size(replaced) -> tuple[int, int]:
    report = replaced[0].report
    return report["width"], report["height"]


@pytest.fixture(scope="module")
def performer(walker, models_dir, size) -> PerformanceTrack:
    return tracked(walker, models_dir, size)


@pytest.fixture(scope="module")
def pairs(walker, replaced, size) -> list[tuple[Image, Image]]:
    """Driving frame and output frame, at the size of the output."""
    before = [image for _, image in VideoReader(probe_video(walker), size=size)]
    return list(zip(before, frames_of(replaced[1] / "out.mp4"), strict=True))


def masks(performer, size, grow):
    """The performer's mask in every frame, grown (or shrunk) by a share of the picture's height."""
    reach = round(abs(grow) * size[1])
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    change = cv2.dilate if grow > 0 else cv2.erode
    for index in range(len(performer.body_px)):
        yield change((performer.masks.frame(index, size) > 127).astype(np.uint8), kernel) > 0


def test_size_rate_and_frames_follow_the_driving_video(replaced, size):
    report = replaced[0].report
    info = probe_video(replaced[1] / "out.mp4")
    assert (len(info.timeline), info.rate) == (20, Fraction(15000, 1001))
    assert (report["frames"], report["fps"]) == (20, 14.985)
    width, height = size
    assert width % 16 == height % 16 == 0
    assert width * height == pytest.approx(832 * 480, rel=0.05)
    assert width / height == pytest.approx(360 / 640, rel=0.02)


def test_far_from_the_performer_nothing_changes(pairs, performer, size):
    for (before, after), near in zip(pairs, masks(performer, size, 0.12), strict=True):
        error = (before[~near].astype(float) - after[~near]) ** 2
        assert 10 * np.log10(255**2 / error.mean()) > 32


def test_the_performer_is_gone(pairs, performer, size):
    for (before, after), inside in zip(pairs, masks(performer, size, -0.01), strict=True):
        apart = np.abs(before[inside].astype(int) - after[inside]).max(axis=1)
        assert (apart > 24).mean() > 0.75


def test_the_character_stands_where_the_performer_stood_and_moves_alike(replaced, performer, models_dir, size):
    character = tracked(replaced[1] / "out.mp4", models_dir, size)
    was, is_now = (track.body_px[:, TRUNK, :2].mean(axis=1) for track in (performer, character))
    height = np.ptp(performer.body_px[..., 1], axis=1).mean()
    assert np.linalg.norm(was - is_now, axis=1).mean() < 0.12 * height
    assert np.corrcoef(was[:, 0], is_now[:, 0])[0, 1] > 0.9
