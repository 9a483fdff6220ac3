"""Asking and changing a graph, as the passes need it."""

from __future__ import annotations

from typing import Any

from kerasport.exporter.graph.graph import Graph, Node

__all__ = [
    "common_settings",
    "insert_behind",
    "only_reader_of",
    "only_source_of",
    "readers_of",
    "remove",
    "scales_input",
]


def common_settings(node: Node) -> dict[str, Any]:
    """Return the settings that layers of every class have."""
    return {key: node.config[key] for key in ("name", "dtype", "trainable") if key in node.config}


def readers_of(graph: Graph, name: str) -> list[Node]:
    """Return the nodes that take this node's output, in order."""
    return [node for node in graph if name in node.inputs]


def only_source_of(graph: Graph, node: Node) -> Node | None:
    """Return the node that feeds `node` and nothing else; None where there is no such node."""
    if len(node.inputs) != 1 or node.inputs[0] == graph.output:
        return None
    source = graph.nodes[node.inputs[0]]
    return source if len(readers_of(graph, source.name)) == 1 else None


def only_reader_of(graph: Graph, node: Node) -> Node | None:
    """Return the node that alone takes `node`'s output, once; None where there is no such node."""
    readers = readers_of(graph, node.name)
    if node.name == graph.output or len(readers) != 1:
        return None
    return readers[0] if readers[0].inputs.count(node.name) == 1 else None


def remove(graph: Graph, node: Node, *, instead: str | None = None) -> None:
    """Take a node out; its readers read `instead`, by default its first input."""
    instead = node.inputs[0] if instead is None else instead
    for reader in readers_of(graph, node.name):
        reader.inputs = [instead if name == node.name else name for name in reader.inputs]
    if graph.output == node.name:
        graph.output = instead
    del graph.nodes[node.name]


def scales_input(graph: Graph, node: Node) -> bool:
    """Return whether this is the model's own scaling of its input, which passes leave alone."""
    return node.class_name == "Rescaling" and graph.input in node.inputs


def insert_behind(graph: Graph, node: Node, added: Node) -> None:
    """Put a new node between `node` and all its readers."""
    readers = readers_of(graph, node.name)
    added.inputs = [node.name]
    for reader in readers:
        reader.inputs = [added.name if name == node.name else name for name in reader.inputs]
    if graph.output == node.name:
        graph.output = added.name
    nodes = list(graph)
    graph.nodes.clear()
    for each in nodes:
        graph.nodes[each.name] = each
        if each is node:
            graph.nodes[added.name] = added
