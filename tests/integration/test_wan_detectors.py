"""Detectors that may stand in for our perception: tiny networks in the real formats, run by the real libraries."""

import gc
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motioncast.arrays import Image
from motioncast.engines.wan.detectors.detector import detect_clip, masks_of_clip, pack_mask, performer_box
from motioncast.engines.wan.detectors.person_prompts import body_prompts, key_frames
from motioncast.engines.wan.detectors.rtmlib_pose import RtmlibWholeBody
from motioncast.errors import InputError
from motioncast.perception.landmarks import PerformanceTrack, PersonMasks
from motioncast.perception.skeleton import Body

WIDTH, HEIGHT = 320, 240
RED, GREEN, BLUE = 0, 1, 2
WANTED = "the wan extra: make install-wan"
#: where the tiny detectors have two people: both 60 x 180 px of a frame that is their input's size
LEFT_BOX, RIGHT_BOX = (40, 30, 100, 210), (200, 30, 280, 230)
BOXES = np.array([LEFT_BOX, RIGHT_BOX], np.float32)


def _track(
    centres: list[tuple[float, float]], height: float = 160, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> PerformanceTrack:
    """A performer who stands upright, `height` px from ears to toes, around `centres`; their face and hands unseen."""
    frames = len(centres)
    shape = np.zeros((33, 2), np.float32)
    shape[:, 1] = np.linspace(-0.5, 0.5, 33)
    shape[::2, 0], shape[1::2, 0] = -0.12, 0.12
    body = np.zeros((frames, 33, 3), np.float32)
    body[..., :2] = np.array(centres, np.float32)[:, None] + shape * height
    none = np.zeros((frames, 21, 3), np.float32)
    no, yes = np.zeros(frames, bool), np.ones(frames, bool)
    return PerformanceTrack(
        width=size[0], height=size[1], rate=25.0, body_px=body, body_visibility=np.ones((frames, 33), np.float32),
        body_world_m=body / 100, body_valid=yes, face_px=np.zeros((frames, 478, 3), np.float32), face_valid=no,
        left_hand_px=none, left_hand_valid=no, right_hand_px=none, right_hand_valid=no,
        masks=PersonMasks((b"",) * frames, np.zeros((frames, 2, 3), np.float32)),
    )  # fmt: skip


def _spots(*spots: tuple[int, float, float], size: tuple[int, int] = (WIDTH, HEIGHT)) -> Image:
    """A black frame with soft spots (channel of RGB, x, y)."""
    y, x = np.mgrid[: size[1], : size[0]]
    frame = np.zeros((size[1], size[0], 3), np.uint8)
    for channel, spot_x, spot_y in spots:
        bright = 255 * np.exp(-((x - spot_x) ** 2 + (y - spot_y) ** 2) / (2 * 8**2))
        frame[..., channel] = np.maximum(frame[..., channel], bright.round())
    return frame


@pytest.fixture(scope="module")
def nets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Weights files: two pose networks and three detectors of `BOXES`, with a chair over everything."""
    pytest.importorskip("rtmlib", reason=WANTED)
    pytest.importorskip("onnx", reason="the dev extra: make test")
    from tests import tiny_detectors as tiny

    folder = tmp_path_factory.mktemp("weights")
    boxes = np.array([*BOXES, (0, 0, 320, 320)], np.float32)
    labels = [tiny.PERSON, tiny.PERSON, tiny.CHAIR]
    return {
        "simcc": tiny.simcc_pose(folder / "rtmpose.onnx", (96, 128)),
        "heat maps": tiny.heat_map_pose(folder / "vitpose.onnx", (192, 256)),
        "body only": tiny.simcc_pose(folder / "body17.onnx", (96, 128), points=17),
        "yolox": tiny.boxes_detector(folder / "yolox.onnx", 320, boxes, labels),
        "rtmdet": tiny.boxes_detector(folder / "rtmdet.onnx", 320, boxes, labels, tiny.NORMALISED),
        "raw yolox": tiny.raw_detector(folder / "yolox_raw.onnx", 320, boxes, labels),
    }


@pytest.mark.parametrize("pose", ["simcc", "heat maps"])
@pytest.mark.parametrize("near_px", [None, (60.0, 10.0, 250.0, 230.0)])
def test_the_pose_network_sees_red_as_red(nets, pose, near_px):
    detector = RtmlibWholeBody(nets[pose])
    points, scores = detector(_spots((RED, 90, 60), (GREEN, 160, 110), (BLUE, 220, 190)), near_px)
    assert points.shape == (133, 2)
    assert points.dtype == scores.dtype == np.float32
    for channel, place in ((RED, (90, 60)), (GREEN, (160, 110)), (BLUE, (220, 190))):
        assert np.abs(points[channel::3] - place).max() < 5, channel
    assert scores.shape == (133,)
    assert scores.min() > 0
    assert scores.max() <= 1


@pytest.mark.parametrize("kind", ["yolox", "rtmdet", "raw yolox"])
def test_the_detector_sees_red_as_red(nets, kind):
    detector = RtmlibWholeBody(nets["simcc"], nets[kind])
    _, scores = detector(_spots((BLUE, 70, 120), (GREEN, 240, 120)))
    assert not scores.any(), "a network that looks for red found green or blue"
    points, scores = detector(_spots((RED, 240, 120)))
    assert scores[0] > 0.5
    assert np.abs(points[0] - (240, 120)).max() < 5


@pytest.mark.parametrize("kind", ["yolox", "raw yolox"])
def test_a_chair_is_nobody(nets, kind):
    detector = RtmlibWholeBody(nets["simcc"], nets[kind])
    assert not detector(_spots((RED, 20, 120)))[1].any(), "beside the people only the chair is"


@pytest.mark.parametrize("kind", ["yolox", "raw yolox"])
def test_the_performer_stays_the_performer_beside_a_larger_person(nets, kind):
    detector = RtmlibWholeBody(nets["simcc"], nets[kind])
    frames = [(index, _spots((RED, 70, 100 + index), (RED, 240, 120))) for index in range(6)]
    body = detect_clip(frames, _track([(70, 120 + index) for index in range(6)]), detector)
    assert np.abs(body.points_px[:, 0, 0] - 70).max() < 5
    assert np.abs(body.points_px[:, 0, 1] - 100 - np.arange(6)).max() < 5
    largest, _ = detector(frames[0][1])
    assert np.abs(largest[0, 0] - 240) < 5, "without a hint it is the largest person"


def test_a_performer_whom_the_detector_misses_is_where_we_have_them(nets):
    detector = RtmlibWholeBody(nets["simcc"], nets["yolox"])
    frame = _spots((RED, 150, 120), (RED, 240, 120))  # the detector has no box around the first
    body = detect_clip([(0, frame)], _track([(150, 120)], height=120), detector)
    assert np.abs(body.points_px[0, 0] - (150, 120)).max() < 5


def test_frames_of_another_size_than_the_detectors_input(nets):
    frame = cv2.resize(_spots((RED, 70, 120), (RED, 240, 120)), (960, 720))
    points, scores = RtmlibWholeBody(nets["simcc"], nets["yolox"])(frame, (100.0, 100.0, 320.0, 640.0))
    assert scores[0] > 0.5
    assert np.abs(points[0] - (211, 361)).max() < 15


def test_rtmlib_prints_nothing_of_its_own(nets, capsys):
    RtmlibWholeBody(nets["simcc"], nets["yolox"])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("pose", "detector", "reason"),
    [
        ("body only", None, "not the 133 points"),
        ("yolox", None, "not the 133 points"),
        ("simcc", "simcc", "not the boxes of a person detector"),
        ("simcc", "missing", "There are no weights"),
        ("damaged", None, "cannot be read"),
    ],
)
def test_wrong_weights_are_refused_in_plain_words(nets, tmp_path, pose, detector, reason):
    (tmp_path / "damaged.onnx").write_bytes(nets["simcc"].read_bytes()[:500])
    files = {**nets, "missing": tmp_path / "no.onnx", "damaged": tmp_path / "damaged.onnx"}
    with pytest.raises(InputError, match=reason):
        RtmlibWholeBody(files[pose], files[detector] if detector else None)


def test_without_rtmlib_the_user_is_told_how_to_get_it(nets, monkeypatch):
    monkeypatch.setitem(sys.modules, "rtmlib", None)
    with pytest.raises(InputError, match="pip install --no-deps rtmlib"):
        RtmlibWholeBody(nets["simcc"])


def test_a_device_that_onnxruntime_has_not_is_refused(nets):
    import onnxruntime

    with pytest.raises(InputError, match="no device tpu"):
        RtmlibWholeBody(nets["simcc"], device="tpu")
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        with pytest.raises(InputError, match="onnxruntime-gpu"):
            RtmlibWholeBody(nets["simcc"], device="cuda:0")


class _Counting:
    """Puts all points where it is told to look, and counts."""

    def __init__(self) -> None:
        self.looked = 0

    def __call__(self, frame, near_px=None):
        self.looked += 1
        return np.full((133, 2), near_px[0], np.float32), np.full(133, 0.8, np.float32)


def test_repeated_frames_are_looked_at_once():
    first, second = _spots((RED, 50, 50)), _spots((RED, 60, 50))
    frames = [(0, first), (1, first), (2, first.copy()), (3, second), (4, second), (5, first)]
    detector = _Counting()
    body = detect_clip(frames, _track([(100, 120)] * 6), detector)
    assert detector.looked == 3
    assert body.points_px.shape == (6, 133, 2)
    assert body.scores.shape == (6, 133)
    assert (body.width, body.height) == (WIDTH, HEIGHT)
    assert (body.scores == np.float32(0.8)).all()


def test_nobody_is_looked_for_where_the_performer_is_lost():
    valid = np.array([True, False, True])
    track = replace(_track([(100, 120)] * 3), body_valid=valid)
    detector = _Counting()
    body = detect_clip(((i, _spots((RED, 50 + i, 50))) for i in range(3)), track, detector)
    assert detector.looked == 2
    assert (body.scores.max(axis=1) > 0).tolist() == valid.tolist()
    assert np.isfinite(body.points_px).all()


def test_frames_off_the_canvas_of_the_track_are_refused():
    with pytest.raises(ValueError, match="track"):
        detect_clip([(0, _spots(size=(64, 48)))], _track([(100, 120)]), _Counting())


def test_the_performers_box_holds_what_is_seen_and_stays_on_the_canvas():
    track = _track([(100, 120), (100, 230), (100, 900)])
    left, top, right, bottom = performer_box(track, 0)
    points = track.body_px[0, :, :2]
    assert (points > (left, top)).all()
    assert (points < (right, bottom)).all()
    assert right - left < 80
    assert bottom - top < 200
    assert performer_box(track, 1)[3] == HEIGHT
    assert performer_box(track, 2) is None, "outside the picture"
    hand = np.full((3, 21, 3), 200, np.float32)
    with_hand = replace(track, left_hand_px=hand, left_hand_valid=np.ones(3, bool))
    assert performer_box(with_hand, 0)[2] >= 200
    hidden = replace(track, body_visibility=np.zeros((3, 33), np.float32))
    assert performer_box(hidden, 0) is None


@given(
    centre=st.tuples(st.integers(-20, 340), st.integers(-20, 260)),
    axes=st.tuples(st.integers(12, 150), st.integers(12, 150)),
    angle=st.integers(0, 180),
)
def test_packed_masks_come_back_where_they_were(centre, axes, angle):
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(mask, centre, axes, angle, 0, 360, 255, -1)
    packed, to_px = pack_mask(mask)
    back = PersonMasks((packed,), to_px[None]).frame(0, (WIDTH, HEIGHT))
    if not mask.any():
        assert packed == b""
        assert not back.any()
        return
    inside = cv2.erode(mask, np.ones((5, 5), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=255) > 0
    outside = cv2.dilate(mask, np.ones((5, 5), np.uint8)) == 0
    assert (back[inside] > 250).all(), "also at the border of the frame"
    assert (back[outside] < 5).all()


@pytest.mark.parametrize("box", [(100, 60, 1100, 700), (600, 300, 640, 340)])
def test_packed_masks_are_not_shifted(box):
    left, top, right, bottom = box
    mask = np.zeros((720, 1280), np.uint8)
    mask[top:bottom, left:right] = 255
    packed, to_px = pack_mask(mask)
    back = PersonMasks((packed,), to_px[None]).frame(0, (1280, 720)) / 255
    y, x = np.mgrid[:720, :1280]
    middle = (back * x).sum() / back.sum(), (back * y).sum() / back.sum()
    assert np.allclose(middle, ((left + right - 1) / 2, (top + bottom - 1) / 2), atol=0.1)


def test_key_frames_are_few_even_and_only_where_the_performer_is_seen():
    track = _track([(100, 120)] * 100)
    valid = np.ones(100, bool)
    valid[:40] = False
    track = replace(track, body_valid=valid)
    keys = key_frames(track, range(100))
    assert list(keys) == [40, 60, 79, 99]
    for points in keys.values():
        assert points.shape == (8, 2)
    assert list(key_frames(track, range(38, 42))) == [40, 41]
    assert key_frames(track, range(40)) == {}


def test_prompts_are_visible_points_on_the_canvas():
    track = _track([(100, 200)])
    points = body_prompts(track, 0)
    assert 2 <= len(points) < 8, "the knees are below the frame"
    assert (points[:, 1] < HEIGHT).all()
    assert track.body_px[0, Body.LEFT_KNEE, 1] > HEIGHT
    visibility = track.body_visibility.copy()
    visibility[0, Body.NOSE] = 0.2
    assert len(body_prompts(replace(track, body_visibility=visibility), 0)) == len(points) - 1
    assert len(body_prompts(replace(track, body_visibility=visibility * 0), 0)) == 0


SIDE = 64


@pytest.fixture(scope="module")
def sam2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny SAM 2."""
    pytest.importorskip("torch", reason=WANTED)
    pytest.importorskip("transformers", reason=WANTED)
    pytest.importorskip("onnx", reason="the dev extra: make test")
    from tests.tiny_detectors import tiny_sam2

    return tiny_sam2(tmp_path_factory.mktemp("sam2"), SIDE)


def _noise(count: int, size: tuple[int, int] = (SIDE, SIDE), seed: int = 0) -> list[tuple[int, Image]]:
    rng = np.random.default_rng(seed)
    shape = (count, size[1], size[0], 3)
    return list(enumerate(rng.integers(0, 256, shape, dtype=np.uint8)))


def _small_track(count: int, size: tuple[int, int] = (SIDE, SIDE), **changes) -> PerformanceTrack:
    centres = [(size[0] * (0.4 + 0.002 * index), size[1] / 2) for index in range(count)]
    return replace(_track(centres, height=0.8 * size[1], size=size), **changes)


def _masks(folder: Path, frames, track) -> np.ndarray:
    from motioncast.engines.wan.detectors.sam2_mask import Sam2Masks

    return np.array(list(Sam2Masks(folder).masks(iter(frames), track)))


def test_sam2_streams_what_transformers_makes_of_the_whole_video(sam2):
    import torch
    from transformers import Sam2VideoInferenceSession, Sam2VideoModel

    count = 24  # more than the 16 frames that the model looks back, so that what we forget would be missed
    frames, track = _noise(count), _small_track(count)
    model = Sam2VideoModel.from_pretrained(sam2).eval()
    pixels = np.stack([frame for _, frame in frames]).astype(np.float32) / 255
    pixels = (pixels - np.float32((0.485, 0.456, 0.406))) / np.float32((0.229, 0.224, 0.225))
    session = Sam2VideoInferenceSession(torch.from_numpy(pixels.transpose(0, 3, 1, 2)), SIDE, SIDE, dtype=torch.float32)
    person = session.obj_id_to_idx(1)
    for index, points in key_frames(track, range(count)).items():
        labels = torch.ones((1, 1, len(points)), dtype=torch.int32)
        session.add_point_inputs(
            person, index, {"point_coords": torch.from_numpy(points)[None, None], "point_labels": labels}
        )
        session.obj_with_new_inputs = [1]
        model(session, frame_idx=index)
    logits = [step.pred_masks for step in model.propagate_in_video_iterator(session, start_frame_idx=0)]
    wanted = torch.nn.functional.interpolate(torch.cat(logits), (SIDE, SIDE), mode="bilinear").sigmoid()[:, 0]
    ours = _masks(sam2, frames, track)
    assert ours.shape == (count, SIDE, SIDE)
    assert ours.dtype == np.uint8
    assert np.abs(ours - 255 * wanted.numpy()).max() <= 1
    assert ours.std(axis=0).max() > 10, "the masks of a noisy clip differ"


def test_sam2_forgets_only_what_it_never_looks_at_again(sam2, monkeypatch):
    from motioncast.engines.wan.detectors import sam2_mask

    monkeypatch.setattr(sam2_mask, "CHUNK_FRAMES", 20)
    frames, track = _noise(60), _small_track(60)
    forgetful = _masks(sam2, frames, track)
    monkeypatch.setattr(sam2_mask._Following, "_forget", lambda self, before: None)
    assert np.array_equal(forgetful, _masks(sam2, frames, track))


def test_sam2_remembers_from_chunk_to_chunk(sam2, monkeypatch):
    from motioncast.engines.wan.detectors import sam2_mask

    monkeypatch.setattr(sam2_mask, "CHUNK_FRAMES", 10)
    seen = np.arange(30) < 10  # prompts in the first chunk only
    track = _small_track(30, body_valid=seen)
    masks = _masks(sam2, _noise(30), track)
    assert (masks.max(axis=(1, 2)) > 127).all()
    other = [(i, frame if i >= 8 else 255 - frame) for i, frame in _noise(30)]
    assert (masks[12] != _masks(sam2, other, track)[12]).any(), "a mask follows from those before it"


def test_sam2_starts_anew_after_a_cut_and_says_nothing_before_the_performer_is_seen(sam2):
    frames, valid = _noise(30), np.ones(30, bool)
    valid[:12] = False
    track = _small_track(30, cuts=(12,), body_valid=valid)
    masks = _masks(sam2, frames, track)
    assert not masks[:12].any()
    assert masks[12:].any(axis=(1, 2)).all()
    changed = [(i, 255 - frame if i < 12 else frame) for i, frame in frames]
    both = replace(track, body_valid=np.ones(30, bool))
    assert np.array_equal(_masks(sam2, frames, both)[12:], _masks(sam2, changed, both)[12:])
    uncut = replace(both, cuts=())
    assert not np.array_equal(_masks(sam2, frames, uncut)[12:], _masks(sam2, changed, uncut)[12:])


def test_sam2_looks_where_the_performer_is(sam2):
    frames = _noise(3)
    here, there = _small_track(3), _small_track(3, body_px=_small_track(3).body_px + np.float32([20, 0, 0]))
    assert not np.array_equal(_masks(sam2, frames, here), _masks(sam2, frames, there))


def test_sam2_holds_no_more_in_a_longer_clip(sam2, monkeypatch):
    import torch

    from motioncast.engines.wan.detectors import sam2_mask

    monkeypatch.setattr(sam2_mask, "CHUNK_FRAMES", 20)
    held = []
    frames, track = _noise(160), _small_track(160)
    for index, _ in enumerate(sam2_mask.Sam2Masks(sam2).masks(iter(frames), track)):
        if index in (59, 159):
            gc.collect()
            held.append(sum(thing.nbytes for thing in gc.get_objects() if type(thing) is torch.Tensor))
    assert held[1] <= held[0] * 1.02


@pytest.mark.parametrize("size", [(64, 64), (160, 96), (90, 200)])
def test_pictures_and_points_reach_sam2_in_the_same_place_and_colour(sam2, size):
    from motioncast.engines.wan.detectors.sam2_mask import Sam2Masks, _model_picture, _model_points

    model = Sam2Masks(sam2)._model
    place = np.array([[0.3 * size[0], 0.7 * size[1]]], np.float32)
    picture = _model_picture(_spots((RED, *place[0]), size=size), model)[0].numpy()
    x, y = _model_points(place, np.zeros((size[1], size[0], 3), np.uint8), SIDE)[0].tolist()
    brightness = picture[RED] - picture[RED].min()
    rows, columns = np.mgrid[:SIDE, :SIDE]
    found = (brightness * columns).sum() / brightness.sum(), (brightness * rows).sum() / brightness.sum()
    assert np.allclose(found, (x, y), atol=0.2)
    full = _model_picture(np.full((size[1], size[0], 3), (255, 0, 0), np.uint8), model)[0].mean(dim=(1, 2))
    assert np.allclose(full, (0.515 / 0.229, -0.456 / 0.224, -0.406 / 0.225), atol=1e-4)


def test_sam2s_masks_take_the_place_of_ours_in_a_track(sam2, tmp_path):
    from motioncast.engines.wan.detectors.sam2_mask import Sam2Masks

    size = (120, 90)
    frames, track = _noise(6, size), _small_track(6, size)
    masks = masks_of_clip(frames, track, Sam2Masks(sam2))
    replace(track, masks=masks).save(tmp_path / "track.npz")
    stored = PerformanceTrack.load(tmp_path / "track.npz").masks
    for index, exact in enumerate(_masks(sam2, frames, track)):
        assert exact.shape == (90, 120)
        back = stored.frame(index, size)
        assert ((back > 127) == (exact > 127)).mean() > 0.95


def test_sam2_weights_that_do_not_fit_are_refused_in_plain_words(sam2, tmp_path):
    from safetensors.numpy import load_file, save_file

    from motioncast.engines.wan.detectors.sam2_mask import Sam2Masks

    with pytest.raises(InputError, match="cannot be read"):
        Sam2Masks(tmp_path / "nothing")
    config = (sam2 / "config.json").read_text()
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(InputError, match="bert"):
        Sam2Masks(tmp_path)
    (tmp_path / "config.json").write_text(config)
    weights = sam2 / "model.safetensors"
    (tmp_path / weights.name).write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(InputError, match="cannot be read"):
        Sam2Masks(tmp_path)
    tensors = load_file(weights)
    tensors.pop("memory_temporal_positional_encoding")
    save_file(tensors, tmp_path / weights.name, {"format": "pt"})
    with pytest.raises(InputError, match="lack 1 tensors"):
        Sam2Masks(tmp_path)
