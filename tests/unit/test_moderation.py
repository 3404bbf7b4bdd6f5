"""Whether pictures and clips show nudity, with the real network. No explicit picture is kept here: see the comments."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import motioncast
from motioncast.arrays import Float32, Image
from motioncast.errors import ProcessingError
from motioncast.media.image import load_image
from motioncast.media.probe import probe_video
from motioncast.models import ensure_models, ensure_moderation_model
from motioncast.safety.body_parts import LABELS, BodyPartDetector, decode, network_input
from motioncast.safety.moderation import EXPLICIT, Moderator, Verdict, sample_frames
from motioncast.settings import load_settings
from tests.clips import Clip, make_clip, number_of

Box = tuple[float, float, float, float]  #: left, top, right, bottom

# what nudenet 3.4.2's own code answers for these pictures, reduced to 320 pixels and given so that the network sees
# RGB; boxes as it writes them: left, top, width, height in whole pixels of the reduced picture
ASTRONAUT = [("FACE_FEMALE", 0.8227, (108, 51, 62, 60))]
MASCOT = [
    ("FACE_FEMALE", 0.8040, (71, 48, 41, 40)),
    ("FEET_COVERED", 0.6559, (95, 277, 34, 29)),
    ("ARMPITS_EXPOSED", 0.5460, (113, 112, 12, 19)),
    ("FEET_COVERED", 0.5279, (55, 277, 34, 30)),
]


@pytest.fixture(scope="module")
def model() -> Path:
    return ensure_moderation_model(load_settings())


@pytest.fixture(scope="module")
def astronaut(samples_dir: Path) -> Image:
    return load_image(samples_dir / "astronaut.png").rgb


@pytest.fixture(scope="module")
def mascot() -> Image:
    return load_image(Path(motioncast.__file__).parent / "assets" / "mascot.png").rgb


def iou(a: Box, b: Box) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def in_picture(box: tuple[int, int, int, int], longer_side: int) -> Box:
    """A box of nudenet's in pixels of the whole picture."""
    scale = longer_side / 320
    return box[0] * scale, box[1] * scale, (box[0] + box[2]) * scale, (box[1] + box[3]) * scale


def test_people_in_clothes_pass(model: Path, astronaut: Image, mascot: Image) -> None:
    moderator = Moderator(model)
    assert moderator.check_image(astronaut) == Verdict(nsfw=False, labels=())
    assert moderator.check_frames([mascot, astronaut]) == Verdict(nsfw=False, labels=())


@pytest.mark.parametrize(("name", "expected"), [("astronaut", ASTRONAUT), ("mascot", MASCOT)])
def test_sees_what_nudenet_sees(
    name: str, expected: list[tuple[str, float, tuple[int, int, int, int]]], model: Path, request: pytest.FixtureRequest
) -> None:
    picture: Image = request.getfixturevalue(name)
    seen = BodyPartDetector(model).detect(picture)
    assert [part.label for part in seen] == [label for label, _, _ in expected]
    assert [part.score for part in seen] == pytest.approx([score for _, score, _ in expected], abs=0.005)
    for part, (_, _, box) in zip(seen, expected, strict=True):
        ours, theirs = np.array(part.box_px), np.array(in_picture(box, max(picture.shape)))
        assert np.abs(ours - theirs).max() <= 2 * max(picture.shape) / 320  # they cut off what follows the point, twice


@pytest.mark.parametrize(("size", "at"), [((1024, 512), (500, 0)), ((512, 900), (0, 380)), ((700, 1000), (100, 450))])
def test_a_face_is_found_where_it_is_in_a_picture_of_any_shape(
    size: tuple[int, int], at: tuple[int, int], model: Path, astronaut: Image
) -> None:
    picture = np.full((size[1], size[0], 3), 127, np.uint8)
    part = picture[at[1] : at[1] + 512, at[0] : at[0] + 512]
    part[...] = astronaut[: part.shape[0], : part.shape[1]]
    (face,) = (p for p in BodyPartDetector(model).detect(picture) if p.label == "FACE_FEMALE")
    left, top, right, bottom = in_picture(ASTRONAUT[0][2], 512)
    assert iou(face.box_px, (left + at[0], top + at[1], right + at[0], bottom + at[1])) > 0.8


def test_the_network_input_is_rgb_scaled_and_padded_with_black() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[...] = (255, 51, 0)
    for rgb in (picture, picture[:, ::-1], np.repeat(np.repeat(picture, 8, 0), 8, 1)):
        blob = network_input(rgb)
        assert blob.shape == (1, 3, 320, 320)
        assert blob.dtype == np.float32
        assert (blob[0, :, :160] == np.array([1, 0.2, 0], np.float32)[:, None, None]).all()
        assert (blob[0, :, 160:] == 0).all()


def output(*anchors: tuple[str, float, tuple[float, float, float, float]]) -> Float32:
    """A network output (1, 22, 2100) with (label, score, (centre x, centre y, width, height) in the input)."""
    values = np.zeros((1, 4 + len(LABELS), 2100), np.float32)
    for n, (label, score, box) in enumerate(anchors):
        values[0, :4, 7 * n] = box
        values[0, 4 + LABELS.index(label), 7 * n] = score
    return values


def test_boxes_are_in_pixels_of_the_picture_and_inside_it() -> None:
    inside = ("MALE_GENITALIA_EXPOSED", 0.5, (160.0, 80.0, 40.0, 20.0))
    over_the_edge = ("BUTTOCKS_EXPOSED", 0.9, (10.0, 150.0, 40.0, 40.0))
    first, second = decode(output(inside, over_the_edge), (640, 320))
    assert (first.label, first.score, first.box_px) == ("BUTTOCKS_EXPOSED", pytest.approx(0.9), (0, 260, 60, 320))
    assert (second.label, second.box_px) == ("MALE_GENITALIA_EXPOSED", (280, 140, 360, 180))


def test_of_overlapping_boxes_the_best_stays_whatever_it_shows() -> None:
    bare = ("FEMALE_BREAST_EXPOSED", 0.6, (100.0, 100.0, 40.0, 40.0))
    again = ("FEMALE_BREAST_EXPOSED", 0.5, (104.0, 100.0, 40.0, 40.0))
    beside = ("FEMALE_BREAST_EXPOSED", 0.4, (130.0, 100.0, 40.0, 40.0))
    covered = ("FEMALE_BREAST_COVERED", 0.8, (100.0, 104.0, 40.0, 40.0))
    weak = ("ANUS_EXPOSED", 0.2, (250.0, 250.0, 20.0, 20.0))
    assert [part.score for part in decode(output(again, bare, beside, weak), (320, 320))] == pytest.approx([0.6, 0.4])
    labels = [part.label for part in decode(output(bare, covered, again), (320, 320))]
    assert labels == ["FEMALE_BREAST_COVERED"]


def test_the_explicit_labels_are_the_networks() -> None:
    assert set(LABELS) >= EXPLICIT
    assert len(LABELS) == 18


def test_a_picture_that_shows_what_counts_is_flagged(model: Path, astronaut: Image, mascot: Image) -> None:
    # the whole way on a real picture, with a face in the place of what may not be shown
    moderator = Moderator(model, explicit=frozenset({"FACE_FEMALE", "ARMPITS_EXPOSED"}))
    verdict = moderator.check_frames([astronaut, mascot])
    assert verdict.nsfw
    labels, scores = zip(*verdict.labels, strict=True)
    assert labels == ("FACE_FEMALE", "ARMPITS_EXPOSED")
    assert scores == pytest.approx((0.8, 0.55), abs=0.08)
    assert not Moderator(model, 0.95, frozenset({"FACE_FEMALE"})).check_image(astronaut).nsfw


def test_a_mirror_image_gets_the_same_verdict(model: Path, astronaut: Image) -> None:
    moderator, detector = Moderator(model, explicit=frozenset({"FACE_FEMALE"})), BodyPartDetector(model)
    mirrored = astronaut[:, ::-1]
    either = [max(p.score for p in detector.detect(v) if p.label == "FACE_FEMALE") for v in (astronaut, mirrored)]
    assert either[0] != either[1]
    for picture in (astronaut, mirrored):
        assert moderator.check_image(picture).labels == (("FACE_FEMALE", min(either)),)


@pytest.mark.parametrize("gop", ["1", "7", "250"])
def test_frames_are_sampled_evenly_wherever_the_key_frames_are(gop: str, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", Clip(count=40, size=(640, 480), options={"g": gop, "crf": "20"}))
    frames = list(sample_frames(probe_video(clip)))
    assert [number_of(frame) for frame in frames] == [2, 7, 12, 17, 22, 27, 32, 37]
    assert {frame.shape for frame in frames} == {(240, 320, 3)}


def test_a_clip_shorter_than_the_sample_gives_each_frame_once(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", Clip(count=3, size=(96, 64)))
    assert [number_of(frame) for frame in sample_frames(probe_video(clip))] == [0, 1, 2]


def test_a_clip_without_time_stamps_that_can_be_sought_is_sampled_too(tmp_path: Path) -> None:
    raw = make_clip(tmp_path / "clip.h264", Clip(count=40, size=(96, 64), options={"g": "5"}))
    frames = list(sample_frames(probe_video(raw), count=4))
    assert [number_of(frame) for frame in frames] == [5, 15, 25, 35]


def test_the_model_is_verified(model: Path, tmp_path: Path) -> None:
    damaged = tmp_path / model.name
    damaged.write_bytes(model.read_bytes()[:-1])
    with pytest.raises(ProcessingError, match="damaged"):
        Moderator(damaged)
    damaged.unlink()
    with pytest.raises(ProcessingError, match="motioncast models"):
        Moderator(damaged)


def test_a_folder_of_weights_may_hold_the_model(monkeypatch: pytest.MonkeyPatch, model: Path, tmp_path: Path) -> None:
    monkeypatch.setenv("MOTIONCAST_MODELS", str(model.parent))
    monkeypatch.setenv("MOTIONCAST_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert ensure_moderation_model(load_settings()) == model
    assert ensure_models(load_settings()) == model.parent


def test_importing_motioncast_or_the_package_loads_no_network_or_signing_library() -> None:
    script = (
        "import sys, motioncast, motioncast.safety; print(sorted({'onnxruntime', 'c2pa', 'cv2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
