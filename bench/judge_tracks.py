"""Landmarks of one clip by mediapipe's Holistic, run by the judge's own Python (numpy < 2); imports nothing of ours.

Usage: PYTHON judge_tracks.py CLIP OUT.npz

Every frame is scaled to 832 pixels on its long side first, so driver and output are judged at the same size. A part
that is not found in a frame is NaN. Coordinates are source pixels, the centre of the top-left pixel at (0, 0).
"""

import sys
import zlib
from typing import Any

import av
import cv2
import mediapipe as mp
import numpy as np

LONG_SIDE_PX = 832
MASK_SIDE = 256


def points_px(found: Any, count: int, width: int, height: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """(count, 4) float32: x, y, z in pixels, visibility; NaN where the part was not found."""
    if found is None:
        return np.full((count, 4), np.nan, np.float32)
    rows = [(p.x * width - 0.5, p.y * height - 0.5, p.z * width, p.visibility) for p in found.landmark]
    return np.array(rows, np.float32)


def points_m(found: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    """(33, 3) float32 world landmarks in metres, NaN where there is no body."""
    if found is None:
        return np.full((33, 3), np.nan, np.float32)
    return np.array([(p.x, p.y, p.z) for p in found.landmark], np.float32)


def packed_mask(soft_mask: Any) -> bytes:
    """zlib of the (256, 256) uint8 person mask, stretched over the whole frame; empty without a person."""
    if soft_mask is None:
        return b""
    small = cv2.resize(soft_mask, (MASK_SIDE, MASK_SIDE), interpolation=cv2.INTER_AREA)
    return zlib.compress((small * 255).astype(np.uint8).tobytes(), 1)


def track(clip: str, out: str) -> None:
    """Track every frame of `clip` and write the arrays to `out`."""
    body, world, face, masks = [], [], [], []
    width = height = 0
    options = {"model_complexity": 1, "smooth_landmarks": False, "smooth_segmentation": False}
    with (
        av.open(clip) as container,
        mp.solutions.holistic.Holistic(
            enable_segmentation=True, refine_face_landmarks=True, static_image_mode=False, **options
        ) as holistic,
    ):
        for frame in container.decode(video=0):
            width, height = frame.width, frame.height
            scale = LONG_SIDE_PX / max(width, height)
            size = (round(width * scale), round(height * scale))
            interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
            found = holistic.process(cv2.resize(frame.to_ndarray(format="rgb24"), size, interpolation=interpolation))
            body.append(points_px(found.pose_landmarks, 33, width, height))
            world.append(points_m(found.pose_world_landmarks))
            face.append(points_px(found.face_landmarks, 478, width, height)[:, :3])
            masks.append(packed_mask(found.segmentation_mask))
    bodies = np.array(body)
    np.savez_compressed(
        out,
        size_px=np.array([width, height]),
        body_px=bodies[..., :3],
        body_visibility=np.nan_to_num(bodies[..., 3]),
        body_world_m=np.array(world),
        face_px=np.array(face),
        mask_bytes=np.frombuffer(b"".join(masks), np.uint8),
        mask_lengths=np.array([len(mask) for mask in masks]),
    )


if __name__ == "__main__":
    track(sys.argv[1], sys.argv[2])
