"""What running a graph costs: layers, multiply-adds, parameters."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.graph.shapes import Shape, graph_shapes

__all__ = ["RULES", "Cost", "cost_of"]


@dataclass(frozen=True)
class Cost:
    """Cost of one picture's way through a graph.

    Attributes:
        layers: layers of TensorFlow.js, the input among them.
        multiply_adds: multiplications of a value by a weight, each with its addition.
        parameters: values in all weights.
    """

    layers: int
    multiply_adds: int
    parameters: int

    def to_dict(self) -> dict[str, int]:
        """Return the figures in camelCase."""
        return {
            "layers": self.layers,
            "multiplyAdds": self.multiply_adds,
            "parameters": self.parameters,
        }


def cost_of(graph: Graph) -> Cost:
    """Return the cost of a lowered graph.

    Counted are convolutions, dense layers, and one multiply-add per value for normalisations
    and scalings. Activations, pooling and sums of layers count as none, and so do biases.
    """
    shapes = graph_shapes(graph)
    total = 0
    for node in graph:
        rule = RULES.get(node.class_name)
        if rule is not None:
            total += rule(node, shapes[node.inputs[0]], shapes[node.name])
    return Cost(len(graph.nodes), total, graph.count_parameters())


def _per_output(node: Node, before: Shape, after: Shape) -> int:
    # Every output pixel meets every value of the kernel once.
    key = "depthwise_kernel" if node.class_name == "DepthwiseConv2D" else "kernel"
    return math.prod(after[:-1]) * int(node.weights[key].size)


def _per_input(node: Node, before: Shape, after: Shape) -> int:
    return math.prod(before[:-1]) * int(node.weights["kernel"].size)


def _per_value(node: Node, before: Shape, after: Shape) -> int:
    return math.prod(after)


RULES: dict[str, Callable[[Node, Shape, Shape], int]] = {
    "BatchNormalization": _per_value,
    "Conv2D": _per_output,
    "Conv2DTranspose": _per_input,
    "Dense": _per_output,
    "DepthwiseConv2D": _per_output,
    "LayerNormalization": _per_value,
    "Rescaling": _per_value,
}
"""Class of TensorFlow.js -> multiply-adds, by the shapes before and behind; others count none."""
