"""Which parts of bodies a picture shows, bare or covered, and where: NudeNet's network on ONNX Runtime.

Facts from nudenet 3.4.2 (`nudenet.py`) and the metadata inside `320n.onnx`: YOLOv8n (Ultralytics 8.2.46) for RGB
pictures of 320 x 320 scaled to 0..1, padded with black at the right and the bottom; it answers (1, 4 + 18, 2100): for
each of 2100 anchors a box (centre x, centre y, width, height in pixels of the input) and a score for each of 18
classes. Of each anchor the best class counts; boxes of whatever class that overlap a better one are dropped, so a
covered part rules out a bare one in the same place.

nudenet itself swaps red and blue once too often and shows BGR to the network; RGB, as it was trained, finds the same
with higher scores (astronaut.png, face: 0.81 against 0.72).
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from motioncast.arrays import Float32, Image
from motioncast.models import model_bytes

INPUT_PX = 320
LABELS = (
    "FEMALE_GENITALIA_COVERED",
    "FACE_FEMALE",
    "BUTTOCKS_EXPOSED",
    "FEMALE_BREAST_EXPOSED",
    "FEMALE_GENITALIA_EXPOSED",
    "MALE_BREAST_EXPOSED",
    "ANUS_EXPOSED",
    "FEET_EXPOSED",
    "BELLY_COVERED",
    "FEET_COVERED",
    "ARMPITS_COVERED",
    "ARMPITS_EXPOSED",
    "FACE_MALE",
    "BELLY_EXPOSED",
    "MALE_GENITALIA_EXPOSED",
    "ANUS_COVERED",
    "FEMALE_BREAST_COVERED",
    "BUTTOCKS_COVERED",
)
_MIN_SCORE = 0.25  #: both as nudenet has them
_MAX_OVERLAP = 0.45  #: of two boxes, intersection over union
_ERRORS_ONLY = 3  #: ONNX Runtime's severity levels: 2 is warnings, 3 errors


@dataclass(frozen=True, slots=True)
class BodyPart:
    """One thing that the network saw."""

    label: str  #: one of `LABELS`
    score: float  #: 0..1
    box_px: tuple[float, float, float, float]  #: left, top, right, bottom from the picture's corner, inside the picture


class BodyPartDetector:
    """The network, on one CPU thread. Several threads may share it."""

    def __init__(self, model: Path) -> None:
        """`model` is what `ensure_moderation_model` gives. Raises `ProcessingError` if it is missing or damaged."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        content = model_bytes(model.name, model.parent)
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def detect(self, rgb: Image) -> list[BodyPart]:
        """Everything seen in `rgb` (H, W, 3) uint8, best score first."""
        (output,) = self._session.run(None, {self._input: network_input(rgb)})
        return decode(output, (rgb.shape[1], rgb.shape[0]))


def network_input(rgb: Image) -> Float32:
    """(1, 3, 320, 320) float32 in 0..1 of `rgb` (H, W, 3) uint8: its longer side scaled to 320, the rest black."""
    height, width = rgb.shape[:2]
    scale = INPUT_PX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # nudenet always interpolates linearly, which turns a large photograph into noise
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    padded = np.zeros((INPUT_PX, INPUT_PX, 3), np.uint8)
    padded[: size[1], : size[0]] = cv2.resize(np.ascontiguousarray(rgb), size, interpolation=how)
    return padded.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255.0)


def decode(output: Float32, size: tuple[int, int]) -> list[BodyPart]:
    """What the network's `output` (1, 22, N) says of a picture of `size` (W, H), best score first."""
    anchors = output[0].T
    scores, classes = anchors[:, 4:].max(axis=1), anchors[:, 4:].argmax(axis=1)
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] >= _MIN_SCORE]
    boxes = _boxes_px(anchors[order, :4], size)
    return [
        BodyPart(LABELS[classes[order[n]]], float(scores[order[n]]), tuple(boxes[n].tolist()))
        for n in _without_overlaps(boxes)
    ]


def _boxes_px(boxes: Float32, size: tuple[int, int]) -> Float32:
    """(N, 4) left, top, right, bottom in the picture from (N, 4) centre x, centre y, width, height in the input."""
    centre, half = boxes[:, :2], boxes[:, 2:] / 2
    corners = np.concatenate([centre - half, centre + half], axis=1) * np.float32(max(size) / INPUT_PX)
    return np.clip(corners, 0, np.array([*size, *size], np.float32))


def _without_overlaps(boxes: Float32) -> list[int]:
    """Which of `boxes` (N, 4), the best first, overlap none of those kept before them."""
    kept: list[int] = []
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    for n, box in enumerate(boxes):
        sides = np.minimum(boxes[kept, 2:], box[2:]) - np.maximum(boxes[kept, :2], box[:2])
        shared = np.prod(np.maximum(sides, 0), axis=1)
        if not (shared > _MAX_OVERLAP * (areas[kept] + areas[n] - shared)).any():
            kept.append(n)
    return kept
