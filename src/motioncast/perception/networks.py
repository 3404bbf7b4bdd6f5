"""The networks: thin typed classes over LiteRT, one call = one picture region in, numbers in picture pixels out.

The only module that imports LiteRT. XNNPACK is on by default; running a network releases the interpreter lock, so
networks run side by side in threads, but one object must only be used by one thread at a time. Input normalisation,
anchors and thresholds are those of the weights' own graphs (mediapipe 0.10.21).
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from ai_edge_litert import schema_py_generated
from ai_edge_litert.interpreter import Interpreter

from motioncast.arrays import Float32, Floats, Image
from motioncast.models import model_bytes
from motioncast.perception import attention_mesh
from motioncast.perception.banner import without_banner
from motioncast.perception.detector import Detection, anchors, decode
from motioncast.perception.graph import split_off
from motioncast.perception.landmarks import BODY_POINTS, FACE_POINTS, HAND_POINTS, MASK_SIDE
from motioncast.perception.roi import Roi, circle

POSE_SIDE, FACE_SIDE, HAND_SIDE, RECROP_SIDE, SELFIE_SIDE = 256, 192, 224, 256, 256
_AUXILIARY = slice(33, 35)  #: the two extra pose points that say where the next region is
_MASK_OUTPUT = 2  #: number of the mask among the outputs of the pose network
_HEATMAP_REACH = 4  #: a landmark is refined within 4 heatmap cells
_HAND_DEPTH = 0.4  #: the hand network's z is this share of its x unit


class _Network:
    """One set of weights, ready to run."""

    def __init__(self, content: bytes, num_threads: int) -> None:
        with without_banner():
            self._interpreter = Interpreter(model_content=content, num_threads=num_threads)
            self._interpreter.allocate_tensors()
        self._inputs = [d["index"] for d in self._interpreter.get_input_details()]
        self._outputs = [d["index"] for d in self._interpreter.get_output_details()]

    def __call__(self, *inputs: Float32) -> list[Float32]:
        """Each input without its batch axis; the outputs likewise."""
        for index, value in zip(self._inputs, inputs, strict=True):
            self._interpreter.set_tensor(index, value[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index)[0] for index in self._outputs]


def _unit(crop: Image) -> Float32:
    """0..255 -> 0..1."""
    return np.multiply(crop, np.float32(1 / 255), dtype=np.float32)


def _signed(crop: Image) -> Float32:
    """0..255 -> -1..1."""
    scaled = np.multiply(crop, np.float32(2 / 255), dtype=np.float32)
    scaled -= 1.0
    return scaled


def _sigmoid(x: Floats) -> Float32:
    return (1.0 / (1.0 + np.exp(-np.clip(x, -80, 80)))).astype(np.float32)


class _Detector:
    """A single-shot detector: where are objects in the region?"""

    file: str
    size: int
    strides: tuple[int, ...]
    per_layer: int = 2

    def __init__(self, models: Path, num_threads: int = 1) -> None:
        self._network = _Network(model_bytes(self.file, models), num_threads)
        self._anchors = anchors(self.size, self.strides, self.per_layer)

    def __call__(self, image: Image, roi: Roi, threshold: float = 0.5) -> list[Detection]:
        """All that is found in `roi` of `image`, best first."""
        values, logits = self._network(self._input(roi.crop(image, self.size, cv2.BORDER_CONSTANT)))
        return decode(values, logits, self._anchors, self.size, roi, threshold)

    def _input(self, crop: Image) -> Float32:
        return _signed(crop)


class PoseDetector(_Detector):
    """People. Key points: 0 middle of the hips, 1 rim of the circle around the body, 2 and 3 of the upper body."""

    file, size, strides = "pose_detection.tflite", 224, (8, 16, 32, 32, 32)


class FaceDetector(_Detector):
    """Faces, near. Key points: right eye, left eye, nose, mouth, right ear, left ear."""

    file, size, strides = "face_detection_short_range.tflite", 128, (8, 16, 16, 16)


class FarFaceDetector(_Detector):
    """Faces, near and far."""

    file, size, strides, per_layer = "face_detection_full_range_sparse.tflite", 192, (4,), 1


class PalmDetector(_Detector):
    """Palms. Key points: 0 wrist, 2 root of the middle finger."""

    file, size, strides = "palm_detection_full.tflite", 192, (8, 16, 16, 16)

    def _input(self, crop: Image) -> Float32:
        return _unit(crop)


@dataclass(frozen=True)
class Pose:
    """One person as the pose network sees it."""

    score: float  #: 0..1, that there is a person
    body_px: Float32  #: (33, 3)
    visibility: Float32  #: (33,)
    world_m: Float32  #: (33, 3)
    frame_px: Float32  #: (2, 2) middle of the hips, and the rim of the circle around the body: the next region
    mask_features: tuple[Float32, ...]  #: what `PoseMask` makes the person mask from
    mask_to_px: Float32  #: (2, 3) affine from mask pixels to picture pixels

    @property
    def circle(self) -> Roi:
        """The circle around the body, head up."""
        return circle(self.frame_px[0], self.frame_px[1])


class PoseLandmarks:
    """BlazePose GHUM, "full", without its person mask: that is 40 % of the work and no landmark waits for it."""

    def __init__(self, models: Path, num_threads: int = 1) -> None:
        self._network = _Network(_pose_parts(models)[0], num_threads)

    def __call__(self, image: Image, roi: Roi) -> Pose:
        """The person in `roi` of `image`."""
        raw, flag, heatmap, world, *features = self._network(_unit(roi.crop(image, POSE_SIDE)))
        values = raw.reshape(-1, 5)
        points = values[:, :3].copy()
        points[:, :2] = refine_by_heatmap(points[:, :2], heatmap)
        placed = roi.landmarks_px(points, POSE_SIDE)
        cosine, sine = np.cos(roi.angle), np.sin(roi.angle)
        world_m = world.reshape(-1, 3)[:BODY_POINTS].copy()
        world_m[:, :2] = world_m[:, :2] @ np.array([[cosine, sine], [-sine, cosine]], np.float32)
        return Pose(
            score=float(flag.ravel()[0]),
            body_px=placed[:BODY_POINTS],
            visibility=_sigmoid(values[:BODY_POINTS, 3]),
            world_m=world_m,
            frame_px=placed[_AUXILIARY, :2],
            mask_features=tuple(features),
            mask_to_px=roi.pixel_to_px(MASK_SIDE).astype(np.float32),
        )


class PoseMask:
    """The other part of BlazePose: the person mask."""

    def __init__(self, models: Path, num_threads: int = 1) -> None:
        self._network = _Network(_pose_parts(models)[1], num_threads)

    def __call__(self, pose: Pose) -> Image:
        """(256, 256) uint8 mask in the pose's region, 255 = person."""
        (logits,) = self._network(*pose.mask_features)
        return _soft_mask(logits)


@cache
def _pose_parts(models: Path) -> tuple[bytes, bytes]:
    """Landmarks and mask of the pose network as two models."""
    return split_off(model_bytes("pose_landmark_full.tflite", models), schema_py_generated, _MASK_OUTPUT)


_LOGIT_STEPS = 16.0  #: mask logits are quantised to sixteenths within -8..8 before the sigmoid
_SIGMOID_TABLE = np.round(255 * _sigmoid((np.arange(256) - 128) / _LOGIT_STEPS)).astype(np.uint8)


def _soft_mask(logits: Float32) -> Image:
    """Sigmoid of a (H, W, 1) map of logits as uint8, by table."""
    steps = cv2.addWeighted(logits[..., 0], _LOGIT_STEPS, logits[..., 0], 0.0, 128.0, dtype=cv2.CV_8U)
    return np.asarray(cv2.LUT(steps, _SIGMOID_TABLE), np.uint8)


def refine_by_heatmap(points: Float32, heatmap: Float32) -> Float32:
    """Move each landmark (K, 2) in crop pixels to the confidence-weighted mean of its (H, W, K) heatmap around it.

    Only where the heatmap is sure, .5 at least (mediapipe's RefineLandmarksFromHeatmapCalculator, kernel 9).
    """
    height, width, count = heatmap.shape
    scale = np.array([width, height], np.float32) / POSE_SIDE
    cell = np.floor(points * scale).astype(np.intp)
    inside = ((cell >= 0) & (cell < [width, height])).all(axis=1)
    offset = np.arange(-_HEATMAP_REACH, _HEATMAP_REACH + 1)
    column, row = cell[:, :1] + offset, cell[:, 1:] + offset
    known = (((row >= 0) & (row < height))[:, :, None]) & (((column >= 0) & (column < width))[:, None, :])
    index = (np.clip(row, 0, height - 1)[:, :, None], np.clip(column, 0, width - 1)[:, None, :])
    weight = _sigmoid(heatmap[*index, np.arange(count)[:, None, None]]) * known
    total = weight.sum(axis=(1, 2))
    x = (weight.sum(axis=1) * column).sum(axis=1) / np.maximum(total, 1e-9)
    y = (weight.sum(axis=2) * row).sum(axis=1) / np.maximum(total, 1e-9)
    sure = inside & (weight.max(axis=(1, 2)) >= 0.5)
    return np.where(sure[:, None], np.stack([x, y], axis=1) / scale, points).astype(np.float32)


@dataclass(frozen=True)
class Points:
    """Landmarks of one face or hand."""

    score: float  #: 0..1, that the region shows one
    points_px: Float32  #: (K, 3)


class FaceMesh:
    """The attention mesh: 478 points, irises last, accurate at the lips, lids and irises."""

    def __init__(self, models: Path, num_threads: int = 1) -> None:
        self._wiring = _mesh_parts(models)
        self._backbone = _Network(self._wiring.backbone, num_threads)
        self._heads = _Network(self._wiring.heads, num_threads)

    def __call__(self, image: Image, roi: Roi) -> Points:
        """The face in `roi` of `image`."""
        features, *rest = self._backbone(_unit(roi.crop(image, FACE_SIDE)))
        *meshes, mesh, flag = rest
        specs = self._wiring.crops
        affines = [attention_mesh.crop_affine(m, spec) for m, spec in zip(meshes, specs, strict=True)]
        crops = [attention_mesh.crop_features(features, affines[c], specs[c].size) for c in self._wiring.input_crop]
        points = np.zeros((FACE_POINTS, 3), np.float32)
        points[:468] = mesh.reshape(-1, 3)
        self._refine(points, self._heads(*crops), affines, FACE_SIDE / features.shape[0])
        return Points(float(_sigmoid(flag.ravel())[0]), roi.landmarks_px(points, FACE_SIDE))

    def _refine(self, points: Float32, refined: list[Float32], affines: list[Any], cell: float) -> None:
        """Put the refined lips, eyes and irises in place; an iris lies at the mean depth of its eye's contour."""
        iris = 468
        for found, crop in zip(refined, self._wiring.head_crop, strict=True):
            # `TransformLandmarks`: the heads' unit is already the crop pixel, only the origin is in feature cells
            placed = found @ affines[crop][:, :2].T + affines[crop][:, 2] * cell
            owner = self._wiring.crops[crop].points
            if len(placed) == len(owner):
                points[owner, :2] = placed
            else:
                points[iris : iris + len(placed), :2] = placed
                points[iris : iris + len(placed), 2] = points[owner[:16], 2].mean()
                iris += len(placed)


@cache
def _mesh_parts(models: Path) -> attention_mesh.SplitMesh:
    return attention_mesh.split(model_bytes("face_landmark_with_attention.tflite", models), schema_py_generated)


class HandLandmarks:
    """21 points of one hand, "full"."""

    def __init__(self, models: Path, num_threads: int = 1) -> None:
        self._network = _Network(model_bytes("hand_landmark_full.tflite", models), num_threads)

    def __call__(self, image: Image, roi: Roi) -> Points:
        """The hand in `roi` of `image`, which must point up."""
        raw, flag, _, _ = self._network(_unit(roi.crop(image, HAND_SIDE)))
        points = np.divide(raw.reshape(HAND_POINTS, 3), np.array([1, 1, _HAND_DEPTH], np.float32), dtype=np.float32)
        return Points(float(flag.ravel()[0]), roi.landmarks_px(points, HAND_SIDE))


class HandRecrop:
    """Finds the exact region of a hand within a rough one."""

    def __init__(self, models: Path, num_threads: int = 1) -> None:
        self._network = _Network(model_bytes("hand_recrop.tflite", models), num_threads)

    def __call__(self, image: Image, roi: Roi) -> Float32:
        """(2, 2) centre of the hand, and the rim of its circle towards the wrist, in picture pixels."""
        (raw,) = self._network(_unit(roi.crop(image, RECROP_SIDE)))
        affine = roi.to_px(RECROP_SIDE)
        return (raw.reshape(2, 2) @ affine[:, :2].T + affine[:, 2]).astype(np.float32)


class SelfieSegmentation:
    """Person mask of a close view."""

    def __init__(self, models: Path, num_threads: int = 1) -> None:
        self._network = _Network(model_bytes("selfie_segmentation.tflite", models), num_threads)

    def __call__(self, image: Image, roi: Roi) -> Image:
        """(256, 256) uint8 mask of what `roi` of `image` shows, 255 = person."""
        (mask,) = self._network(_unit(roi.crop(image, SELFIE_SIDE)))
        return np.clip(np.round(mask[..., 0] * 255), 0, 255).astype(np.uint8)
