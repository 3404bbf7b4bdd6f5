"""Frames of a clip for the measuring tools, read one by one with PyAV."""

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np

from motioncast.arrays import Image


def read_frames(clip: Path) -> Iterator[Image]:
    """The frames of `clip` as (H, W, 3) RGB uint8, their pixels made square as every player does."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        aspect = float(stream.sample_aspect_ratio or 1)
        for frame in container.decode(video=0):
            size = (round(frame.width * aspect), frame.height)
            yield (
                frame.reformat(*size, format="rgb24", interpolation="BICUBIC").to_ndarray().astype(np.uint8, copy=False)
            )


def read_frame(clip: Path, index: int) -> Image:
    """Frame number `index` of `clip`. Raises `IndexError` when the clip is shorter."""
    for number, frame in enumerate(read_frames(clip)):
        if number == index:
            return frame
    raise IndexError(f"{clip} has no frame {index}")


def fit(picture: Image, size: tuple[int, int]) -> Image:
    """`picture` at `size` (W, H) the way the product fits it: up to 1 % is cropped, beyond that it is stretched."""
    height, width = picture.shape[:2]
    kept_w, kept_h = min(width, round(height * size[0] / size[1])), min(height, round(width * size[1] / size[0]))
    if width - kept_w <= 0.01 * width and height - kept_h <= 0.01 * height:
        x, y = (width - kept_w) // 2, (height - kept_h) // 2
        picture = picture[y : y + kept_h, x : x + kept_w]
    shrinks = size[0] <= picture.shape[1] and size[1] <= picture.shape[0]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(picture, size, interpolation=interpolation).astype(np.uint8, copy=False)


def write_png(path: Path, picture: Image) -> None:
    """Write an RGB picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
        raise OSError(f"{path} could not be written")
