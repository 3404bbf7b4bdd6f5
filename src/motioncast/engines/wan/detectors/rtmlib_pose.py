"""The 133 points of the performer through rtmlib: a person detector (YOLOX, RTMDet) and a pose network, both ONNX.

Channel order, which rtmlib leaves to its caller: its detectors were trained on BGR (OpenMMLab's mmdet), its pose
networks on RGB (mmpose, whose mean and deviation rtmlib subtracts are those of R, G, B in that order).
"""

import io
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

from motioncast.arrays import Float32, Floats, Image
from motioncast.engines.wan.detectors.detector import Box, Found, nobody
from motioncast.errors import InputError

_POINTS = 133
_PERSON_CLASS = 0  #: of COCO
_LEAST_SCORE = 0.3  #: of a detected person
_LEAST_OVERLAP = 0.1  #: of a detection with the place of the performer, intersection over union
_SIMCC_SPLIT = 2  #: bins a pixel of RTMPose, DWPose and RTMW (Li et al., "SimCC", 2022)
_DETECTOR_SIDE = 640  #: for a detector that takes any size
_STRIDES = (8, 16, 32)  #: of the grids of YOLOX and RTMDet without NMS
_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


class RtmlibWholeBody:
    """A `WholeBodyDetector`. The pose network looks at one person: the detection nearest to our performer."""

    def __init__(self, pose: Path, detector: Path | None = None, device: str = "cpu") -> None:
        """`pose`: ONNX with 133 points, SimCC (RTMPose, DWPose, RTMW) or heat maps (ViTPose). `detector`: ONNX of
        YOLOX, or of RTMDet if "rtmdet" is in the name of the file or its folder; without one the performer's own box
        is taken, or the whole frame. `device`: "cpu", "cuda" or "cuda:N". Raises `InputError` if rtmlib, the device or
        a file is missing, or a file holds another kind of network.
        """
        _require_device(device)
        self._pose = _load_pose(pose, device)
        self._detector = _load_detector(detector, device) if detector is not None else None

    def __call__(self, frame: Image, near_px: Box | None = None) -> Found:
        """Points (133, 2) px and scores (133,) 0..1 of the person at `near_px` in `frame` (H, W, 3) RGB.

        Without `near_px` of the largest person. All scores are 0 if nobody is found.
        """
        box = self._choose(frame, near_px)
        if box is None:
            return nobody()
        points_px, scores = self._pose(np.ascontiguousarray(frame), bboxes=[box])
        finite = np.isfinite(points_px[0]).all(axis=1)  # the refining of flat heat maps can diverge
        points = np.where(finite[:, None], points_px[0], 0).astype(np.float32)
        return points, np.where(finite, scores[0].clip(0, 1), 0).astype(np.float32)

    def _choose(self, frame: Image, near_px: Box | None) -> Box | None:
        """The box to look into. A performer whom the detector misses is where our tracker has them."""
        if self._detector is None:
            return near_px or (0.0, 0.0, float(frame.shape[1]), float(frame.shape[0]))
        boxes = _people(self._detector, np.ascontiguousarray(frame[..., ::-1]))
        if near_px is None:
            sides = boxes[:, 2:] - boxes[:, :2]
            return _as_box(boxes[np.prod(sides, axis=1).argmax()]) if len(boxes) else None
        overlaps = _overlaps(boxes, near_px)
        found = len(boxes) > 0 and overlaps.max() >= _LEAST_OVERLAP
        return _as_box(boxes[overlaps.argmax()]) if found else near_px


def _people(detector: Any, bgr: Image) -> Float32:
    """Boxes (M, 4) in px of the people in a picture."""
    picture, ratio = detector.preprocess(bgr)
    outputs = detector.inference(picture)
    if outputs[0].shape[-1] == 5 and len(outputs) > 1:  # boxes with scores, and labels, which rtmlib does not read
        outputs[0] = outputs[0][:, outputs[1][0] == _PERSON_CLASS]
    found = detector.postprocess(outputs[0], ratio)
    if isinstance(found, tuple):
        boxes, classes = found
        found = boxes[classes == _PERSON_CLASS] if len(boxes) else boxes
    return np.asarray(found, np.float32).reshape(-1, 4)


def _overlaps(boxes: Float32, near: Box) -> Floats:
    """Intersection over union of `boxes` (M, 4) with one."""
    other = np.array(near, np.float32)
    shared = np.minimum(boxes[:, 2:], other[2:]) - np.maximum(boxes[:, :2], other[:2])
    intersection = shared.clip(0).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) + (other[2:] - other[:2]).prod()
    return np.asarray(intersection / np.maximum(areas - intersection, 1e-6))


def _as_box(row: Float32) -> Box:
    left, top, right, bottom = row.tolist()
    return left, top, right, bottom


def _load_pose(path: Path, device: str) -> Any:
    rtmlib = _rtmlib()
    size, outputs = _read_graph(path)
    if size is None:
        raise InputError(f"The pose network {path.name} has no fixed input size; export it with one.")
    height, width = size
    kind = rtmlib.ViTPose if outputs == 1 else rtmlib.RTMPose
    tool = _open(kind, path, device, model_input_size=(width, height))
    shapes = _probe(tool, path, size)
    simcc = [(1, _POINTS, _SIMCC_SPLIT * width), (1, _POINTS, _SIMCC_SPLIT * height)]
    heat_maps = len(shapes) == 1 and len(shapes[0]) == 4 and shapes[0][:2] == (1, _POINTS)
    if shapes != simcc and not heat_maps:
        raise InputError(f"{path.name} gives {shapes}, not the {_POINTS} points of a whole-body pose network.")
    return tool


def _load_detector(path: Path, device: str) -> Any:
    rtmlib = _rtmlib()
    size = _read_graph(path)[0] or (_DETECTOR_SIDE, _DETECTOR_SIDE)
    kind = rtmlib.RTMDet if "rtmdet" in f"{path.parent.name}/{path.name}".lower() else rtmlib.YOLOX
    tool = _open(kind, path, device, model_input_size=size, score_thr=_LEAST_SCORE)
    shape = _probe(tool, path, size)[0]
    cells = sum((size[0] // stride) * (size[1] // stride) for stride in _STRIDES)
    if len(shape) != 3 or not (shape[-1] == 5 or (shape[-1] > 5 and shape[1] == cells)):
        raise InputError(f"{path.name} gives {shape}, not the boxes of a person detector (YOLOX or RTMDet).")
    tool.det_mode = "human" if shape[-1] == 5 else "multiclass"  # rtmlib's "human" keeps all classes of YOLOX
    return tool


def _rtmlib() -> Any:
    try:
        import rtmlib
    except ImportError as error:
        raise InputError(
            "rtmlib is not installed; run: pip install --no-deps rtmlib (its own OpenCV would clash with ours)."
        ) from error
    return rtmlib


def _require_device(device: str) -> None:
    import onnxruntime

    provider = _PROVIDERS.get(device.partition(":")[0])
    if provider is None:
        raise InputError(f"There is no device {device}; give cpu, cuda or cuda:N.")
    if provider not in onnxruntime.get_available_providers():
        raise InputError(f"onnxruntime cannot use {device} here; install onnxruntime-gpu or give cpu.")


def _read_graph(path: Path) -> tuple[tuple[int, int] | None, int]:
    """(H, W) that the network takes, None if any, and how many outputs it has."""
    import onnxruntime

    if not path.is_file():
        raise InputError(f"There are no weights at {path}; give the path of an ONNX file.")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=[_PROVIDERS["cpu"]])
    except Exception as error:  # onnxruntime's errors share no base but this
        raise InputError(f"{path.name} cannot be read as an ONNX network; give another copy.") from error
    inputs = session.get_inputs()
    shape: Sequence[int | str | None] = inputs[0].shape if inputs else ()
    if len(inputs) != 1 or len(shape) != 4 or shape[1] != 3 or inputs[0].type != "tensor(float)":
        raise InputError(f"{path.name} does not take one picture (1, 3, H, W) of float32; give another network.")
    height, width = shape[2:]
    size = (height, width) if isinstance(height, int) and isinstance(width, int) else None
    return size, len(session.get_outputs())


def _open(kind: Any, path: Path, device: str, **options: Any) -> Any:
    with redirect_stdout(io.StringIO()):  # rtmlib prints what it loads, and our stdout is for results
        return kind(str(path), backend="onnxruntime", device=device, **options)


def _probe(tool: Any, path: Path, size: tuple[int, int]) -> list[tuple[int, ...]]:
    """The shapes of what a network makes of an empty picture: names of axes in a file do not tell them."""
    try:
        return [tuple(output.shape) for output in tool.inference(np.zeros((*size, 3), np.float32))]
    except Exception as error:  # as above
        raise InputError(f"{path.name} does not run on a picture of {size[1]} x {size[0]}; export it again.") from error
