"""The networks' engine: weights in, typed calls out, over LiteRT. The only module that imports LiteRT.

XNNPACK is on by default; running a network releases the interpreter lock, so networks run side by side in threads, but
one object must only be used by one thread at a time. Two weights files run as two graphs each; the cut graphs are kept
beside the weights.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from motioncast.arrays import Float32, Floats, Image
from motioncast.models import SHA256, model_bytes
from motioncast.perception import attention_mesh
from motioncast.perception.banner import without_banner
from motioncast.perception.graph import split_off
from motioncast.perception.graph_store import kept

_POSE_FILE, _MESH_FILE = "pose_landmark_full.tflite", "face_landmark_with_attention.tflite"
_MASK_OUTPUT = 2  #: number of the mask among the outputs of the pose network


class Network:
    """One set of weights, to be run on one thread, loaded when it first runs: every thread loads its own side by side.

    Running raises `ProcessingError` when the weights are missing or damaged.
    """

    def __init__(self, content: Callable[[], bytes]) -> None:
        self._content = content

    @classmethod
    def from_file(cls, name: str, models: Path) -> "Network":
        """The weights file `name` of the folder `models`."""
        return cls(lambda: model_bytes(name, models))

    @cached_property
    def _interpreter(self) -> Interpreter:
        with without_banner():
            interpreter = Interpreter(model_content=self._content(), num_threads=1)
            interpreter.allocate_tensors()
        return interpreter

    @cached_property
    def _inputs(self) -> list[int]:
        return [d["index"] for d in self._interpreter.get_input_details()]

    @cached_property
    def _outputs(self) -> list[int]:
        return [d["index"] for d in self._interpreter.get_output_details()]

    def __call__(self, *inputs: Float32, outputs: int | None = None) -> list[Float32]:
        """Run on arrays without their batch axis; the first `outputs` results, all by default, without theirs."""
        for index, value in zip(self._inputs, inputs, strict=True):
            self._interpreter.set_tensor(index, value[None])
        return self._run(outputs)

    def see(self, crop: Image, signed: bool = False, outputs: int | None = None) -> list[Float32]:
        """Run on an (S, S, 3) uint8 crop, as values of 0..1, or of -1..1 where `signed`."""
        self._show(crop, signed)
        return self._run(outputs)

    def _show(self, crop: Image, signed: bool) -> None:
        # straight into the network's memory; the view must be gone before the network runs
        view = self._interpreter.tensor(self._inputs[0])()[0]
        np.multiply(crop, np.float32((2 if signed else 1) / 255), out=view, dtype=np.float32)
        if signed:
            view -= 1.0

    def _run(self, outputs: int | None) -> list[Float32]:
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index)[0] for index in self._outputs[:outputs]]


def sigmoid(x: Floats) -> Float32:
    """Logistic function, safe for any x."""
    return (1.0 / (1.0 + np.exp(-np.clip(x, -80, 80)))).astype(np.float32)


@dataclass(frozen=True)
class Points:
    """Landmarks of one face or hand."""

    score: float  #: 0..1, that the region shows one
    points_px: Float32  #: (K, 3)


@cache
def pose_parts(models: Path) -> tuple[bytes, bytes]:
    """BlazePose as two models: landmarks (and what the mask is made from), and the mask."""

    def cut() -> tuple[bytes, ...]:
        from ai_edge_litert import schema_py_generated  # large, and only needed once

        return split_off(model_bytes(_POSE_FILE, models), schema_py_generated, _MASK_OUTPUT)

    landmarks, mask = kept(models, _POSE_FILE, SHA256[_POSE_FILE], cut)
    return landmarks, mask


@cache
def mesh_parts(models: Path) -> attention_mesh.SplitMesh:
    """The face mesh with attention, cut where LiteRT lacks its operators."""

    def cut() -> tuple[bytes, ...]:
        from ai_edge_litert import schema_py_generated

        return attention_mesh.split(model_bytes(_MESH_FILE, models), schema_py_generated).pack()

    return attention_mesh.SplitMesh.unpack(kept(models, _MESH_FILE, SHA256[_MESH_FILE], cut))
