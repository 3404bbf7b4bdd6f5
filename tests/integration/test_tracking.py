"""One person followed through real clips."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from motioncast.arrays import Floats, Image
from motioncast.errors import InputError
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.perception.skeleton import CHIN, FACE_SIDES, FOREHEAD, Body, mirror_body
from motioncast.perception.tracker import PersonTracker, track_video
from motioncast.progress import Progress, ignore_progress

RATE = 25.0


def read(path: Path, count: int, start: int = 0, step: int = 1, side: int = 480) -> list[Image]:
    reader = VideoReader(probe_video(path), max_side=side)
    return [image for _, image in islice(reader, start, start + count * step, step)]


def track(images: list[Image], models: Path, size: tuple[int, int] | None = None) -> PerformanceTrack:
    height, width = images[0].shape[:2]
    width, height = size or (width, height)
    return track_video(enumerate(images), width, height, RATE, len(images), models, ignore_progress)


@pytest.fixture(scope="module")
def talker(samples_dir: Path) -> list[Image]:
    return read(samples_dir / "carphone_pristine.mp4", 24)


@pytest.fixture(scope="module")
def talker_track(talker: list[Image], models_dir: Path) -> PerformanceTrack:
    return track(talker, models_dir)


@pytest.fixture(scope="module")
def walker(samples_dir: Path) -> list[Image]:
    return read(samples_dir / "cam01.mp4", 24)


@pytest.fixture(scope="module")
def walker_track(walker: list[Image], models_dir: Path) -> PerformanceTrack:
    return track(walker, models_dir)


def face_width(points: Floats) -> float:
    right, left = FACE_SIDES
    return float(np.linalg.norm(points[..., right, :2] - points[..., left, :2], axis=-1).mean())


def test_a_talking_head_has_a_face_in_every_frame(talker: list[Image], talker_track: PerformanceTrack) -> None:
    found = talker_track
    assert found.face_valid.all()
    assert found.face_px.shape == (24, 478, 3)
    height, width = talker[0].shape[:2]
    assert (found.width, found.height) == (width, height)
    inside = (found.face_px[..., :2] > 0) & (found.face_px[..., :2] < [width, height])
    assert inside.mean() > 0.98
    assert (found.face_px[:, CHIN, 1] > found.face_px[:, FOREHEAD, 1] + 0.8 * face_width(found.face_px)).all()
    steps = np.linalg.norm(np.diff(found.face_px[..., :2], axis=0), axis=2).mean(axis=1)
    assert steps.max() < 0.1 * face_width(found.face_px)


def test_the_mask_covers_the_person_and_not_the_corners(walker: list[Image], walker_track: PerformanceTrack) -> None:
    height, width = walker[0].shape[:2]
    for index in (0, 12, 23):
        mask = walker_track.masks.frame(index, (width, height))
        body = walker_track.body_px[index]
        seen = body[walker_track.body_visibility[index] > 0.8, :2].round().astype(int)
        assert np.mean([mask[y, x] > 127 for x, y in seen if 0 <= x < width and 0 <= y < height]) > 0.8
        assert mask.mean() < 0.3 * 255


def test_a_walker_has_a_body_in_every_frame(walker_track: PerformanceTrack) -> None:
    found = walker_track
    assert found.body_valid.all()
    assert (found.body_visibility[:, [11, 12, 23, 24]] > 0.5).all()
    ankles, shoulders = found.body_px[:, [27, 28], 1].mean(axis=1), found.body_px[:, [11, 12], 1].mean(axis=1)
    hips = found.body_px[:, [23, 24], 1].mean(axis=1)
    assert ((shoulders < hips) & (hips < ankles)).all()
    # metres: a grown person, measured from shoulder to ankle
    assert 0.9 < np.median(np.linalg.norm(found.body_world_m[:, 11] - found.body_world_m[:, 27], axis=1)) < 1.7


def test_landmarks_come_in_source_pixels_whatever_the_working_size(
    walker: list[Image], walker_track: PerformanceTrack, models_dir: Path
) -> None:
    height, width = walker[0].shape[:2]
    double = track(walker, models_dir, (2 * width, 2 * height))
    np.testing.assert_allclose(double.body_px[..., :2] + 0.5, 2 * (walker_track.body_px[..., :2] + 0.5), atol=0.01)
    np.testing.assert_allclose(double.body_px[..., 2], 2 * walker_track.body_px[..., 2], atol=0.01)
    np.testing.assert_allclose(double.masks.to_px[..., :2], 2 * walker_track.masks.to_px[..., :2], rtol=1e-5)


def test_a_mirrored_clip_has_mirrored_landmarks(
    walker: list[Image], walker_track: PerformanceTrack, models_dir: Path
) -> None:
    mirrored = track([np.ascontiguousarray(image[:, ::-1]) for image in walker], models_dir)
    back = mirrored.body_px[:, mirror_body()].copy()
    back[..., 0] = walker[0].shape[1] - 1 - back[..., 0]
    seen = walker_track.body_visibility > 0.7
    apart = np.linalg.norm(back[..., :2] - walker_track.body_px[..., :2], axis=2)[seen]
    assert np.median(apart) < 0.06 * torso(walker_track)


def test_a_shifted_and_shrunk_clip_has_shifted_and_shrunk_landmarks(
    talker: list[Image], talker_track: PerformanceTrack, models_dir: Path
) -> None:
    height, width = talker[0].shape[:2]
    change = np.array([[0.8, 0, 20], [0, 0.8, 12]])
    moved = [
        np.asarray(cv2.warpAffine(image, change, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)
        for image in talker
    ]
    expected = talker_track.face_px[..., :2] @ change[:, :2].T + change[:, 2]
    apart = np.linalg.norm(track(moved, models_dir).face_px[..., :2] - expected, axis=2)
    assert np.median(apart) < 0.02 * 0.8 * face_width(talker_track.face_px)


def torso(found: PerformanceTrack) -> float:
    middle = found.body_px[:, [11, 12], :2].mean(axis=1) - found.body_px[:, [23, 24], :2].mean(axis=1)
    return float(np.median(np.linalg.norm(middle, axis=1)))


def test_one_of_two_people_is_followed_and_not_exchanged(samples_dir: Path, models_dir: Path) -> None:
    """A man stands on a roof, a woman passes below; then he leaps out of sight while she is still there."""
    images = read(samples_dir / "demo.mp4", 46, start=90, step=2, side=640)
    found = track(images, models_dir)
    height = images[0].shape[0]
    root = found.body_px[:, [11, 12], 1].mean(axis=1) / height
    assert found.body_valid[:36].mean() > 0.9
    first = root[found.body_valid][0]
    assert np.abs(root[found.body_valid] - first).max() < 0.3
    assert np.abs(np.diff(root[:36])).max() < 0.1


def test_blanked_frames_are_filled_and_flagged(
    walker: list[Image], walker_track: PerformanceTrack, models_dir: Path
) -> None:
    images = list(walker)
    for index in range(9, 13):
        images[index] = np.full_like(walker[0], 90)
    found = track(images, models_dir)
    assert not found.body_valid[9:13].any()
    assert found.body_valid[:9].all()
    assert found.masks.packed[10] == b""
    assert (found.body_visibility[9:13] == 0).all()
    between = np.linspace(0, 1, 6)[1:-1, None, None]
    before, after = found.body_px[8], found.body_px[13]
    np.testing.assert_allclose(found.body_px[9:13], before + between * (after - before), atol=0.01)


def test_a_cut_is_found_and_the_next_shot_starts_anew(
    talker: list[Image], walker: list[Image], models_dir: Path
) -> None:
    height, width = walker[0].shape[:2]
    tall = round(talker[0].shape[1] * height / talker[0].shape[0])
    left = (tall - width) // 2
    other = [np.asarray(cv2.resize(image, (tall, height)), np.uint8)[:, left : left + width] for image in talker[:12]]
    found = track([*walker[:12], *other], models_dir)
    assert found.cuts == (12,)
    assert found.body_valid[:12].all()
    assert found.face_valid[13:].all()


def test_a_clip_of_one_shot_has_no_cuts(walker_track: PerformanceTrack, talker_track: PerformanceTrack) -> None:
    assert walker_track.cuts == ()
    assert talker_track.cuts == ()


def test_threads_do_not_change_the_track(talker: list[Image], talker_track: PerformanceTrack, models_dir: Path) -> None:
    with PersonTracker(models_dir, RATE, side_by_side=False) as tracker:
        for image in talker:
            tracker.add(image)
        alone = tracker.finish(talker[0].shape[1], talker[0].shape[0])
    for name in ("body_px", "body_world_m", "body_visibility", "face_px", "left_hand_px", "right_hand_px"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(talker_track, name), err_msg=name)
    assert alone.masks.packed == talker_track.masks.packed


def test_a_bad_start_is_tracked_backwards(
    walker: list[Image], walker_track: PerformanceTrack, models_dir: Path
) -> None:
    """Frames in which nobody can be made out at first, though there is somebody to those who know where to look."""
    images = [np.asarray(cv2.GaussianBlur(image, (0, 0), 3), np.uint8) for image in walker[:5]] + walker[5:]
    found = track(images, models_dir)
    apart = np.linalg.norm(
        found.body_px[:5, [11, 12, 23, 24], :2] - walker_track.body_px[:5, [11, 12, 23, 24], :2], axis=2
    )
    assert found.body_valid[:5].all()
    assert np.median(apart) < 0.2 * torso(walker_track)


@pytest.mark.parametrize("clip", ["carphone_pristine.mp4", "cam01.mp4"])
def test_who_stands_still_has_a_still_track(clip: str, samples_dir: Path, models_dir: Path) -> None:
    found = track(read(samples_dir / clip, 1, start=6) * 12, models_dir)
    assert np.array_equal(found.body_px, np.broadcast_to(found.body_px[0], found.body_px.shape))
    if clip == "carphone_pristine.mp4":
        assert np.array_equal(found.face_px, np.broadcast_to(found.face_px[0], found.face_px.shape))


def test_progress_is_told_and_can_stop_the_tracking(walker: list[Image], models_dir: Path) -> None:
    told: list[Progress] = []

    def stop_at_three(progress: Progress) -> None:
        told.append(progress)
        if progress.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        track_video(enumerate(walker), 480, 270, RATE, len(walker), models_dir, stop_at_three)
    assert [(p.stage, p.done, p.total) for p in told] == [("track", n, len(walker)) for n in (1, 2, 3)]


@pytest.mark.parametrize("content", ["flat", "noise"])
def test_a_clip_with_nobody_is_refused(content: str, models_dir: Path) -> None:
    random = np.random.default_rng(0)

    def scene() -> Iterator[tuple[int, Image]]:
        for index in range(12):
            flat = np.full((180, 320, 3), 120, np.uint8)
            yield index, flat if content == "flat" else random.integers(0, 256, flat.shape, dtype=np.uint8)

    with pytest.raises(InputError, match="No person was found in the driving video"):
        track_video(scene(), 320, 180, RATE, 12, models_dir, ignore_progress)


def test_body_numbers_have_their_names(walker_track: PerformanceTrack) -> None:
    left, right = Body.LEFT_SHOULDER, Body.RIGHT_SHOULDER
    # the hips are the origin, and left is to the person's left
    hips = walker_track.body_world_m[:, [Body.LEFT_HIP, Body.RIGHT_HIP]].mean(axis=1)
    assert np.abs(hips).max() < 0.05
    assert np.linalg.norm(walker_track.body_world_m[:, left] - walker_track.body_world_m[:, right], axis=1).min() > 0.15


def test_a_person_at_rest_is_tracked_as_well_between_the_looks(talker: list[Image], models_dir: Path) -> None:
    """A picture that drifts slowly: the frames that are left out lie on the way."""
    height, width = talker[0].shape[:2]
    drifting = [
        np.asarray(
            cv2.warpAffine(
                talker[0], np.array([[1.0, 0, 0.4 * k], [0, 1, 0]]), (width, height), borderMode=cv2.BORDER_REPLICATE
            ),
            np.uint8,
        )
        for k in range(16)
    ]
    found = track(drifting, models_dir)
    assert found.body_valid.all()
    assert found.face_valid.all()
    nose = found.body_px[:, Body.NOSE, 0]
    slope, start = np.polyfit(np.arange(16), nose, 1)
    assert slope == pytest.approx(0.4, abs=0.15)
    assert np.abs(nose - start - slope * np.arange(16)).max() < 0.04 * face_width(found.face_px)


def test_a_track_without_masks_has_the_same_landmarks(walker: list[Image], models_dir: Path) -> None:
    height, width = walker[0].shape[:2]
    found = track_video(enumerate(walker[:8]), width, height, RATE, 8, models_dir, ignore_progress, masks=False)
    with_masks = track(walker[:8], models_dir)
    np.testing.assert_array_equal(found.body_px, with_masks.body_px)
    np.testing.assert_array_equal(found.face_px, with_masks.face_px)
    assert set(found.masks.packed) == {b""}
    assert all(with_masks.masks.packed)
