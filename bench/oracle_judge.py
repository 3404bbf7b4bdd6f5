"""Holistic landmarks of a stack of frames, timed; run by the judge's own Python (numpy < 2); imports nothing of ours.

Usage: PYTHON oracle_judge.py FRAMES.npy OUT.npz [LIMIT], with (N, H, W, 3) uint8 RGB frames. Prints the
seconds a frame: wall, and processor over all threads.
"""

import sys
import time
from typing import Any

import mediapipe as mp
import numpy as np

OPTIONS = {
    "model_complexity": 1,
    "smooth_landmarks": False,
    "enable_segmentation": True,
    "smooth_segmentation": False,
    "refine_face_landmarks": True,
}
WARM_UP = 3


def points_px(found: Any, count: int, frame: Any) -> Any:
    """(count, 4) x, y, z in pixels and visibility; NaN where the part was not found."""
    height, width = frame.shape[:2]
    if found is None:
        return np.full((count, 4), np.nan)
    return np.array([(p.x * width - 0.5, p.y * height - 0.5, p.z * width, p.visibility) for p in found.landmark])


def main(frames_path: str, out: str, limit: str = "") -> None:
    """Track all frames, or the first `limit` of them."""
    frames = np.load(frames_path, mmap_mode="r")[: int(limit) if limit else None]
    body, face, wall, cpu = [], [], 0.0, 0.0
    with mp.solutions.holistic.Holistic(static_image_mode=False, **OPTIONS) as holistic:
        for index, stored in enumerate(frames):
            frame = np.array(stored)
            begin = time.perf_counter(), time.process_time()
            found = holistic.process(frame)
            if index >= WARM_UP:
                wall += time.perf_counter() - begin[0]
                cpu += time.process_time() - begin[1]
            body.append(points_px(found.pose_landmarks, 33, frame))
            face.append(points_px(found.face_landmarks, 478, frame))
    np.savez_compressed(out, body=np.stack(body), face=np.stack(face))
    count = max(len(frames) - WARM_UP, 1)
    print(wall / count, cpu / count)


if __name__ == "__main__":
    main(*sys.argv[1:])
