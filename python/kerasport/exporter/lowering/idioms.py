"""Several operations that are one thing together, which can be expressed where each cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from kerasport.exporter.graph.edits import readers_of
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.lowering.configuration import pair
from kerasport.exporter.lowering.operations.operands import constant_of

__all__ = ["recognized"]


def recognized(graph: Graph) -> Iterator[Node]:
    """Yield the nodes of a graph as it was read, those together that are one thing.

    | as it was read | as it is yielded |
    |---|---|
    | padding with -inf before nothing but maximum pooling | padding with what is at the edge |
    | `x * rsqrt(mean(square(x)) + epsilon)` | `rms_normalization(x)` |
    """
    whole = {node.name: _normalized(graph, node) or _padded(graph, node) for node in graph}
    needed = _needed(graph, whole)
    for name, node in whole.items():
        if name in needed:
            yield node or graph.nodes[name]


def _needed(graph: Graph, whole: dict[str, Node | None]) -> set[str]:
    """Return the nodes that are read, or were not read before either."""
    inside: set[str] = set()
    for name, node in whole.items():
        if node is not None and node.inputs != graph.nodes[name].inputs:
            inside |= set(_behind(graph, name, stop=node.inputs))
    read = {
        source
        for name, node in whole.items()
        if name not in inside
        for source in (node or graph.nodes[name]).inputs
    }
    return {name for name in graph.nodes if name not in inside or name in read}


def _behind(graph: Graph, name: str, *, stop: Iterable[str]) -> Iterator[str]:
    """Yield the names of the nodes that a node is computed from, as far as those in `stop`."""
    for source in graph.nodes[name].inputs:
        if source not in stop:
            yield source
            yield from _behind(graph, source, stop=stop)


def _padded(graph: Graph, node: Node) -> Node | None:
    """Return the padding that gives the same maxima as one with -inf does.

    A window that reaches over the edge has the value at the edge inside, so that a copy of it
    changes no maximum.
    """
    if node.class_name != "operation:Pad" or _fill(node) != -np.inf:
        return None
    widths = [list(map(int, each)) for each in node.config["pad_width"]]
    for reader in readers_of(graph, node.name):
        size = reader.config.get("pool_size")
        if (
            reader.class_name not in ("MaxPooling2D", "operation:MaxPool")
            or reader.config.get("padding") != "valid"
            or reader.config.get("data_format") == "channels_first"
            or len(widths) != 4
            or any(widths[0] + widths[3])
            or max(widths[1]) >= pair(size)[0]
            or max(widths[2]) >= pair(size)[1]
        ):
            return None
    settings = {**node.config, "arguments": [None], "constant_values": None}
    if _is_never_negative(graph.nodes[node.inputs[0]]):
        return replace(node, config={**settings, "mode": "constant"})
    return replace(node, config={**settings, "mode": "edge"})


def _fill(node: Node) -> object:
    given = [each for each in node.config.get("arguments", []) if each is not None]
    numbers = [constant_of(each) for each in given if not isinstance(each, (str, list, tuple))]
    return numbers[-1] if numbers else node.config.get("constant_values")


def _is_never_negative(node: Node) -> bool:
    if node.class_name in ("operation:Relu", "operation:Relu6"):
        return True
    if node.class_name == "ReLU":
        return not node.config.get("negative_slope") and not node.config.get("threshold")
    return node.config.get("activation") in ("relu", "relu6")


def _normalized(graph: Graph, node: Node) -> Node | None:
    """Return the normalization that a product with a root is."""
    if node.class_name != "operation:Multiply" or len(node.inputs) != 2:
        return None
    for source, other in (node.inputs, node.inputs[::-1]):
        epsilon, axis = _root_of_squares(graph, graph.nodes[other], source)
        if epsilon is not None:
            settings = {"axis": axis, "epsilon": epsilon, "arguments": [None]}
            return Node(node.name, "operation:RMSNorm", settings, [source])
    return None


def _root_of_squares(graph: Graph, root: Node, of: str) -> tuple[float | None, object]:
    """Return epsilon and axis where `root` is 1 / sqrt(mean(of ** 2) + epsilon)."""
    if root.class_name != "operation:Rsqrt":
        return None, None
    total = graph.nodes[root.inputs[0]]
    if total.class_name != "operation:Add" or len(total.inputs) != 1:
        return None, None
    mean = graph.nodes[total.inputs[0]]
    if mean.class_name != "operation:Mean" or not mean.config.get("keepdims"):
        return None, None
    square = graph.nodes[mean.inputs[0]]
    squared = square.class_name == "operation:Square" or (
        square.class_name == "operation:Multiply" and square.inputs in ([of], [of, of])
    )
    given = [each for each in total.config.get("arguments", []) if each is not None]
    if not squared or square.inputs[0] != of or np.size(constant_of(given[0])) != 1:
        return None, None
    return float(np.asarray(constant_of(given[0])).reshape(())), mean.config.get("axis")
