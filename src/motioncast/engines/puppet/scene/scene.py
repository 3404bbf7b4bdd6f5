"""The performer's surroundings in replace mode: gathered while the clip is read once, then ready to stand in."""

from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numba import njit

from motioncast.arrays import Float32, Float64, Image
from motioncast.engines.puppet.canvas import Canvas
from motioncast.engines.puppet.scene.clean_plate import ScenePlates
from motioncast.engines.puppet.scene.light_wrap import wrap_light
from motioncast.engines.puppet.scene.performer import PerformerRegion, Waist
from motioncast.engines.puppet.scene.plate_sampler import PlateSampler
from motioncast.engines.puppet.scene.presence import presence
from motioncast.engines.puppet.scene.relight import GAMMA, LightMeter, Relight, fit_relight, ring_around
from motioncast.engines.puppet.scene.removal import PerformerRemover
from motioncast.engines.puppet.scene.shadow import DARKNESS, Sole, draw_shadow
from motioncast.engines.puppet.scene.window import box_of
from motioncast.perception.camera import CameraEstimator
from motioncast.perception.landmarks import PerformanceTrack
from motioncast.perception.matting import Matte

_VISIBLE_GAIN = 0.015  #: a smaller change of light is not worth a pass over the picture


class Figure(Protocol):
    """What stands in the scene."""

    def draw(self, canvas: Canvas, index: int, frame: Image | None) -> None:
        """Draw the character of frame `index` over the canvas; `frame` (h, w, 3) is the driving frame."""

    def soles(self, index: int) -> tuple[tuple[Sole, ...], float]:
        """The feet on the floor and the radius of the shank, canvas px; no feet where none are seen."""

    def waist(self, index: int) -> Waist | None:
        """Where the character ends above the performer's own legs; None where the performer leaves entirely."""


class SceneObserver:
    """Fed every driving frame once, in order, at output size."""

    def __init__(self, track: PerformanceTrack) -> None:
        """track: in px of the frames that will be added."""
        self._track, self._size = track, (track.width, track.height)
        self._camera = CameraEstimator(self._size)
        self._plates, self._light = PlateSampler(), LightMeter()
        self._region = PerformerRegion(track, self._size)
        self._sample: tuple[float, int, Image] = (-1.0, 0, np.zeros((1, 1, 3), np.uint8))

    def add(self, index: int, frame: Image) -> None:
        """Frame `index` (H, W, 3)."""
        cut = index in self._track.cuts
        mask = self._region.plain(index)
        small = np.asarray(cv2.resize(frame, self._region.work_size, interpolation=cv2.INTER_AREA), np.uint8)
        self._camera.add(index, small, mask, cut=cut)
        self._plates.add(index, frame, cut=cut)
        self._light.add(small, mask, cut=cut)
        area = float((mask > 200).mean())
        # the frame that shows most of the performer tells best how the scene lights a person
        if area > self._sample[0] + 0.02:
            self._sample = (area, index, frame)

    def relight(self, image: Image, matte: Matte) -> Relight:
        """How to colour the reference image (H, W, 3) so that it looks lit by this scene."""
        _, index, frame = self._sample
        size = self._size
        mask = cv2.resize(self._region.plain(index), size, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
        return fit_relight(image, matte.alpha, frame, ring_around(mask), mask > 200)

    def finish(self) -> "Scene":
        """The scene, once all frames were added."""
        plates = ScenePlates(self._plates, self._track, self._camera.finish(), self._region, self._size)
        remover = PerformerRemover(self._region, plates)
        return Scene(plates, remover, self._light.gains(self._track.rate), presence(self._track))


@dataclass(frozen=True)
class Scene:
    """Composes output frames; every call is a pure function of its arguments."""

    plates: ScenePlates
    remover: PerformerRemover
    light: Float64  #: (N, 3) gain of the character in linear light
    presence: Float32  #: (N,) 0..1, how much of the character shows

    def compose(self, figure: Figure, index: int, frame: Image) -> Image:
        """Driving frame `index` (H, W, 3) with the character in the performer's place."""
        image = self._without_captions(figure, index, frame)
        captions = self.plates.captions(index)
        if captions is not None:
            _show_again(image[captions.rows], frame[captions.rows], captions.alpha(frame))
        return image

    def _without_captions(self, figure: Figure, index: int, frame: Image) -> Image:
        base = self.remover.remove(frame, index, figure.waist(index))
        shown = float(self.presence[index])
        if shown == 0:
            return base
        soles, thickness = figure.soles(index)
        if soles:
            draw_shadow(base, soles, thickness, darkness=DARKNESS * shown)
        canvas = Canvas(base.copy())
        figure.draw(canvas, index, frame)
        drawn = box_of(canvas.coverage)
        if drawn is None:
            return base
        image, behind, coverage = canvas.rgb[drawn], base[drawn], canvas.coverage[drawn]
        _light(image, coverage, self.light[index])
        wrap_light(canvas.rgb, base, canvas.coverage)
        if shown < 1:
            _show_again(image, behind, np.full(coverage.shape, round(255 * (1 - shown)), np.uint8))
        front = self.plates.occluder(index)
        if front is not None:
            _show_again(image, behind, front[drawn])
        return canvas.rgb


def _light(image: Image, coverage: Image, gain: Float64) -> None:
    """Brighten or tint the character by `gain` (3,) in linear light, in place."""
    if np.abs(gain - 1).max() < _VISIBLE_GAIN:
        return
    curve = np.arange(256)[:, None] * gain ** (1 / GAMMA)
    _look_up(image, coverage, np.clip(curve + 0.5, 0, 255).astype(np.uint8))


@njit(nogil=True, cache=True)
def _look_up(image: Any, coverage: Any, table: Any) -> None:
    """image (H, W, 3) through `table` (256, 3) where covered, in place."""
    for y in range(coverage.shape[0]):
        for x in range(coverage.shape[1]):
            if coverage[y, x] > 127:
                for c in range(3):
                    image[y, x, c] = table[image[y, x, c], c]


@njit(nogil=True, cache=True)
def _show_again(image: Any, behind: Any, share: Any) -> None:
    """Mix `behind` (H, W, 3) into `image`, in place, by `share` (H, W) uint8."""
    for y in range(share.shape[0]):
        for x in range(share.shape[1]):
            s = np.int32(share[y, x])
            if s == 0:
                continue
            for c in range(3):
                v = np.int32(image[y, x, c])
                image[y, x, c] = v + ((np.int32(behind[y, x, c]) - v) * s + 127) // 255
