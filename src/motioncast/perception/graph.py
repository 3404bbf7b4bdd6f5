"""Cutting a TFLite flatbuffer into models that hold parts of its graph."""

from collections.abc import Iterable, Sequence
from typing import Any

import flatbuffers
import numpy as np


class Graph:
    """The parsed flatbuffer, and cuts of it."""

    def __init__(self, model: bytes, schema: Any) -> None:
        self.model, self.schema = model, schema
        self.tree = self._parse()
        self.graph = self.tree.subgraphs[0]
        self.ops: Sequence[Any] = self.graph.operators

    def _parse(self) -> Any:
        return self.schema.ModelT.InitFromObj(self.schema.Model.GetRootAs(self.model))

    def custom(self, prefix: bytes) -> list[Any]:
        return [op for op in self.ops if (self._name(op) or b"").startswith(prefix)]

    def _name(self, op: Any) -> bytes | None:
        name: bytes | None = self.tree.operatorCodes[op.opcodeIndex].customCode
        return name

    def reached(self, tensors: Iterable[int]) -> set[int]:
        """Ordinary operators that depend on `tensors`, not looking through custom ones."""
        seen, found = set(tensors), set()
        for number, op in enumerate(self.ops):
            if not self._name(op) and any(int(i) in seen for i in op.inputs):
                found.add(number)
                seen.update(int(o) for o in op.outputs)
        return found

    def unpackers(self) -> set[int]:
        """Operators that only unpack stored weights; every part of the graph may need them."""
        stored = {i for i, t in enumerate(self.graph.tensors) if self._stored(t)}
        found = set()
        for number, op in enumerate(self.ops):
            if not self._name(op) and len(op.inputs) and all(int(i) in stored or int(i) < 0 for i in op.inputs):
                found.add(number)
                stored.update(int(o) for o in op.outputs)
        return found

    def _stored(self, tensor: Any) -> bool:
        data = self.tree.buffers[tensor.buffer].data
        return data is not None and len(data) > 0

    def cut(self, keep: set[int], inputs: list[int], outputs: list[int]) -> bytes:
        """A model of its own made of the operators `keep`, as far as `outputs` need them."""
        tree = self._parse()
        graph = tree.subgraphs[0]
        needed, kept = set(outputs), []
        for number in sorted(keep, reverse=True):
            op = graph.operators[number]
            if needed & {int(o) for o in op.outputs}:
                kept.append(number)
                needed |= {int(i) for i in op.inputs}
        graph.operators = [graph.operators[number] for number in sorted(kept)]
        graph.inputs, graph.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
        tree.signatureDefs = []
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(tree.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def needed(self, outputs: Iterable[int]) -> set[int]:
        """Operators that `outputs` depend on."""
        tensors, found = set(outputs), set()
        for number in range(len(self.ops) - 1, -1, -1):
            if tensors & {int(o) for o in self.ops[number].outputs}:
                found.add(number)
                tensors |= {int(i) for i in self.ops[number].inputs}
        return found


def split_off(model: bytes, schema: Any, output: int) -> tuple[bytes, bytes]:
    """Two models: one with all outputs but number `output`, followed by what the other makes that one output from."""
    graph = Graph(model, schema)
    outputs = [int(o) for o in graph.graph.outputs]
    late = outputs.pop(output)
    weights = graph.unpackers()
    first = graph.needed(outputs)
    second = graph.needed([late]) - first - weights
    made = {int(o) for number in first - weights for o in graph.ops[number].outputs}
    border = sorted({int(i) for number in second for i in graph.ops[number].inputs} & made)
    inputs = [int(i) for i in graph.graph.inputs]
    return graph.cut(first | weights, inputs, [*outputs, *border]), graph.cut(second | weights, border, [late])
