"""The small graph that stands between Keras and TensorFlow.js.

A model enters as nodes with Keras 3 configurations and named arrays, passes rewrite the nodes,
and what leaves is topology plus arrays. Pure Python and numpy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Graph", "Node", "Weights"]

Weights = dict[str, NDArray[np.generic]]
"""Arrays of one layer by variable name, in the order in which TensorFlow.js lists them.

As they were read they have the dtype of the file. In a lowered graph all are float64, so that
nothing is rounded but once: when they are written.
"""


@dataclass
class Node:
    """One call of one layer; its output is known by the node's name."""

    name: str
    class_name: str
    config: dict[str, Any]
    inputs: list[str] = field(default_factory=list)
    weights: Weights = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"{self.class_name}({self.name!r} <- {', '.join(self.inputs) or 'nothing'})"


@dataclass
class Graph:
    """Nodes in topological order with one input and one output."""

    name: str
    nodes: dict[str, Node]
    input: str
    output: str

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    def fresh_name(self, wanted: str) -> str:
        """Return `wanted`, or `wanted_1`, `wanted_2` ... when it is taken."""
        name, number = wanted, 0
        while name in self.nodes:
            number += 1
            name = f"{wanted}_{number}"
        return name

    def append(self, node: Node) -> None:
        """Add a node behind the present output and make it the output."""
        node.inputs = [self.output]
        self.nodes[node.name] = node
        self.output = node.name

    def count_parameters(self) -> int:
        """Return the number of values in all weights."""
        return sum(int(array.size) for node in self for array in node.weights.values())
