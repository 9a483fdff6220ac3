"""What an operation works on: tensors, numbers and axes, as Keras writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.configuration import feature_axes
from kerasport.exporter.lowering.refused import Unsupported

__all__ = ["axes_of", "constant_of", "only_constant", "operands_of", "tensors_of"]


def constant_of(value: Any) -> Any:
    """Return a number or an array out of an argument as Keras writes it, None for a tensor."""
    if isinstance(value, Mapping) and value.get("class_name") in ("__numpy__", "__tensor__"):
        return np.asarray(value["config"]["value"], np.float64)
    if value is None or isinstance(value, (int, float)):
        return value
    try:
        return np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise Unsupported(
            f"its operand {value!r} is neither a tensor nor a number",
            "use a layer instead of an operation on tensors",
        ) from None


def operands_of(node: Node) -> list[Any]:
    """Return the arguments: None for a tensor, in its place, or the constant."""
    return [constant_of(operand) for operand in node.config.get("arguments", [])]


def tensors_of(build: Builder, operands: list[Any]) -> tuple[str, str] | None:
    """Return two tensors, brought to one rank as numpy would, or None when one is a constant."""
    if not all(operand is None for operand in operands):
        return None
    names = build.inputs if len(build.inputs) == 2 else build.inputs * 2
    ranks = [len(build.shape(name)) for name in names]
    if ranks[0] != ranks[1]:
        # numpy would take the batch of the smaller one for a side of the larger.
        raise Unsupported("its two tensors differ in rank", "give them equal ranks with Reshape")
    return names[0], names[1]


def only_constant(operands: list[Any]) -> Any:
    return np.asarray(next(operand for operand in operands if operand is not None))


def axes_of(node: Node, build: Builder) -> list[int]:
    return feature_axes(node.config.get("axis"), len(build.shape()))
