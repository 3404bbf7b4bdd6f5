"""`face_landmark_with_attention` on plain LiteRT: the split of its graph, and its three custom operators.

The graph is a backbone (a feature map and a mesh of 468 points), then, for the lips and each eye, a crop of the feature
map through an affine made from mesh points (`Landmarks2TransformMatrix`, `TransformTensorBilinear`), a small network on
the crop, and the way back to the picture (`TransformLandmarks`). LiteRT lacks those operators, so the flatbuffer is cut
there into two graphs it can run. Grishchenko et al., "Attention Mesh" (2020).
"""

import json
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from flatbuffers import flexbuffers

from motioncast.arrays import Float32, Float64, Floats, Int32
from motioncast.perception.graph import Graph


@dataclass(frozen=True)
class CropSpec:
    """Options of one crop of the feature map."""

    left: int  #: mesh point at the left end of the crop's horizontal axis
    right: int  #: mesh point at its right end
    points: Int32  #: mesh points the crop encloses, in the order of the refined points it yields
    size: int  #: side of the crop in feature cells
    scale: float  #: how much larger than the enclosed points


@dataclass(frozen=True)
class SplitMesh:
    """The two graphs and how they are joined."""

    backbone: (
        bytes  #: outputs: feature map, then one mesh a crop (in feature cells), then mesh (crop pixels), face flag
    )
    heads: bytes  #: inputs: one feature crop a spec; outputs: one set of points a `head_crop`
    crops: tuple[CropSpec, ...]
    input_crop: tuple[int, ...]  #: crop that each input of `heads` takes
    head_crop: tuple[int, ...]  #: crop through which each output of `heads` goes back

    def pack(self) -> tuple[bytes, bytes, bytes]:
        """The two graphs, and the rest as JSON."""
        crops = [{**vars(crop), "points": crop.points.tolist()} for crop in self.crops]
        rest = {"crops": crops, "input_crop": self.input_crop, "head_crop": self.head_crop}
        return self.backbone, self.heads, json.dumps(rest).encode()

    @classmethod
    def unpack(cls, parts: tuple[bytes, ...]) -> "SplitMesh":
        """From what `pack` made."""
        backbone, heads, text = parts
        rest = json.loads(text)
        crops = (CropSpec(**crop) for crop in rest["crops"])
        return cls(
            backbone=backbone,
            heads=heads,
            crops=tuple(replace(crop, points=np.asarray(crop.points, np.int32)) for crop in crops),
            input_crop=tuple(rest["input_crop"]),
            head_crop=tuple(rest["head_crop"]),
        )


def split(model: bytes, schema: Any) -> SplitMesh:
    """Cut the weights file in two. `schema` is the module of the generated TFLite flatbuffer classes."""
    graph = Graph(model, schema)
    matrices = graph.custom(b"Landmarks2")
    crops, backs = graph.custom(b"TransformTensor"), graph.custom(b"TransformLandmarks")
    matrix_outputs = [int(op.outputs[0]) for op in matrices]
    here = graph.reached([*matrix_outputs, *(int(op.outputs[0]) for op in backs)])  # done in numpy
    crop_outputs = [int(op.outputs[0]) for op in crops]
    weights = graph.unpackers()
    heads = graph.reached(crop_outputs) - here
    ordinary = graph.reached([int(graph.graph.inputs[0])]) - here - heads
    made = {int(o) for number in ordinary for o in graph.ops[number].outputs}
    finals = [int(o) for o in graph.graph.outputs if int(o) in made]
    # a matrix reaches TransformLandmarks rescaled from feature cells to crop pixels
    rescaled = {int(graph.ops[n].outputs[0]): int(graph.ops[n].inputs[0]) for n in here}
    meshes = [int(op.inputs[0]) for op in matrices]
    return SplitMesh(
        backbone=graph.cut(
            ordinary | weights, [int(graph.graph.inputs[0])], [int(crops[0].inputs[0]), *meshes, *finals]
        ),
        heads=graph.cut(heads | weights, crop_outputs, [int(op.inputs[0]) for op in backs]),
        crops=tuple(_spec(bytes(op.customOptions)) for op in matrices),
        input_crop=tuple(matrix_outputs.index(int(op.inputs[1])) for op in crops),
        head_crop=tuple(matrix_outputs.index(rescaled[int(op.inputs[1])]) for op in backs),
    )


def _spec(options: bytes) -> CropSpec:
    """Read the flexbuffer of a `Landmarks2TransformMatrix`."""
    values = flexbuffers.Loads(options)
    return CropSpec(
        left=values["left_rotation_idx"],
        right=values["right_rotation_idx"],
        points=np.asarray(values["subset_idxs"], np.int32),
        size=values["output_width"],
        scale=values["scale_x"],
    )


def crop_affine(mesh: Floats, spec: CropSpec) -> Float64:
    """`Landmarks2TransformMatrix`: (2, 3) affine from crop cells to the frame of `mesh` (468, >=2)."""
    points = mesh[:, :2].astype(np.float64)
    along = points[spec.right] - points[spec.left]
    along /= np.linalg.norm(along) + 1e-9
    axes = np.array([along, [-along[1], along[0]]])
    inside = points[spec.points] @ axes.T
    low, high = inside.min(axis=0), inside.max(axis=0)
    step = (spec.scale * (high - low) / spec.size)[:, None] * axes
    centre = (low + high) / 2 @ axes
    return np.column_stack([step[0], step[1], centre - step.sum(axis=0) * spec.size / 2])


def crop_features(features: Float32, affine: Float64, size: int) -> Float32:
    """`TransformTensorBilinear`: bilinear (size, size, C) crop of the map `features` (H, W, C), edges held."""
    height, width, channels = features.shape
    x, y = affine @ _grid(size)
    x0, y0 = np.floor(x), np.floor(y)
    tx, ty = (x - x0).astype(np.float32)[:, None], (y - y0).astype(np.float32)[:, None]
    column, row = x0.astype(np.intp), y0.astype(np.intp)
    left, right = column.clip(0, width - 1), (column + 1).clip(0, width - 1)
    above, below = row.clip(0, height - 1) * width, (row + 1).clip(0, height - 1) * width
    flat = features.reshape(-1, channels)
    corners = flat.take(np.stack([above + left, above + right, below + left, below + right]), axis=0)
    sides = corners[0::2] + (corners[1::2] - corners[0::2]) * tx
    crop: Float32 = (sides[0] + (sides[1] - sides[0]) * ty).reshape(size, size, channels)
    return crop


@cache
def _grid(size: int) -> Float64:
    """(3, size²) homogeneous x, y of the cells of a crop."""
    column, row = np.meshgrid(np.arange(size), np.arange(size))
    return np.stack([column.ravel(), row.ravel(), np.ones(size * size)])
