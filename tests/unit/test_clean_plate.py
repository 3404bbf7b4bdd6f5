"""The scene without its performer, on synthetic clips whose true background is known."""

import cv2
import numpy as np
import pytest

from motioncast.engines.puppet.scene.clean_plate import ScenePlates
from motioncast.engines.puppet.scene.performer import PerformerRegion
from motioncast.engines.puppet.scene.plate_sampler import CLIP_SAMPLES, SHOT_SAMPLES, PlateSampler
from motioncast.engines.puppet.scene.removal import PerformerRemover
from motioncast.engines.puppet.scene.window import Window
from motioncast.perception.camera import CameraEstimator
from motioncast.perception.landmarks import PerformanceTrack, PersonMasks

SIZE = (416, 240)
WHOLE = Window((slice(0, 240), slice(0, 416)), (slice(0, 240), slice(0, 416)))
SUIT = np.array([210, 30, 40], np.uint8)


def backdrop(seed: int = 1, size: tuple[int, int] = (700, 240)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = rng.integers(60, 190, (size[1] // 20, size[0] // 20, 3), np.uint8)
    return cv2.GaussianBlur(cv2.resize(small, size, interpolation=cv2.INTER_NEAREST), (0, 0), 4)


class Clip:
    """Frames of a man in red on a backdrop, with the track a tracker would make of them."""

    def __init__(
        self, length: int = 40, step: float = 7, pan: float = 0, cut: int | None = None, desk: bool = False
    ) -> None:
        self.frames: list[np.ndarray] = []
        self.scenes: list[np.ndarray] = []
        packed = []
        self.cuts = () if cut is None else (cut,)
        for t in range(length):
            scene = backdrop(2 if cut is not None and t >= cut else 1)
            shift = round(pan * t)
            here = scene[:, shift : shift + SIZE[0]].copy()
            if desk:
                here[205:] = 230
            body = np.zeros(SIZE[::-1], np.uint8)
            x = round(40 + step * (t % 40))
            cv2.rectangle(body, (x, 50), (x + 60, 239 if desk else 200), 255, -1)
            frame = here.copy()
            visible = body > 0
            if desk:
                visible[205:] = False
            frame[visible] = SUIT
            self.scenes.append(here)
            self.frames.append(frame)
            packed.append(PersonMasks.pack(cv2.resize(body, (256, 256), interpolation=cv2.INTER_AREA)))
        self.track = track(packed, self.cuts)

    def plates(self) -> tuple[ScenePlates, PerformerRemover]:
        sampler, estimator = PlateSampler(), CameraEstimator(SIZE)
        for t, frame in enumerate(self.frames):
            mask = self.track.masks.frame(t, SIZE)
            sampler.add(t, frame, cut=t in self.cuts)
            estimator.add(t, frame, mask, cut=t in self.cuts)
        region = PerformerRegion(self.track, SIZE)
        plates = ScenePlates(sampler, self.track, estimator.finish(), region, SIZE)
        return plates, PerformerRemover(region, plates)


def track(packed: list[bytes], cuts: tuple[int, ...]) -> PerformanceTrack:
    n = len(packed)
    to_px = np.array([[SIZE[0] / 256, 0, 0.3], [0, SIZE[1] / 256, 0]], np.float32)
    none = np.zeros(n, bool)
    return PerformanceTrack(
        width=SIZE[0], height=SIZE[1], rate=25.0,
        body_px=np.zeros((n, 33, 3), np.float32), body_visibility=np.zeros((n, 33), np.float32),
        body_world_m=np.zeros((n, 33, 3), np.float32), body_valid=none,
        face_px=np.zeros((n, 478, 3), np.float32), face_valid=none,
        left_hand_px=np.zeros((n, 21, 3), np.float32), left_hand_valid=none,
        right_hand_px=np.zeros((n, 21, 3), np.float32), right_hand_valid=none,
        masks=PersonMasks(tuple(packed), np.repeat(to_px[None], n, axis=0)), cuts=cuts,
    )  # fmt: skip


def error(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.percentile(np.abs(a.astype(int) - b).max(axis=2), 99))


def redness(rgb: np.ndarray) -> int:
    return int(((rgb[..., 0].astype(int) - rgb[..., 1] > 110) & (rgb[..., 1] < 70)).sum())


def test_a_passing_performer_leaves_no_trace() -> None:
    clip = Clip()
    plates, remover = clip.plates()
    for t in (0, 20, 39):
        out = remover.remove(clip.frames[t], t)
        assert redness(clip.frames[t]) > 5000
        assert redness(out) == 0
        assert error(out, clip.scenes[t]) < 14
        assert plates.occluder(t) is None


def test_the_frame_is_untouched_away_from_the_performer() -> None:
    clip = Clip()
    _, remover = clip.plates()
    out = remover.remove(clip.frames[0], 0)
    assert np.array_equal(out[:, 250:], clip.frames[0][:, 250:])


def test_fingers_that_the_mask_missed_are_removed_too() -> None:
    clip = Clip()
    _, remover = clip.plates()
    frame = clip.frames[10].copy()
    frame[100:106, 170:186] = SUIT  # sticks out of the body, which ends at x = 170
    assert redness(remover.remove(frame, 10)) == 0


def test_a_missing_mask_is_borrowed_from_its_neighbours() -> None:
    clip = Clip(step=1)
    masks = clip.track.masks
    holes = tuple(b"" if t in (10, 11, 12) else blob for t, blob in enumerate(masks.packed))
    clip.track = track(list(holes), ())
    _, remover = clip.plates()
    assert redness(remover.remove(clip.frames[11], 11)) == 0


def test_exposure_drift_leaves_no_seam() -> None:
    clip = Clip()
    _, remover = clip.plates()
    brighter = np.clip(clip.frames[20].astype(int) + 15, 0, 255).astype(np.uint8)
    out = remover.remove(brighter, 20)
    assert error(out, clip.scenes[20].astype(int) + 15) < 16


def test_a_panning_camera_shares_one_plate() -> None:
    clip = Clip(pan=4)
    plates, remover = clip.plates()
    assert plates.of_shot(0).rgb.shape[1] > SIZE[0] + 100
    for t in (0, 20, 39):
        out = remover.remove(clip.frames[t], t)
        assert redness(out) == 0
        assert error(out, clip.scenes[t]) < 30


def test_every_shot_has_its_own_plate() -> None:
    clip = Clip(length=80, cut=40)
    plates, _ = clip.plates()
    assert error(plates.at(20, WHOLE).rgb, clip.scenes[20]) < 14
    assert error(plates.at(60, WHOLE).rgb, clip.scenes[60]) < 14


def test_a_performer_who_never_moves_is_painted_over() -> None:
    clip = Clip(step=0)
    plates, remover = clip.plates()
    assert (plates.at(20, WHOLE).known == 0).mean() > 0.1
    assert redness(remover.remove(clip.frames[20], 20)) == 0


def test_a_desk_stays_in_front() -> None:
    clip = Clip(step=1, desk=True)
    plates, _ = clip.plates()
    alpha = plates.occluder(20)
    assert alpha is not None
    assert (alpha[:198] == 0).all()
    assert (alpha[212:] == 255).all()


def test_the_same_clip_gives_the_same_plate() -> None:
    clip = Clip(pan=3)
    assert np.array_equal(clip.plates()[0].at(13, WHOLE).rgb, clip.plates()[0].at(13, WHOLE).rgb)


@pytest.mark.parametrize("shots", [1, 60])
def test_memory_does_not_grow_with_the_clip(shots: int) -> None:
    sampler = PlateSampler()
    frame = np.zeros((24, 32, 3), np.uint8)
    for t in range(3000):
        sampler.add(t, frame, cut=t % (3000 // shots) == 0)
    counts = [len(sampler.samples(shot)) for shot in range(shots)]
    assert sum(counts) <= CLIP_SAMPLES
    assert min(counts) >= 1
    if shots == 1:
        kept = np.array(list(sampler.samples(0)))
        assert SHOT_SAMPLES / 2 <= len(kept) <= SHOT_SAMPLES
        assert len(set(np.diff(kept))) == 1
        assert kept[-1] > 2700


def test_an_edge_of_the_scene_a_few_pixels_off_its_plate_is_not_the_performer() -> None:
    clip = Clip()
    for picture in (*clip.frames, *clip.scenes):
        scene = (picture != SUIT).any(axis=2)
        scene[:, :183] = scene[:, 190:] = False
        picture[scene] = 20
    _, remover = clip.plates()
    frame = clip.frames[10].copy()  # the performer ends at x = 170
    frame[:, 176:230] = np.roll(frame[:, 176:230], 3, axis=1)  # the camera trembled, unnoticed
    out = remover.remove(frame, 10)
    beside = np.s_[80:150, 184:200]
    assert np.abs(out[beside].astype(int) - frame[beside]).max() <= 1
