"""The scene without the performer: masked temporal median over a few frames of each shot, holes inpainted."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

import cv2
import numpy as np

from motioncast.arrays import Bools, Float64, Image
from motioncast.engines.puppet.background import inpaint
from motioncast.engines.puppet.mirror_fill import mirror_fill
from motioncast.engines.puppet.scene.captions import Captions, find_captions
from motioncast.engines.puppet.scene.occluder import occluder_mask, occluding_edge
from motioncast.engines.puppet.scene.overlay import screen_graphics
from motioncast.engines.puppet.scene.performer import PerformerRegion
from motioncast.engines.puppet.scene.plate_sampler import PlateSampler
from motioncast.engines.puppet.scene.temporal_median import masked_median
from motioncast.engines.puppet.scene.window import Window
from motioncast.media.geometry import fit, fit_affine
from motioncast.perception.camera import CameraMotion
from motioncast.perception.landmarks import PerformanceTrack

MAX_CANVAS = 2.2  #: a plate holds at most this many times the pixels of a frame
PLATES_KEPT = 3
_GLOW = 5  #: px: writing blends into what is beside it
REFLECTED = 0.05  #: of the long side: depth of the rim of a hole
PERSON = 25  #: of 255: more than this may be performer


@dataclass(frozen=True)
class PlateView:
    """The clean plate as one frame's camera sees it, in one window of the frame."""

    rgb: Image  #: (H, W, 3) at output size
    known: Image  #: (h, w) uint8 on the window's grid, 255 where the scene was seen, 0 where it was invented
    grain: float  #: standard deviation of the clip's noise, levels


@dataclass(frozen=True)
class CleanPlate:
    """One shot's scene. Its canvas is the first frame of the shot, enlarged to all that a moving camera showed."""

    rgb: Image  #: (Hc, Wc, 3)
    known: Image  #: (Hc, Wc) uint8, 255 where the scene was seen, 0 where it was invented
    to_reference: Float64  #: (3, 3) plate px -> output px of the first frame of the shot
    grain: float  #: levels
    occluder: Float64 | None  #: (2,) slope and height of the edge y = slope x + height, output px of that first frame
    captions: Captions | None  #: changing writing on the screen

    def seen_from(self, motion: Float64, window: Window) -> PlateView:
        """motion: (3, 3) output px of the shot's first frame -> output px of the wanted frame."""
        rows, columns = window.px
        warp = motion @ self.to_reference
        grid = _onto_grid(window) @ warp
        known = cv2.warpPerspective(self.known, grid, window.work_size, flags=cv2.INTER_NEAREST).astype(np.uint8)
        if np.array_equal(warp, np.eye(3)):
            return PlateView(self.rgb[rows, columns], known, self.grain)
        shift = np.array([[1.0, 0, -columns.start], [0, 1, -rows.start], [0, 0, 1]])
        rgb = cv2.warpPerspective(
            self.rgb, shift @ warp, window.size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return PlateView(rgb.astype(np.uint8, copy=False), known, self.grain)


def _onto_grid(window: Window) -> Float64:
    """(3, 3) output px -> px of the window's grid."""
    rows, columns = window.px
    kx, ky = (small / large for small, large in zip(window.work_size, window.size, strict=True))
    return np.array(
        [
            [kx, 0, kx * (0.5 - columns.start) - 0.5],
            [0, ky, ky * (0.5 - rows.start) - 0.5],
            [0, 0, 1],
        ]
    )


class ScenePlates:
    """The plates of a clip, built when a shot is first asked for. Safe to ask from several threads."""

    def __init__(
        self, sampler: PlateSampler, track: PerformanceTrack, camera: CameraMotion, region: PerformerRegion,
        size: tuple[int, int],
    ) -> None:  # fmt: skip
        """size: (W, H) of the output; `region` must be of the same track and size."""
        self._sampler, self._track, self._camera = sampler, track, camera
        self._region, self._size = region, size
        self._to_output = np.vstack([fit_affine((track.width, track.height), size), [0.0, 0.0, 1.0]])
        self._plates: OrderedDict[int, CleanPlate] = OrderedDict()
        self._lock = threading.Lock()

    def at(self, index: int, window: Window) -> PlateView:
        """The plate as seen in `window` of frame `index`."""
        return self.of_shot(self._camera.shot(index)).seen_from(self._motion(index), window)

    def occluder(self, index: int) -> Image | None:
        """(H, W) uint8, 255 where frame `index` stays in front of the character; None: nowhere."""
        edge = self.of_shot(self._camera.shot(index)).occluder
        return None if edge is None else occluder_mask(edge, self._motion(index), self._size)

    def captions(self, index: int) -> Captions | None:
        """The changing writing on the screen around frame `index`."""
        return self.of_shot(self._camera.shot(index)).captions

    def _motion(self, index: int) -> Float64:
        return self._camera.on_canvas(index, self._to_output)

    def of_shot(self, shot: int) -> CleanPlate:
        """The plate of a shot; the last few stay in memory."""
        with self._lock:
            if shot not in self._plates:
                self._plates[shot] = self._build(shot)
                while len(self._plates) > PLATES_KEPT:
                    self._plates.popitem(last=False)
            self._plates.move_to_end(shot)
            return self._plates[shot]

    def _build(self, shot: int) -> CleanPlate:
        samples = self._sampler.samples(shot)
        motions = {t: self._camera.on_canvas(t, self._to_output) for t in samples}
        edge = None
        if self._track.body_visibility[list(samples)][:, 25:33].mean() < 0.4:
            edge = occluding_edge(samples, motions, self._region, self._size)
        return build_plate(samples, motions, self._region, self._size, occluder=edge)


def build_plate(
    samples: dict[int, Image],
    motions: dict[int, Float64],
    region: PerformerRegion,
    size: tuple[int, int],
    *,
    occluder: Float64 | None = None,
) -> CleanPlate:
    """The plate of one shot from its sampled frames.

    samples: frame index -> (H, W, 3); motions: frame index -> (3, 3) output px of the shot's first frame -> output
    px of that frame; size: (W, H) of the output; occluder: see `CleanPlate`.
    """
    to_reference, canvas = _canvas(list(motions.values()), size)
    overlay = screen_graphics(samples, motions, size)
    frames = {t: fit(image, size) for t, image in samples.items()}
    persons = {t: region.soft_around(t, 1) for t in samples}
    captions = find_captions(frames, {t: cv2.resize(soft, size) > PERSON for t, soft in persons.items()})
    trust = {t: _trust(persons[t], overlay, size) for t in samples}
    if captions is not None:
        for t, levels in trust.items():
            written = cv2.dilate(captions.alpha(frames[t]), np.ones((_GLOW, _GLOW), np.uint8))
            levels[captions.rows][written > 0] = 0
    warps = {t: np.linalg.inv(to_reference) @ np.linalg.inv(motions[t]) for t in samples}
    rgb, known = masked_median(frames, trust, warps, canvas)
    grain = _grain(next(iter(frames.values())), rgb, known) if canvas == size else 0.0
    # the rim of a hole is where the mask was least sure
    hole = cv2.dilate((~known).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if overlay is not None:
        first = next(iter(samples))
        graphics = cv2.warpPerspective(cv2.resize(overlay, size), warps[first], canvas) > 127
        rgb = _blurred_over(rgb, hole, graphics)
        hole &= ~graphics
    if hole.any():
        rgb = _filled(rgb, hole)
    return CleanPlate(rgb, (known * 255).astype(np.uint8), to_reference, grain, occluder, captions)


def _filled(rgb: Image, hole: Bools) -> Image:
    """The hole filled by what lies across its border near the border, by patches from elsewhere deep inside.

    What shows beside the character is the rim: there, what is copied from afar puts a second poster onto the wall.
    """
    patched = inpaint(_bled(rgb, ~hole), hole)
    fade = REFLECTED * max(hole.shape)
    depth = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
    reflected = mirror_fill(rgb, hole, ~hole, fade_px=4 * fade, smooth_px=0.3 * fade)
    share = np.exp(-((depth / fade) ** 4))[..., None]
    mixed = (reflected * share + patched * (1 - share) + 0.5).astype(np.uint8)
    return np.where(hole[..., None], mixed, rgb)


def _blurred_over(rgb: Image, hole: Bools, graphics: Bools) -> Image:
    """Plain colour where screen graphics left a hole (frames show them anyway): nothing may copy their letters."""
    height, width = hole.shape
    small = (max(8, width // 8), max(8, height // 8))
    weight = cv2.resize((~hole).astype(np.float32), small, interpolation=cv2.INTER_AREA)
    values = cv2.resize(rgb * (~hole)[..., None].astype(np.float32), small, interpolation=cv2.INTER_AREA)
    spread = cv2.GaussianBlur(values, (0, 0), 8) / (cv2.GaussianBlur(weight, (0, 0), 8) + 1e-3)[..., None]
    plain = cv2.resize(spread, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where((hole & graphics)[..., None], np.clip(plain, 0, 255), rgb).astype(np.uint8)


def _bled(rgb: Image, known: Bools) -> Image:
    """`rgb` with the colours around each hole carried over its rim, where inpainting fades from old to new."""
    weight = cv2.GaussianBlur(known.astype(np.float32), (0, 0), 3)
    spread = cv2.GaussianBlur(rgb * known[..., None].astype(np.float32), (0, 0), 3)
    return np.where(known[..., None], rgb, spread / np.maximum(weight, 1e-3)[..., None]).astype(np.uint8)


def _canvas(motions: list[Float64], size: tuple[int, int]) -> tuple[Float64, tuple[int, int]]:
    """Plate px -> output px of the first frame, and the plate's (W, H): room for all views, finer if they zoom in."""
    width, height = size
    corners = np.array([[0, 0, 1], [width - 1, 0, 1], [0, height - 1, 1], [width - 1, height - 1, 1]], float).T
    views = np.array([np.linalg.inv(m) @ corners for m in motions])
    xy = views[:, :2] / views[:, 2:]
    if np.abs(xy - corners[:2]).max() < 1e-6:
        return np.eye(3), size
    low = np.minimum(np.floor(xy.min(axis=(0, 2))), 0)
    high = np.maximum(np.ceil(xy.max(axis=(0, 2))), [width - 1, height - 1])
    middle, half = (low + high) / 2, (high - low + 1) / 2
    # a long pan keeps the middle of what it saw
    half = np.minimum(half, np.sqrt(MAX_CANVAS) * np.array(size) / 2 * 1.2)
    low, span = middle - half, 2 * half
    area = float(np.prod(span)) / (width * height)
    zoom = float(np.median(np.sqrt(np.abs([np.linalg.det(m[:2, :2]) for m in motions]))))
    scale = min(max(zoom, 1.0), np.sqrt(MAX_CANVAS / area))
    canvas = (max(16, round(span[0] * scale)), max(16, round(span[1] * scale)))
    return np.array([[1 / scale, 0, low[0]], [0, 1 / scale, low[1]], [0, 0, 1]]), canvas


def _trust(soft: Image, overlay: Image | None, size: tuple[int, int]) -> Image:
    """(H, W) uint8: 0 = performer or overlay, 1 = close to the performer, 2 = surely scene."""
    taken = (soft > PERSON).astype(np.uint8)
    if overlay is not None:
        taken |= (cv2.resize(overlay, soft.shape[::-1]) > 127).astype(np.uint8)
    close = cv2.dilate(taken, np.ones((5, 5), np.uint8))
    near = cv2.dilate(close, np.ones((21, 21), np.uint8))
    return cv2.resize((2 - near - close).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(np.uint8)


def _grain(frame: Image, plate: Image, known: Bools) -> float:
    """Noise of a frame against the (nearly noise-free) plate, levels, from the median absolute difference of green.

    Half a level of rounding on both sides is taken off: clean and heavily compressed clips have no grain.
    """
    difference = np.abs(frame[..., 1].astype(np.int16) - plate[..., 1])[known]
    return float(min(1.4826 * max(np.median(difference) - 1, 0), 4.0)) if difference.size else 0.0
