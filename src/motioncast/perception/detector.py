"""Single-shot detectors (BlazeFace family): anchors, decoding, weighted non-maximum suppression.

Liu et al., SSD (ECCV 2016); Bazarevsky et al., BlazeFace (2019), whose weighted suppression averages overlapping boxes.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from motioncast.arrays import Float32, Float64, Floats, Image
from motioncast.perception.networks import Network
from motioncast.perception.roi import Roi

_OVERLAP = 0.3  #: boxes that share more than this (intersection over union) are one object


@dataclass(frozen=True)
class Detection:
    """One object found."""

    score: float  #: 0..1
    box_px: Float64  #: (4,) left, top, right, bottom
    points_px: Float64  #: (K, 2) the detector's key points


def anchors(input_size: int, strides: tuple[int, ...], per_layer: int) -> Float32:
    """(N, 2) anchor centres as shares of the input, in the order of the network's output.

    Layers of the same stride share one grid and put their anchors side by side in each cell.
    """
    centres = []
    for stride in sorted(set(strides)):
        cells = -(-input_size // stride)
        axis = (np.arange(cells) + 0.5) / cells
        grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        centres.append(np.repeat(grid, per_layer * strides.count(stride), axis=0))
    return np.concatenate(centres).astype(np.float32)


def decode(values: Floats, logits: Floats, centres: Float32, size: int, roi: Roi, threshold: float) -> list[Detection]:
    """Detections above `threshold`, best first.

    `values` (N, 4 + 2K): box centre, box size and key points in input pixels, centres and points relative to the anchor
    `centres` (N, 2); `logits` (N,); `roi` is what the network of input `size` was shown.
    """
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits.reshape(-1).astype(np.float64), -100, 100)))
    keep = np.flatnonzero(scores >= threshold)
    keep = keep[np.argsort(-scores[keep], kind="stable")]
    raw, scores = values[keep].astype(np.float64), scores[keep]
    points = raw.reshape(len(keep), raw.shape[1] // 2, 2)
    base = centres[keep].astype(np.float64)[:, None] * size
    points[:, 0] += base[:, 0]
    points[:, 2:] += base
    half = points[:, 1] / 2
    boxes = np.concatenate([points[:, 0] - half, points[:, 0] + half], axis=1)
    return [_to_picture(*merged, roi, size) for merged in _merge(scores, boxes, points[:, 2:])]


def _merge(scores: Float64, boxes: Float64, points: Float64) -> list[tuple[float, Float64, Float64]]:
    """Weighted suppression: each best box becomes the score-weighted mean of all that overlap it."""
    merged = []
    left = np.arange(len(scores))
    while len(left):
        overlap = _overlap(boxes[left[0]], boxes[left]) > _OVERLAP
        overlap[0] = True
        group = left[overlap]
        weight = scores[group] / scores[group].sum()
        mean_box = weight @ boxes[group]
        mean_points = np.tensordot(weight, points[group], axes=1)
        merged.append((float(scores[group[0]]), mean_box, mean_points))
        left = left[~overlap]
    return merged


def _overlap(box: Float64, boxes: Float64) -> Float64:
    """Intersection over union of `box` (4,) with `boxes` (N, 4)."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.maximum(high - low, 0.0), axis=1)
    area, areas = np.prod(box[2:] - box[:2]), np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    union = area + areas - shared
    return np.asarray(shared / np.maximum(union, 1e-9), np.float64)


def _to_picture(score: float, box: Float64, points: Float64, roi: Roi, size: int) -> Detection:
    """From network input coordinates to picture pixels; the box is that of an unturned region."""
    affine = roi.to_px(size)
    corners = box.reshape(2, 2) @ affine[:, :2].T + affine[:, 2]
    return Detection(score, corners.reshape(4), points @ affine[:, :2].T + affine[:, 2])


class Detector:
    """A single-shot detector: where are objects in the region?"""

    file: str
    size: int
    strides: tuple[int, ...]
    per_layer: int = 2

    def __init__(self, models: Path) -> None:
        self._network = Network.from_file(self.file, models)
        self._anchors = anchors(self.size, self.strides, self.per_layer)

    def __call__(self, image: Image, roi: Roi, threshold: float = 0.5) -> list[Detection]:
        """All that is found in `roi` of `image`, best first."""
        values, logits = self._network.see(roi.crop(image, self.size, cv2.BORDER_CONSTANT), signed=True)
        return decode(values, logits, self._anchors, self.size, roi, threshold)


class PoseDetector(Detector):
    """People. Key points: 0 middle of the hips, 1 rim of the circle around the body, 2 and 3 of the upper body."""

    file, size, strides = "pose_detection.tflite", 224, (8, 16, 32, 32, 32)


class FaceDetector(Detector):
    """Faces, near. Key points: right eye, left eye, nose, mouth, right ear, left ear."""

    file, size, strides = "face_detection_short_range.tflite", 128, (8, 16, 16, 16)


class FarFaceDetector(Detector):
    """Faces, near and far."""

    file, size, strides, per_layer = "face_detection_full_range_sparse.tflite", 192, (4,), 1
