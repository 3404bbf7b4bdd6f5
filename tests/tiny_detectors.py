"""Detectors small enough for a test, in the file formats of the real ones; what they find depends on the picture."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from motioncast.arrays import Float32

POINTS = 133
PERSON, CHAIR = 0, 56  #: COCO's numbers
BGR_RED = 2  #: channel
RAW = (114.0, 255.0)  #: values of no red and full red in YOLOX's input: 114 is the grey around a picture
NORMALISED = tuple((value - 123.675) / 58.395 for value in RAW)  #: the same in RTMDet's


def simcc_pose(path: Path, size: tuple[int, int], points: int = POINTS) -> Path:
    """RTMPose's format, input `size` (W, H): point k lies where channel k % 3 of its input is brightest."""
    width, height = size
    nodes = [*_brightest("x", 2, width), *_brightest("y", 3, height)]
    nodes += [helper.make_node("Gather", [f"bins_{axis}", "channel"], [f"simcc_{axis}"], axis=1) for axis in "xy"]
    constants = {"channel": _channels(points), "twice": np.array([1, 1, 1, 2])}
    for axis, length in (("x", width), ("y", height)):
        constants[f"as_column_{axis}"] = np.array([1, 3, length, 1])
        constants[f"as_row_{axis}"] = np.array([1, 3, 2 * length])
    outputs = {"simcc_x": [1, points, 2 * width], "simcc_y": [1, points, 2 * height]}
    return _write(path, nodes, constants, [1, 3, height, width], outputs)


def heat_map_pose(path: Path, size: tuple[int, int], points: int = POINTS) -> Path:
    """ViTPose's format, input `size` (W, H): as `simcc_pose`, by maps of a quarter of the size."""
    width, height = size
    nodes = [
        helper.make_node("AveragePool", ["input"], ["small"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Relu", ["small"], ["bright"]),
        helper.make_node("Gather", ["bright", "channel"], ["heatmaps"], axis=1),
    ]
    outputs = {"heatmaps": [1, points, height // 4, width // 4]}
    return _write(path, nodes, {"channel": _channels(points)}, [1, 3, height, width], outputs)


def boxes_detector(path: Path, side: int, boxes: Float32, labels: list[int], red: tuple[float, float] = RAW) -> Path:
    """A detector with NMS inside (YOLOX and RTMDet as mmdeploy exports them): `boxes` (M, 4) in px of its input.

    A box's score is the brightest red in the columns that it spans, BGR, from 0 to 1 between the values `red`.
    """
    nodes = [
        helper.make_node("Gather", ["input", "red"], ["red_plane"], axis=1),
        helper.make_node("ReduceMax", ["red_plane"], ["columns"], axes=[1, 2], keepdims=0),
        helper.make_node("Unsqueeze", ["columns", "one"], ["row"]),
        helper.make_node("Sub", ["row", "none"], ["above"]),
        helper.make_node("Mul", ["above", "spans"], ["under"]),
        helper.make_node("ReduceMax", ["under"], ["brightest"], axes=[2], keepdims=1),
        helper.make_node("Div", ["brightest", "range"], ["scores"]),
        helper.make_node("Concat", ["boxes", "scores"], ["dets"], axis=2),
        helper.make_node("Identity", ["found_labels"], ["labels"]),
    ]
    spans = np.zeros((1, len(boxes), side), np.float32)
    for row, (left, _, right, _) in zip(spans[0], boxes, strict=True):
        row[int(left) : int(right)] = 1
    constants = {
        "red": np.array([BGR_RED]),
        "one": np.array([1]),
        "spans": spans,
        "none": np.array(red[0], np.float32),
        "range": np.array(red[1] - red[0], np.float32),
        "boxes": boxes[None].astype(np.float32),
        "found_labels": np.array([labels]),
    }
    return _write(
        path, nodes, constants, [1, 3, side, side], {"dets": [1, len(boxes), 5], "labels": [1, len(boxes)]}, "labels"
    )


def raw_detector(path: Path, side: int, boxes: Float32, labels: list[int]) -> Path:
    """YOLOX's own export, without NMS: (1, cells, 85) offsets; `boxes` (M, 4) are there if the input has any red."""
    cells = sum((side // stride) ** 2 for stride in (8, 16, 32))
    raw = np.zeros((1, cells, 85), np.float32)
    objectness = np.zeros_like(raw)
    for cell, ((left, top, right, bottom), label) in enumerate(zip(boxes, labels, strict=True)):  # the first row
        raw[0, cell, :2] = (left + right) / 16 - cell, (top + bottom) / 16
        raw[0, cell, 2:4] = np.log([(right - left) / 8, (bottom - top) / 8])
        raw[0, cell, 4] = -RAW[0] / (RAW[1] - RAW[0])
        raw[0, cell, 5 + label] = 1
        objectness[0, cell, 4] = 1 / (RAW[1] - RAW[0])
    nodes = [
        helper.make_node("Gather", ["input", "red"], ["red_plane"], axis=1),
        helper.make_node("ReduceMax", ["red_plane"], ["brightest"], keepdims=0),
        helper.make_node("Mul", ["objectness", "brightest"], ["seen"]),
        helper.make_node("Add", ["raw", "seen"], ["output"]),
    ]
    constants = {"red": np.array([BGR_RED]), "raw": raw, "objectness": objectness}
    return _write(path, nodes, constants, [1, 3, side, side], {"output": list(raw.shape)})


def tiny_sam2(folder: Path, side: int = 64) -> Path:
    """SAM 2 for video of random weights, input `side` (a multiple of 32), as `save_pretrained` writes it."""
    import torch
    from transformers import Sam2VideoModel

    torch.manual_seed(0)
    model = Sam2VideoModel(_sam2_config(side))
    torch.nn.init.constant_(model.mask_decoder.pred_obj_score_head.proj_out.bias, 100)  # it always sees somebody
    model.save_pretrained(folder)
    return folder


def _sam2_config(side: int) -> Any:
    from transformers import Sam2HieraDetConfig, Sam2VideoConfig, Sam2VisionConfig
    from transformers.models.sam2_video import Sam2VideoMaskDecoderConfig, Sam2VideoPromptEncoderConfig

    sizes = [[side // stride, side // stride] for stride in (4, 8, 16)]
    backbone = Sam2HieraDetConfig(
        hidden_size=8,
        image_size=[side, side],
        blocks_per_stage=[1, 1, 2, 1],
        embed_dim_per_stage=[8, 16, 32, 64],
        num_attention_heads_per_stage=[1, 1, 1, 1],
        window_size_per_stage=[4, 4, 4, 4],
        global_attention_blocks=[3],
    )
    vision = Sam2VisionConfig(
        backbone_config=backbone,
        backbone_channel_list=[64, 32, 16, 8],
        backbone_feature_sizes=sizes,
        fpn_hidden_size=128,
    )
    return Sam2VideoConfig(
        vision_config=vision,
        prompt_encoder_config=Sam2VideoPromptEncoderConfig(hidden_size=128, image_size=side, mask_input_channels=4),
        mask_decoder_config=Sam2VideoMaskDecoderConfig(
            hidden_size=128, mlp_dim=32, num_attention_heads=2, iou_head_hidden_dim=16
        ),
        image_size=side,
        memory_attention_hidden_size=128,
        memory_attention_num_layers=1,
        memory_attention_feed_forward_hidden_size=32,
        memory_attention_rope_feat_sizes=sizes[-1],
        memory_encoder_hidden_size=128,
        memory_encoder_output_channels=64,  # the attention knows no other
        mask_downsampler_embed_dim=128,
        memory_fuser_embed_dim=128,
        memory_fuser_intermediate_dim=32,
        initializer_range=0.3,
    )


def _brightest(axis: str, over: int, length: int) -> list[onnx.NodeProto]:
    """Nodes from the input to `bins_<axis>` (1, 3, 2 * length): a channel's maximum over the other axis, twice each."""
    return [
        helper.make_node("ReduceMax", ["input"], [f"profile_{axis}"], axes=[over], keepdims=0),
        helper.make_node("Reshape", [f"profile_{axis}", f"as_column_{axis}"], [f"column_{axis}"]),
        helper.make_node("Tile", [f"column_{axis}", "twice"], [f"pairs_{axis}"]),
        helper.make_node("Reshape", [f"pairs_{axis}", f"as_row_{axis}"], [f"bins_{axis}"]),
    ]


def _channels(points: int) -> np.ndarray:
    return np.arange(points) % 3


def _write(
    path: Path,
    nodes: list[onnx.NodeProto],
    constants: dict[str, np.ndarray],
    taken: list[int],
    given: dict[str, list[int]],
    whole_numbers: str = "",
) -> Path:
    """Save a checked graph: `taken` is the shape of its one input, `given` its outputs by name."""
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, taken)],
        [
            helper.make_tensor_value_info(
                name, TensorProto.INT64 if name == whole_numbers else TensorProto.FLOAT, shape
            )
            for name, shape in given.items()
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    return path
