"""Passes that take away what does nothing: identities, steps undone, unused and equal layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasport.exporter.graph.edits import only_source_of, remove, scales_input
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.graph.shapes import Shape, graph_shapes
from kerasport.exporter.passes.affine import affine_of

__all__ = ["remove_identities", "remove_unused", "share_equal_layers"]

_MERGING = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply")
_REARRANGING = ("Flatten", "Reshape")

_IDENTITIES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "Activation": lambda config: config["activation"] == "linear",
    "AveragePooling2D": lambda config: config["pool_size"] == config["strides"] == [1, 1],
    "Cropping2D": lambda config: not np.any(config["cropping"]),
    "MaxPooling2D": lambda config: config["pool_size"] == config["strides"] == [1, 1],
    "Permute": lambda config: config["dims"] == sorted(config["dims"]),
    "UpSampling2D": lambda config: config["size"] == [1, 1],
    "ZeroPadding2D": lambda config: not np.any(config["padding"]),
}
"""Class of TensorFlow.js -> the settings with which it returns its input."""


def remove_identities(graph: Graph) -> bool:
    """Take out layers that return their input, and make one of two rearrangements in a row.

    Given: Dense -> Activation("linear") -> Reshape -> Reshape
    Result: Dense -> Reshape
    """
    shapes = graph_shapes(graph)
    changed = False
    for node in list(graph):
        if not node.inputs or scales_input(graph, node):
            continue
        if _is_identity(node, shapes):
            remove(graph, node)
            changed = True
            continue
        source = only_source_of(graph, node)
        if source is not None and source.inputs and _replaces(node, source):
            remove(graph, source)
            changed = True
    return changed


def remove_unused(graph: Graph) -> bool:
    """Take out layers that the output does not depend on.

    Given: Conv2D -+-> Dense, the output
                   +-> Dense
    Result: Conv2D -> Dense, the output
    """
    used = {graph.output, graph.input}
    for node in reversed(list(graph)):
        if node.name in used:
            used.update(node.inputs)
    unused = [name for name in graph.nodes if name not in used]
    for name in unused:
        del graph.nodes[name]
    return bool(unused)


def share_equal_layers(graph: Graph) -> bool:
    """Compute once what layers with equal settings, weights and inputs compute.

    Given: Conv2D -+-> ReLU -+-> Add
                   +-> ReLU -+
    Result: Conv2D -> ReLU ===> Add, which takes it twice
    """
    kept: list[Node] = []
    changed = False
    for node in list(graph):
        twin = next((other for other in kept if _equal(node, other)), None)
        if twin is None:
            kept.append(node)
        else:
            remove(graph, node, instead=twin.name)
            changed = True
    return changed


def _is_identity(node: Node, shapes: dict[str, Shape]) -> bool:
    before, after = shapes[node.inputs[0]], shapes[node.name]
    if node.class_name in _MERGING:
        return len(node.inputs) == 1
    if node.class_name in _REARRANGING:
        return before == after
    affine = affine_of(node)
    if affine is not None:
        return affine.is_identity
    rule = _IDENTITIES.get(node.class_name)
    return rule is not None and rule(node.config)


def _replaces(node: Node, source: Node) -> bool:
    """Make `node` do the work of `source` too, where both rearrange; return whether they do."""
    if node.class_name == source.class_name == "Permute":
        node.config["dims"] = [source.config["dims"][axis - 1] for axis in node.config["dims"]]
        return True
    return node.class_name in _REARRANGING and source.class_name in _REARRANGING


def _equal(one: Node, other: Node) -> bool:
    if one.class_name != other.class_name or one.inputs != other.inputs or not one.inputs:
        return False
    settings = [
        {key: each for key, each in node.config.items() if key != "name"} for node in (one, other)
    ]
    return (
        settings[0] == settings[1]
        and one.weights.keys() == other.weights.keys()
        and all(np.array_equal(array, other.weights[key]) for key, array in one.weights.items())
    )
