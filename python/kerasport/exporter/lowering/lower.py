"""Rewrite Keras 3 layers into the layers that stock TensorFlow.js runs correctly.

One rewriter per Keras class, in a table (`rewriters/`). Configurations are written anew field by
field, so that nothing that TensorFlow.js would ignore or misread can slip through.
"""

from __future__ import annotations

import numpy as np

from kerasport.errors import ExportError
from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.graph.shapes import Shape
from kerasport.exporter.lowering.builder import Builder, Unsupported
from kerasport.exporter.lowering.channels import in_channels_last
from kerasport.exporter.lowering.refused import REFUSED
from kerasport.exporter.lowering.table import REWRITERS
from kerasport.exporter.refusal import Refusal, refuse

__all__ = ["end_in_probabilities", "lower"]

_UNKNOWN = (
    "no rewriter knows this layer",
    "replace it, or register a rewriter for it (docs/export.md)",
)


def lower(graph: Graph) -> Graph:
    """Return a new graph that holds only layers of TensorFlow.js.

    Raises:
        ExportError: some layers cannot be expressed; all that can be found at once are listed.
    """
    lowered = Graph(name=graph.name, nodes={}, input="", output="")
    shapes: dict[str, Shape] = {}
    outputs: dict[str, str] = {}
    refusals: list[Refusal] = []
    refused: set[str] = set()
    for node in graph:
        rewriter = REWRITERS.get(node.class_name)
        if rewriter is None:
            refusals.append(Refusal(node, *REFUSED.get(node.class_name, _UNKNOWN)))
            refused.add(node.name)
            continue
        # What follows a refused layer cannot be rewritten, because its shape is not known.
        if refused.intersection(node.inputs):
            refused.add(node.name)
            continue
        builder = Builder(lowered, shapes, node, [outputs[name] for name in node.inputs])
        try:
            outputs[node.name] = builder.finish(in_channels_last(rewriter, node, builder))
        except Unsupported as error:
            refusals.append(Refusal(node, str(error), error.remedy))
            refused.add(node.name)
    refuse(refusals)
    lowered.input = outputs[graph.input]
    lowered.output = outputs[graph.output]
    return lowered


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
    if activation not in ("softmax", "sigmoid"):
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


_LAST_LAYERS = (
    "Activation",
    "Dense",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "Reshape",
    "Softmax",
)
