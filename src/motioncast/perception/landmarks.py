"""What perception hands to an engine: the landmarks of one person, for a still or through a clip.

Coordinate frames, used by name everywhere:

- `_px`: upright source pixels, x right, y down, the centre of the top-left pixel at (0, 0); z is depth away from the
  camera in the same unit as x (smaller is nearer), relative to the hips (body), the head (face) or the wrist (hand).
- `_world_m`: metres, origin at the middle of the hips, axes as in `_px`.

Left and right are the person's own. Landmark numbers are BlazePose's (33), the attention face mesh's (478, irises last)
and the hand network's (21).
"""

import zlib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from motioncast.arrays import Bools, Float32, Float64, Image

BODY_POINTS = 33
FACE_POINTS = 478
HAND_POINTS = 21
MASK_SIDE = 256
#: `StillLandmarks.face_spread` above which a mesh is a guess and no human face (perception/still.py says why)
SURE_SPREAD = 0.012
_SIXTEEN_LEVELS = (np.arange(256) / 17).round().astype(np.uint8) * 17


@dataclass(frozen=True)
class PersonMasks:
    """One soft person mask a frame, kept at network size in the network's own crop, compressed."""

    packed: tuple[bytes, ...]  #: zlib of (256, 256) uint8, 255 = person; b"" where there is none
    to_px: Float32  #: (N, 2, 3) affine from mask pixels to source pixels

    @staticmethod
    def pack(mask: Image) -> bytes:
        """Compress a (256, 256) mask in 16 levels: a network's 256 are mostly noise, and pack four times worse."""
        return zlib.compress(_SIXTEEN_LEVELS[mask].tobytes(), 3)

    def frame(self, index: int, size: tuple[int, int], scale: float = 1.0) -> Image:
        """The mask of frame `index` as (H, W) uint8 on a canvas of `size` (W, H), source pixels times `scale`."""
        width, height = size
        if not self.packed[index]:
            return np.zeros((height, width), np.uint8)
        mask = np.frombuffer(zlib.decompress(self.packed[index]), np.uint8).reshape(MASK_SIDE, MASK_SIDE)
        affine = self.to_px[index].astype(np.float64) * scale
        # pixel centres: source pixel x lies at (x + .5) * scale - .5 on the scaled canvas
        affine[:, 2] += 0.5 * scale - 0.5
        return cv2.warpAffine(mask, affine, (width, height), flags=cv2.INTER_LINEAR).astype(np.uint8, copy=False)

    def on_canvas(self, affine: Float64) -> "PersonMasks":
        """The masks of frames that were resized by `affine` (2, 3), source px to canvas px."""
        moved = np.einsum("ij,njk->nik", affine[:, :2], self.to_px)
        moved[:, :, 2] += affine[:, 2]
        return PersonMasks(self.packed, moved.astype(np.float32))


@dataclass(frozen=True)
class PerformanceTrack:
    """One person followed through N frames. Frames where a part was not found are filled in and flagged invalid."""

    width: int
    height: int
    rate: float  #: frames per second
    body_px: Float32  #: (N, 33, 3)
    body_visibility: Float32  #: (N, 33), 0..1
    body_world_m: Float32  #: (N, 33, 3)
    body_valid: Bools  #: (N,)
    face_px: Float32  #: (N, 478, 3)
    face_valid: Bools  #: (N,)
    left_hand_px: Float32  #: (N, 21, 3)
    left_hand_valid: Bools  #: (N,)
    right_hand_px: Float32  #: (N, 21, 3)
    right_hand_valid: Bools  #: (N,)
    masks: PersonMasks
    cuts: tuple[int, ...] = ()  #: first frame of every shot but the first

    def __len__(self) -> int:
        return len(self.body_px)

    def on_canvas(self, affine: Float64, size: tuple[int, int]) -> "PerformanceTrack":
        """The same performance in frames of `size` (W, H) that were resized by `affine` (2, 3), source to canvas px."""
        return replace(
            self,
            width=size[0],
            height=size[1],
            body_px=_moved(self.body_px, affine),
            face_px=_moved(self.face_px, affine),
            left_hand_px=_moved(self.left_hand_px, affine),
            right_hand_px=_moved(self.right_hand_px, affine),
            masks=self.masks.on_canvas(affine),
        )

    def save(self, path: Path) -> None:
        """Write everything to one compressed .npz file."""
        arrays = {f.name: np.asarray(getattr(self, f.name)) for f in fields(self) if f.name != "masks"}
        blob = np.frombuffer(b"".join(self.masks.packed), np.uint8)
        lengths = np.array([len(p) for p in self.masks.packed], np.int64)
        np.savez_compressed(
            path,
            allow_pickle=False,
            **arrays,
            mask_bytes=blob,
            mask_lengths=lengths,
            mask_to_px=self.masks.to_px,
        )

    @classmethod
    def load(cls, path: Path) -> "PerformanceTrack":
        """Read what `save` wrote."""
        with np.load(path) as file:
            values: dict[str, Any] = {name: file[name] for name in file.files}
        blob, lengths = values.pop("mask_bytes").tobytes(), values.pop("mask_lengths")
        ends = np.cumsum(lengths)
        packed = tuple(blob[end - size : end] for size, end in zip(lengths, ends, strict=True))
        masks = PersonMasks(packed, values.pop("mask_to_px"))
        return cls(
            width=int(values.pop("width")),
            height=int(values.pop("height")),
            rate=float(values.pop("rate")),
            cuts=tuple(int(cut) for cut in values.pop("cuts")),
            masks=masks,
            **values,
        )


@dataclass(frozen=True)
class StillLandmarks:
    """The person in the reference image. A part that was not found is None."""

    width: int
    height: int
    body_px: Float32 | None  #: (33, 3)
    body_visibility: Float32 | None  #: (33,)
    body_world_m: Float32 | None  #: (33, 3)
    face_px: Float32 | None  #: (478, 3)
    face_spread: float  #: spread of the mesh over jittered crops, in face widths; small is sure (`SURE_SPREAD`)
    left_hand_px: Float32 | None  #: (21, 3)
    right_hand_px: Float32 | None  #: (21, 3)
    person_mask: Image  #: (H, W) uint8 soft mask of the subject at image size, 255 = person

    def on_canvas(self, affine: Float64, size: tuple[int, int]) -> "StillLandmarks":
        """The same person in the picture resized to `size` (W, H) by `affine` (2, 3), source to canvas px."""
        return replace(
            self,
            width=size[0],
            height=size[1],
            body_px=_moved_or_none(self.body_px, affine),
            face_px=_moved_or_none(self.face_px, affine),
            left_hand_px=_moved_or_none(self.left_hand_px, affine),
            right_hand_px=_moved_or_none(self.right_hand_px, affine),
            person_mask=cv2.warpAffine(
                self.person_mask, affine, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            ).astype(np.uint8, copy=False),
        )


def _moved(points: Float32, affine: Float64) -> Float32:
    """Points (..., 3) through a 2D affine; depth is scaled as x is."""
    out = np.empty_like(points)
    out[..., :2] = points[..., :2] @ affine[:, :2].T.astype(np.float32) + affine[:, 2].astype(np.float32)
    out[..., 2] = points[..., 2] * np.float32(np.hypot(*affine[:, 0]))
    return out


def _moved_or_none(points: Float32 | None, affine: Float64) -> Float32 | None:
    return None if points is None else _moved(points, affine)
