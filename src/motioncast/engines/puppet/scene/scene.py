"""The performer's surroundings in replace mode: gathered while the clip is read once, then ready to stand in."""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from motioncast.arrays import Float64, Image
from motioncast.engines.puppet.canvas import Canvas
from motioncast.engines.puppet.scene.clean_plate import PlateSampler, ScenePlates
from motioncast.engines.puppet.scene.light_wrap import wrap_light
from motioncast.engines.puppet.scene.performer import PerformerRegion
from motioncast.engines.puppet.scene.relight import GAMMA, LightMeter, Relight, fit_relight, ring_around
from motioncast.engines.puppet.scene.removal import PerformerRemover
from motioncast.engines.puppet.scene.shadow import Sole, draw_shadow
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
        self._camera.add(index, frame, mask, cut=cut)
        self._plates.add(index, frame, cut=cut)
        self._light.add(frame, mask, cut=cut)
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
        return Scene(plates, PerformerRemover(self._region), self._light.gains(self._track.rate))


@dataclass(frozen=True)
class Scene:
    """Composes output frames; every call is a pure function of its arguments."""

    plates: ScenePlates
    remover: PerformerRemover
    light: Float64  #: (N, 3) gain of the character in linear light

    def compose(self, figure: Figure, index: int, frame: Image) -> Image:
        """Driving frame `index` (H, W, 3) with the character in the performer's place."""
        plate = self.plates.at(index)
        base = self.remover.remove(frame, index, plate).rgb
        soles, thickness = figure.soles(index)
        if soles:
            draw_shadow(base, soles, thickness)
        canvas = Canvas(base.copy())
        figure.draw(canvas, index, frame)
        _light(canvas, self.light[index])
        wrap_light(canvas.rgb, base, canvas.coverage)
        if plate.occluder_alpha is not None:
            front = plate.occluder_alpha[..., None]
            return (canvas.rgb * (1 - front) + base * front + 0.5).astype(np.uint8)
        return canvas.rgb


def _light(canvas: Canvas, gain: Float64) -> None:
    """Brighten or tint the character by `gain` (3,) in linear light, in place."""
    if np.abs(gain - 1).max() < _VISIBLE_GAIN:
        return
    curve = np.arange(256)[:, None] * gain ** (1 / GAMMA)
    lit = cv2.LUT(canvas.rgb, np.clip(curve + 0.5, 0, 255).astype(np.uint8)[None])
    cv2.copyTo(lit, (canvas.coverage > 127).astype(np.uint8), canvas.rgb)
