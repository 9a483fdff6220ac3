"""One layer on its way into an ONNX graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasport.exporter.formats.onnx.draft import Draft, Value
from kerasport.exporter.formats.onnx.messages import Attribute
from kerasport.exporter.graph import Node, Shape
from kerasport.exporter.stored_weight import StoredWeight, quantize_array

__all__ = ["OnnxStep", "Rule"]


@dataclass(frozen=True)
class OnnxStep:
    """A layer, what feeds it, and the draft that it goes into.

    Attributes:
        draft: the ONNX graph.
        node: the layer.
        inputs: what feeds it.
        shape: of its output, without the batch.
        stored: `layer/weight` -> how it is stored; float32 what is not listed.
    """

    draft: Draft
    node: Node
    inputs: Sequence[Value]
    shape: Shape
    stored: Mapping[str, StoredWeight]

    @property
    def config(self) -> Mapping[str, Any]:
        """The settings of the layer."""
        return self.node.config

    def only(self, *, first: bool | None = None) -> Value:
        """Return the only input; with `first` true or false its channels first or last."""
        value = self.inputs[0]
        return value if first is None else self.draft.turned(value, first=first)

    def like(self, value: Value, what: str = "") -> Value:
        """Return a value for an output with the order of axes that `value` has."""
        is_first = value.first and len(self.shape) == 3
        return Value(self.node.name + what, self.shape, is_first)

    def add(
        self,
        kind: str,
        inputs: Sequence[Value | str],
        result: Value,
        **attributes: Attribute,
    ) -> Value:
        """Add an operation of ONNX."""
        return self.draft.add(kind, inputs, result, attributes)

    def constant(self, what: str, values: Any) -> str:
        """Add numbers under the layer's name and `what`; floats are rounded to float32."""
        return self.draft.constant(f"{self.node.name}_{what}", np.asarray(values))

    def array(self, variable: str) -> NDArray[np.float64] | None:
        """Return a weight in float64; None where the layer has none of that name."""
        found = self.node.weights.get(variable)
        return None if found is None else np.asarray(found, np.float64)

    def weight(self, variable: str, axes: Sequence[int] | None = None, shape: Shape = ()) -> str:
        """Add a weight as it is stored; return its name.

        Args:
            variable: which one.
            axes: the order of its axes in ONNX; its own by default.
            shape: what they are put together to then; as they are by default.
        """
        array = self.node.weights[variable]
        order = range(array.ndim) if axes is None else axes
        sides = shape or tuple(array.shape[axis] for axis in order)
        key = f"{self.node.name}/{variable}"
        stored = self.stored.get(key) or quantize_array(array, "float32")
        return self.draft.weight(f"{self.node.name}_{variable}", stored, tuple(order), sides)

    def along_channels(self, what: str, values: Any, value: Value) -> str:
        """Add one number per channel, so that it meets the channels of `value`."""
        array = np.asarray(values, np.float64).ravel()
        if value.first and array.size > 1:
            array = array.reshape(-1, 1, 1)
        return self.constant(what, array)


Rule: TypeAlias = Callable[[OnnxStep], Value]
"""Writes a layer, and returns what it gives."""
