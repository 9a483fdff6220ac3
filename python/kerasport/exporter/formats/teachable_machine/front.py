"""A lowered graph behind Teachable Machine's scaling, in layers that its TensorFlow.js has.

Teachable Machine gives `pixel / 127 - 1` to a model, and its library asks for TensorFlow.js 1.3.1,
which has neither `Rescaling` nor some activations.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from kerasport.exporter.graph import Graph, Node, Shape, Weights, graph_shapes
from kerasport.exporter.refusal import Refusal, refuse

__all__ = ["teachable_graph"]

_HALF = 127.0
"""What Teachable Machine divides pixels by, before it takes 1 away."""

_WHITE = 0.2989 + 0.587 + 0.114
"""What its shares of red, green and blue make of white when it makes gray: not 1."""

_KNOWN = frozenset(
    {"elu", "linear", "relu", "relu6", "selu", "sigmoid", "softmax", "softplus", "softsign", "tanh"}
)
"""Activations of TensorFlow.js 1.3.1."""


def teachable_graph(graph: Graph) -> Graph:
    """Return a copy of a graph that takes what Teachable Machine makes of pixels.

    Raises:
        ExportError: an activation cannot be expressed.
    """
    shapes = graph_shapes(graph)
    first = copy.deepcopy(graph.nodes[graph.input])
    result = Graph(graph.name, {first.name: first}, first.name, first.name)
    shape = shapes[first.name]
    scale = _HALF / _WHITE if shape[-1] == 1 else _HALF
    sources = {graph.input: _scaled(result, first.name, shape, scale, scale)}
    refusals: list[Refusal] = []
    for node in graph:
        if node.name == graph.input:
            continue
        inputs = [sources[name] for name in node.inputs]
        if node.class_name == "Rescaling":
            scale, offset = node.config["scale"], node.config["offset"]
            sources[node.name] = _scaled(result, inputs[0], shapes[node.name], scale, offset)
            continue
        name = str(node.config.get("activation") or "linear")
        if name not in (*_KNOWN, "swish", "mish"):
            refusals.append(Refusal(node, f"TensorFlow.js 1.3.1 has no activation {name!r}"))
        sources[node.name] = _written(result, node, inputs, name)
    refuse(refusals, target="Teachable Machine's format")
    result.output = sources[graph.output]
    return result


def _scaled(graph: Graph, source: str, shape: Shape, scale: Any, offset: Any) -> str:
    """Add a scaling as a normalisation, which every TensorFlow.js has; return its name."""
    channels = shape[-1]
    name = graph.fresh_name("scaling")
    ones, zeros = np.ones(channels), np.zeros(channels)
    weights: Weights = {
        "gamma": np.broadcast_to(np.asarray(scale, np.float64), (channels,)).copy(),
        "beta": np.broadcast_to(np.asarray(offset, np.float64), (channels,)).copy(),
        "moving_mean": zeros,
        "moving_variance": ones,
    }
    # Its default of 1e-3 stands where none is given, and 0 is one.
    config = {**_common(name), "axis": -1, "epsilon": 0.0, "center": True, "scale": True}
    graph.nodes[name] = Node(name, "BatchNormalization", config, [source], weights)
    return name


def _written(graph: Graph, node: Node, inputs: list[str], activation: str) -> str:
    """Add a layer; return the name of what has its activation applied."""
    written = Node(node.name, node.class_name, dict(node.config), inputs, dict(node.weights))
    graph.nodes[node.name] = written
    if activation in _KNOWN:
        return node.name
    written.config["activation"] = "linear"
    gate = node.name
    for part in ("sigmoid",) if activation == "swish" else ("softplus", "tanh"):
        gate = _added(graph, "Activation", f"{node.name}_{part}", [gate], activation=part)
    return _added(graph, "Multiply", f"{node.name}_{activation}", [node.name, gate])


def _added(graph: Graph, kind: str, wanted: str, inputs: list[str], **config: Any) -> str:
    name = graph.fresh_name(wanted)
    graph.nodes[name] = Node(name, kind, {**_common(name), **config}, inputs)
    return name


def _common(name: str) -> dict[str, Any]:
    return {"name": name, "trainable": False, "dtype": "float32"}
