"""Passes over activations: inside a layer where TensorFlow.js fuses them, else on their own."""

from __future__ import annotations

from kerasport.exporter.graph.edits import insert_behind, only_source_of, remove
from kerasport.exporter.graph.graph import Graph, Node

__all__ = ["FUSED", "fuse_activations", "separate_activations"]

FUSED = ("relu", "elu")
"""Activations of `mapActivationToFusedKernel` in TensorFlow.js 4.22; linear is the third."""

_FUSING = ("Conv2D", "Dense")
"""Layers that ask for a fused kernel; the others compute the activation afterwards."""


def fuse_activations(graph: Graph) -> bool:
    """Write an activation into the layer before it where one kernel computes both.

    Given: Conv2D(activation="linear") -> ReLU
    Result: Conv2D(activation="relu")
    """
    changed = False
    for node in list(graph):
        name = _activation_of(node)
        if name not in FUSED:
            continue
        source = only_source_of(graph, node)
        if source is None or source.class_name not in _FUSING:
            continue
        if source.config["activation"] == "linear":
            source.config["activation"] = name
            remove(graph, node)
            changed = True
    return changed


def separate_activations(graph: Graph) -> bool:
    """Write every relu6 as `ReLU(max_value=6)`, a layer of its own.

    Given: Conv2D(activation="relu6")
    Result: Conv2D(activation="linear") -> ReLU(max_value=6)

    TensorFlow.js computes the activation relu6 as min(6, relu(x)) with a kernel that broadcasts
    the 6, which takes several times as long as the clipping that its ReLU layer uses. What
    else is not fused costs the same in a layer and behind it.
    """
    changed = False
    for node in list(graph):
        if node.config.get("activation") != "relu6":
            continue
        changed = True
        if node.class_name == "Activation":
            node.class_name = "ReLU"
            node.config = {key: each for key, each in node.config.items() if key != "activation"}
            node.config["max_value"] = 6.0
            continue
        node.config["activation"] = "linear"
        name = graph.fresh_name(f"{node.name}_relu6")
        config = {"name": name, "dtype": "float32", "trainable": False, "max_value": 6.0}
        insert_behind(graph, node, Node(name, "ReLU", config))
    return changed


def _activation_of(node: Node) -> str | None:
    if node.class_name == "ReLU":
        return "relu" if node.config.get("max_value") is None else None
    return node.config["activation"] if node.class_name == "Activation" else None
