"""An ONNX graph while it is being written: values with the order of their axes, nodes, weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kerasport.exporter.formats.onnx.messages import FLOAT, Attribute, operation, tensor
from kerasport.exporter.graph import Shape
from kerasport.exporter.stored_weight import StoredWeight

__all__ = ["Draft", "Value"]


@dataclass(frozen=True)
class Value:
    """What a node gives.

    Attributes:
        name: in the file.
        shape: without the batch, channels last, as the graph has it.
        first: whether channels come first in the file; only of height, width and channels.
    """

    name: str
    shape: Shape
    first: bool = False

    @property
    def channel_axis(self) -> int:
        """Where the last axis of `shape` is in the file, the batch counting as 0."""
        return 1 if self.first else len(self.shape)

    def axis(self, place: int) -> int:
        """Return where an axis of `shape`, counted from 0, is in the file."""
        return (2, 3, 1)[place] if self.first else place + 1


class Draft:
    """Collects what a graph is made of.

    ONNX computes pictures with channels first. A value keeps the order that its maker gave it, and
    is turned, once, where a reader needs the other one: for a network of convolutions that is
    behind the input and before a flattening, and nowhere else.
    """

    def __init__(self) -> None:
        self.nodes: list[bytes] = []
        self.weights: list[bytes] = []
        self._taken: set[str] = set()
        self._makers: dict[str, str] = {}
        self._turned: dict[tuple[str, bool], Value] = {}

    def name(self, wanted: str) -> str:
        """Return a name that nothing has yet."""
        found, number = wanted, 0
        while found in self._taken:
            number += 1
            found = f"{wanted}_{number}"
        self._taken.add(found)
        return found

    def add(
        self,
        kind: str,
        inputs: Sequence[Value | str],
        result: Value,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> Value:
        """Add an operation of ONNX; return `result` under the name that it has in the file."""
        output = self.name(result.name)
        names = [each if isinstance(each, str) else each.name for each in inputs]
        self.nodes.append(operation(kind, output, names, [output], attributes or {}))
        self._makers[output] = kind
        return replace(result, name=output)

    def maker(self, value: Value) -> str | None:
        """Return the operation that gives a value; None of what goes into the model."""
        return self._makers.get(value.name)

    def constant(self, name: str, array: NDArray[np.generic]) -> str:
        """Add float32 or int64 values; return their name."""
        floating = np.issubdtype(array.dtype, np.floating)
        return self._stored(name, array.astype("<f4" if floating else "<i8"))

    def weight(self, name: str, stored: StoredWeight, axes: Sequence[int], shape: Shape) -> str:
        """Add a weight in the type in which it is stored; return the name of its float32 values.

        Args:
            name: how it is called.
            stored: as the bundle holds it.
            axes: the order in which ONNX has its axes.
            shape: what they are put together to then.
        """
        data = np.ascontiguousarray(stored.data.transpose(axes)).reshape(shape)
        kind = stored.quantization
        if kind is None:
            return self._stored(name, data)
        raw = Value(self._stored(f"{name}_stored", data), shape)
        # Runtimes do this once, while they load: what follows is constant.
        whole = self.add("Cast", [raw], Value(name, shape), {"to": FLOAT})
        if "scale" not in kind:
            return whole.name
        for operator, key in (("Mul", "scale"), ("Add", "min")):
            number = self.constant(f"{name}_{key}", np.asarray(kind[key], np.float32))
            whole = self.add(operator, [whole, number], Value(name, shape))
        return whole.name

    def _stored(self, name: str, array: NDArray[np.generic]) -> str:
        found = self.name(name)
        self.weights.append(tensor(found, array))
        return found

    def turned(self, value: Value, *, first: bool) -> Value:
        """Return a value with its channels first, or last."""
        if len(value.shape) != 3 or value.first == first:
            return value
        key = value.name, first
        if key not in self._turned:
            self._turned[key] = self._turn(value, first)
        return self._turned[key]

    def _turn(self, value: Value, first: bool) -> Value:
        height, width, channels = value.shape
        name = f"{value.name}_{'first' if first else 'last'}"
        result = Value(name, value.shape, first)
        if 1 in (height * width, channels):
            # The values lie in the same order.
            return self.reshape(value, result)
        order = [0, 3, 1, 2] if first else [0, 2, 3, 1]
        return self.add("Transpose", [value], result, {"perm": order})

    def reshape(self, value: Value, result: Value) -> Value:
        """Return the same values, in the same order, in the shape that `result` has in the file."""
        height_first = (result.shape[-1], *result.shape[:-1]) if result.first else result.shape
        sides = self.constant(f"{result.name}_shape", np.array([0, *height_first]))
        return self.add("Reshape", [value, sides], result)
