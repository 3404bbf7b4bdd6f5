"""A clip's conditions: planned from a track, written to files and read back."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from motioncast.arrays import Image
from motioncast.engines.wan.conditions.condition import Condition
from motioncast.engines.wan.conditions.files import ConditionWriter, StoredConditions, read_conditions
from motioncast.engines.wan.conditions.person_mask import MaskShape
from motioncast.engines.wan.conditions.stream import ConditionStream, canvas_sizes, plan_conditions
from motioncast.errors import InputError, ProcessingError
from motioncast.media.lossless import LosslessVideo
from motioncast.media.probe import probe_video
from motioncast.media.reader import VideoReader
from motioncast.perception.landmarks import FACE_POINTS, MASK_SIDE, PerformanceTrack, PersonMasks
from motioncast.request import Mode
from tests.clips import Clip, make_clip, numbered
from tests.unit.paper_doll import HEIGHT, POSE, WIDTH, landmarks

RATE = Fraction(24000, 1001)
SIZE = (WIDTH, 368)
COUNT = 12


def performer(faceless: tuple[int, ...] = (), unseen: tuple[int, ...] = ()) -> PerformanceTrack:
    """The paper doll stepping to the right, a pixel a frame; its mask is a box around the trunk."""
    body = np.zeros((COUNT, 33, 3), np.float32)
    body[:, list(POSE), :2] = list(POSE.values())
    body[..., 0] += np.arange(COUNT)[:, None]
    around = np.linspace(0, 2 * np.pi, FACE_POINTS)
    face = np.zeros((COUNT, FACE_POINTS, 3), np.float32)
    face[..., :2] = body[:, :1, :2] + np.stack([15 * np.cos(around), 20 * np.sin(around)], axis=1)
    trunk = np.zeros((MASK_SIDE, MASK_SIDE), np.uint8)
    trunk[90:200, 60:180] = 255
    packed = tuple(b"" if frame in unseen else PersonMasks.pack(trunk) for frame in range(COUNT))
    found, none = np.ones(COUNT, bool), np.zeros(COUNT, bool)
    hand = np.zeros((COUNT, 21, 3), np.float32)
    return PerformanceTrack(
        width=SIZE[0],
        height=SIZE[1],
        rate=float(RATE),
        body_px=body,
        body_visibility=np.ones((COUNT, 33), np.float32),
        body_world_m=body / 200,
        body_valid=found,
        face_px=face,
        face_valid=np.array([frame not in faceless for frame in range(COUNT)]),
        left_hand_px=hand,
        left_hand_valid=none,
        right_hand_px=hand,
        right_hand_valid=none,
        masks=PersonMasks(packed, np.tile(np.float32([[1, 0, 0], [0, 1, 0]]), (COUNT, 1, 1))),
    )


def stream_of(mode: Mode, track: PerformanceTrack | None = None) -> ConditionStream:
    still = landmarks(np.full((HEIGHT, WIDTH), 255, np.uint8))
    return plan_conditions(mode, track or performer(), still, SIZE, MaskShape(columns=4, rows=4))


def conditions_of(stream: ConditionStream) -> list[Condition]:
    return list(stream.conditions(enumerate(numbered(COUNT, stream.driving_size))))


def written(folder: Path, mode: Mode) -> list[Condition]:
    """The conditions that were written to `folder`."""
    made = conditions_of(stream_of(mode))
    with ConditionWriter(folder, mode, SIZE, RATE, next(iter(numbered(1, SIZE)))) as writer:
        for condition in made:
            writer.write(condition)
    return made


def lossy_copy(source: Path, target: Path, size: tuple[int, int] | None = None, count: int = COUNT) -> None:
    """The videos of a folder as the official preprocessing writes them: 4:2:0 and compressed, at 30 frames a second."""
    target.mkdir(exist_ok=True)
    for path in source.glob("*.mp4"):
        info = probe_video(path)
        shape = (size or (info.width, info.height)) if path.name != "src_face.mp4" else (512, 512)
        frames: Iterator[Image] = (np.asarray(cv2.resize(image, shape)) for image in frames_of(path, count))
        make_clip(target / path.name, Clip(count, shape, Fraction(30), options={"crf": "34"}), frames)
    Pillow.open(source / "src_ref.png").save(target / "src_ref.png")


def break_off(folder: Path) -> None:
    """A job that stops after its first frame."""
    condition = conditions_of(stream_of(Mode.REPLACE))[0]
    with ConditionWriter(folder, Mode.REPLACE, SIZE, RATE, condition.pose) as writer:
        writer.write(condition)
        raise KeyError


def frames_of(path: Path, count: int) -> list[Image]:
    return [image for _, image in VideoReader(probe_video(path), stop=count)]


def same(one: Condition, other: Condition) -> bool:
    names = ("pose", "face", "mask", "background")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


@pytest.mark.parametrize("mode", list(Mode))
def test_conditions_come_back_bit_for_bit_at_the_rate_of_the_source(tmp_path: Path, mode: Mode) -> None:
    made = written(tmp_path, mode)
    read = read_conditions(tmp_path, mode)
    assert {video.rate for video in read.videos.values()} == {RATE}
    assert (len(read), read.size) == (COUNT, SIZE)
    again = list(read.conditions())
    assert len(again) == COUNT
    assert all(map(same, again, made))
    np.testing.assert_array_equal(read.reference, next(iter(numbered(1, SIZE))))


def test_reading_may_start_anywhere(tmp_path: Path) -> None:
    made = written(tmp_path, Mode.REPLACE)
    rest = list(read_conditions(tmp_path, Mode.REPLACE).conditions(7))
    assert len(rest) == COUNT - 7
    assert all(map(same, rest, made[7:]))


def test_only_the_files_of_the_mode_are_there(tmp_path: Path) -> None:
    written(tmp_path, Mode.REPLACE)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "src_bg.mp4", "src_face.mp4", "src_mask.mp4", "src_pose.mp4", "src_ref.png",
    ]  # fmt: skip
    written(tmp_path, Mode.ANIMATE)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["src_face.mp4", "src_pose.mp4", "src_ref.png"]


def test_failure_leaves_what_was_there_before(tmp_path: Path) -> None:
    folder, fresh = tmp_path / "old", tmp_path / "new"
    made = written(folder, Mode.ANIMATE)
    for target in (folder, fresh):
        with pytest.raises(KeyError):
            break_off(target)
    assert not fresh.exists()
    assert sorted(p.name for p in folder.iterdir()) == ["src_face.mp4", "src_pose.mp4", "src_ref.png"]
    assert all(map(same, read_conditions(folder, Mode.ANIMATE).conditions(), made))


def fill(path: Path) -> None:
    video = LosslessVideo(path, (64, 64), RATE)
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    for _ in range(50):
        video.add(noise)
    video.close()


def test_full_disk_is_reported() -> None:
    """/dev/full takes no byte."""
    with pytest.raises(ProcessingError, match="could not be written"):
        fill(Path("/dev/full"))


def test_folder_under_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with (
        pytest.raises(InputError, match="cannot be written"),
        ConditionWriter(tmp_path / "file" / "out", Mode.ANIMATE, SIZE, RATE, next(iter(numbered(1, SIZE)))),
    ):
        pass


@pytest.fixture
def official(tmp_path: Path) -> tuple[Path, list[Condition]]:
    """Lossy files of a replace job, and what they were made from."""
    made = written(tmp_path / "exact", Mode.REPLACE)
    lossy_copy(tmp_path / "exact", tmp_path / "official")
    return tmp_path / "official", made


def test_lossy_masks_are_made_sharp_and_the_hole_black(official: tuple[Path, list[Condition]]) -> None:
    folder, made = official
    grey = frames_of(folder / "src_mask.mp4", 1)[0]
    assert len(np.unique(grey)) > 2  # else this would show nothing
    for read, exact in zip(read_conditions(folder, Mode.REPLACE).conditions(), made, strict=True):
        assert read.mask is not None
        assert read.background is not None
        assert exact.mask is not None
        assert set(np.unique(read.mask)) == {0, 255}
        assert (read.mask != exact.mask).mean() < 0.01
        assert not read.background[read.mask > 0].any()


def test_missing_file_is_named(official: tuple[Path, list[Condition]]) -> None:
    (official[0] / "src_mask.mp4").unlink()
    with pytest.raises(InputError, match=r"has no src_mask\.mp4"):
        read_conditions(official[0], Mode.REPLACE)
    assert len(read_conditions(official[0], Mode.ANIMATE)) == COUNT
    with pytest.raises(InputError, match=r"has no src_pose\.mp4"):
        read_conditions(official[0] / "nowhere", Mode.ANIMATE)


def test_videos_of_different_lengths_are_named(official: tuple[Path, list[Condition]], tmp_path: Path) -> None:
    lossy_copy(tmp_path / "exact", tmp_path / "short", count=COUNT - 3)
    (tmp_path / "short" / "src_face.mp4").replace(official[0] / "src_face.mp4")
    with pytest.raises(InputError, match=r"src_face\.mp4 has 9 frames and src_pose\.mp4 has 12"):
        read_conditions(official[0], Mode.REPLACE)


def test_videos_of_different_sizes_are_named(official: tuple[Path, list[Condition]], tmp_path: Path) -> None:
    lossy_copy(tmp_path / "exact", tmp_path / "other", size=(120, 184))
    (tmp_path / "other" / "src_bg.mp4").replace(official[0] / "src_bg.mp4")
    with pytest.raises(InputError, match=r"src_bg\.mp4 is 120x184 and src_pose\.mp4 is 240x368"):
        read_conditions(official[0], Mode.REPLACE)


def test_sides_that_are_no_multiples_of_16_are_fitted(official: tuple[Path, list[Condition]], tmp_path: Path) -> None:
    lossy_copy(tmp_path / "exact", tmp_path / "odd", size=(250, 370))
    read: StoredConditions = read_conditions(tmp_path / "odd", Mode.REPLACE)
    assert read.size == (240, 368)
    first = next(read.conditions())
    assert first.pose.shape == read.reference.shape == (368, 240, 3)
    assert first.mask is not None
    assert set(np.unique(first.mask)) == {0, 255}


def test_official_reference_gets_no_black_columns(official: tuple[Path, list[Condition]]) -> None:
    """The official code keeps the picture's own size, whose aspect is not quite that of the videos."""
    Pillow.new("RGB", (480, 720), (180, 180, 180)).save(official[0] / "src_ref.png")
    assert read_conditions(official[0], Mode.ANIMATE).reference.min() == 180


def test_condition_depends_on_its_own_frame_alone() -> None:
    stream = stream_of(Mode.REPLACE, performer(faceless=(3, 4), unseen=(8,)))
    frames = list(enumerate(numbered(COUNT, stream.driving_size)))
    late = list(stream.conditions(frames[5:]))
    assert all(map(same, late, list(stream.conditions(frames))[5:]))


def test_replace_gives_the_driving_frame_and_its_hole() -> None:
    stream = stream_of(Mode.REPLACE, performer(unseen=(8,)))
    for index, frame in enumerate(numbered(COUNT, SIZE)):
        condition = stream.condition(index, frame.copy())
        assert condition.mask is not None
        assert condition.background is not None
        np.testing.assert_array_equal(condition.frame, frame)
        np.testing.assert_array_equal(condition.background[condition.mask == 0], frame[condition.mask == 0])
        assert condition.mask.any() == (index != 8)
    assert stream.warnings == (
        "The performer was not found in 1 of 12 frames: the driving video is left as it is there.",
    )


def test_animate_draws_on_the_characters_canvas_and_cuts_from_the_driving_frame() -> None:
    condition = conditions_of(stream_of(Mode.ANIMATE))[0]
    assert condition.pose.shape == (SIZE[1], SIZE[0], 3)
    assert condition.pose.any()
    assert condition.mask is condition.background is condition.frame is None


def test_turned_face_is_counted() -> None:
    assert stream_of(Mode.ANIMATE, performer(faceless=(2, 3, 4))).warnings == (
        "The performer's face is not visible in 3 of 12 frames: the expression may be wrong there.",
    )
    every = tuple(range(COUNT))
    assert "never visible" in stream_of(Mode.ANIMATE, performer(faceless=every)).warnings[0]


def test_picture_without_a_body_takes_the_performers_proportions() -> None:
    wide = (736, 368)
    stream = plan_conditions(Mode.ANIMATE, performer(), None, wide)
    assert "No body" in stream.warnings[0]
    pose = conditions_of(stream)[0].pose
    lit = np.nonzero(pose.any(axis=2))
    assert abs((lit[1].min() + lit[1].max()) / 2 - (wide[0] - WIDTH) / 2 - 120) < 4  # in the middle, not stretched
    assert abs(np.ptp(lit[1]) - 168) < 8


@pytest.mark.parametrize("mode", list(Mode))
def test_output_has_the_aspect_of_what_the_mode_keeps(mode: Mode) -> None:
    size, driving = canvas_sizes(mode, (1000, 2000), (3840, 2160), 832 * 480)
    assert (size[0] % 16, size[1] % 16) == (0, 0)
    assert size[0] * size[1] <= 832 * 480
    if mode is Mode.ANIMATE:
        assert size[0] / size[1] == pytest.approx(0.5, rel=0.03)
        assert driving == (1920, 1080)
    else:
        assert size == driving == (832, 464)
