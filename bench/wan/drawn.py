"""Drawn conditions: any number of frames of any size, the same for our loop and for diffusers' pipeline."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from motioncast.arrays import Image
from motioncast.engines.wan.conditions.condition import Condition

_BLOCK_PX, _BLOCK_FRAMES = 16, 3
_PERSON = 255
_FACE_PX = 32  #: faces are drawn at this side and enlarged: a large drawn one takes long to write without loss


@dataclass(frozen=True)
class DrawnClip:
    """Conditions made of moving ramps. Every frame differs from every other of the first 256."""

    frames: int
    size: tuple[int, int]  #: (W, H) of the output
    face_px: int  #: a multiple of 32
    replace: bool = False

    @property
    def reference(self) -> Image:
        """(H, W, 3) the reference image."""
        return _ramps(self.size, 0, 1)

    def conditions(self, first: int = 0) -> Iterator[Condition]:
        """The conditions of frames `first`, `first` + 1 …"""
        for number in range(first, self.frames):
            pose = _ramps(self.size, number, 2)
            face = _enlarged(_ramps((_FACE_PX, _FACE_PX), number, 3), self.face_px // _FACE_PX)
            if self.replace:
                yield Condition(pose, face, _chequers(self.size, number), _ramps(self.size, number, 9))
            else:
                yield Condition(pose, face)


def _ramps(size: tuple[int, int], number: int, shift: int) -> Image:
    """(H, W, 3) three colour ramps that move with `number`."""
    y, x = np.mgrid[: size[1], : size[0]]
    ramps = (3 * x + 5 * number + shift, 2 * y + 7 * number, x + y + 3 * number)
    return (np.stack(ramps, axis=-1) % 256).astype(np.uint8)


def _enlarged(image: Image, factor: int) -> Image:
    return image.repeat(factor, axis=0).repeat(factor, axis=1)


def _chequers(size: tuple[int, int], number: int) -> Image:
    """(H, W) a person mask of squares, which change places every few frames."""
    y, x = np.mgrid[: size[1], : size[0]]
    is_person = (x // _BLOCK_PX + y // _BLOCK_PX + number // _BLOCK_FRAMES) % 2 == 0
    return np.where(is_person, np.uint8(_PERSON), np.uint8(0))
