"""How a model ends: in probabilities, or in logits that become some."""

from __future__ import annotations

import numpy as np

from kerasport.errors import ExportError
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.lowering.layers.training_only import TRAINING_ONLY

__all__ = ["end_in_probabilities", "ends_in_probabilities"]

_PROBABILITIES = ("softmax", "sigmoid")
"""Activations whose values are probabilities."""

_LAST_LAYERS = (
    "Activation",
    "Dense",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "Reshape",
    "Softmax",
)
"""Layers of TensorFlow.js whose output can be one logit or probability per class."""


def ends_in_probabilities(graph: Graph) -> bool:
    """Tell whether a graph as it was read gives probabilities; else its outputs are logits."""
    node = graph.nodes[graph.output]
    while node.class_name in (*TRAINING_ONLY, "Identity"):
        node = graph.nodes[node.inputs[0]]
    activation = node.config.get("activation")
    if isinstance(activation, dict):
        activation = activation.get("config")
    last = activation or node.class_name.removeprefix("operation:")
    return str(last).lower() in _PROBABILITIES


def end_in_probabilities(graph: Graph) -> str:
    """Append a softmax when the model ends in logits; return the name of the last activation.

    A single output for two classes becomes two, so that every class has its own probability.

    Raises:
        ExportError: the last layer is neither logits, softmax nor sigmoid.
    """
    _widen_single_output(graph)
    last = graph.nodes[graph.output]
    activation = last.config.get("activation", "linear")
    if last.class_name == "Softmax":
        activation = "softmax"
    if last.class_name not in _LAST_LAYERS:
        raise ExportError(
            f"The model ends in the layer {last.name!r} of class {last.class_name}. Expected a "
            "Dense layer or an activation that gives one logit or probability per class."
        )
    if activation == "linear":
        name = graph.fresh_name("probabilities")
        graph.append(Node(name, "Softmax", {"name": name, "axis": -1}))
        return "softmax"
    if activation not in _PROBABILITIES:
        raise ExportError(
            f"The model ends in the activation {activation!r} (layer {last.name!r}). "
            "Expected logits, softmax or sigmoid."
        )
    return str(activation)


def _widen_single_output(graph: Graph) -> None:
    """Rewrite one sigmoid for two classes as a softmax over 0 and the logit, which is the same.

    softmax([0, z]) = [1 / (1 + e^z), e^z / (1 + e^z)] = [1 - sigmoid(z), sigmoid(z)].
    """
    last = graph.nodes[graph.output]
    dense = last
    if last.class_name == "Activation" and last.config["activation"] == "sigmoid":
        dense = graph.nodes[last.inputs[0]]
    if dense.class_name != "Dense" or dense.config["units"] != 1:
        return
    if dense.config["activation"] not in ("linear", "sigmoid"):
        return
    if dense is not last:
        graph.output = dense.name
        del graph.nodes[last.name]
    dense.config.update(units=2, activation="softmax")
    dense.weights = {
        name: np.concatenate([np.zeros_like(array), array], axis=-1)
        for name, array in dense.weights.items()
    }
