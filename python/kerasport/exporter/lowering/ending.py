"""How a model ends: in probabilities, or in logits that become some.

Decided once, from what the layers can give (`values.py`). Who answers for the original decides on
its own, from what the model really returned.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from kerasport.errors import ExportError
from kerasport.exporter.graph.edits import readers_of
from kerasport.exporter.graph.graph import Graph, Node, Weights
from kerasport.exporter.lowering.values import Values, activation_of

__all__ = ["Ending", "end_in_probabilities", "find_ending"]

Gives = Literal["distribution", "independent", "logits"]
"""Probabilities that sum to 1; probabilities each on its own, or of the second of two classes; or
logits."""

_WEIGHTED = ("Conv2D", "Conv2DTranspose", "Dense", "DepthwiseConv2D")
_UNBOUNDED = ("Dot", "InputLayer", "LayerNormalization", "LeakyReLU", "PReLU", "ThresholdedReLU")
_SHAPING = ("Flatten", "Permute", "Reshape")

_SUM = 1e-4
"""How far the sum of probabilities may be from 1."""


@dataclass(frozen=True)
class Ending:
    """What a lowered graph returns.

    Attributes:
        gives: what its outputs are.
        classes: how many outputs there are.
        because: what tells, as half a sentence.
    """

    gives: Gives
    classes: int
    because: str


def find_ending(graph: Graph) -> Ending:
    """Return what the outputs of a lowered graph are.

    Raises:
        ExportError: they are neither logits nor probabilities, or there is one for each place of
            a picture.
    """
    values = Values(graph)
    shape = values.shapes[graph.output]
    sides = [axis for axis, side in enumerate(shape) if side > 1]
    if len(sides) > 1:
        raise ExportError(
            f"The model {graph.name!r} gives outputs of shape {(None, *shape)} (layer "
            f"{graph.output!r}): an answer for each place of the picture. Expected one value per "
            "class. Put Flatten or GlobalAveragePooling2D before its last layer."
        )
    axis = sides[0] if sides else 0
    classes = shape[axis] if sides else 1
    total = values.total(graph.output, axis).constant if shape else None
    low, high = values.bounds(graph.output)
    deciding = values.deciding(graph.output)
    names = ", ".join(f"{node.name!r}" for node in deciding[:3])
    if classes > 1 and total is not None and abs(total - 1) <= _SUM and low >= -_SUM:
        return Ending("distribution", classes, f"the values of the layer {names} sum to 1")
    if any(_is_free(node) for node in deciding):
        return Ending("logits", classes, f"the layer {names} can give any value")
    inside = low >= -_SUM and high <= 1 + _SUM
    if classes == 1 and inside and total is None:
        return Ending("independent", 1, f"the values of the layer {names} lie between 0 and 1")
    whole = low <= _SUM and high >= 1 - _SUM
    if inside and whole and classes > 1 and not _has(deciding, "softmax"):
        because = f"each value of the layer {names} lies between 0 and 1 on its own"
        return Ending("independent", classes, because)
    raise ExportError(_neither(graph, deciding, classes, (low, high)))


def _is_free(node: Node) -> bool:
    """Tell whether a layer's values may be of either sign and any size, or logs of some."""
    if node.class_name in _UNBOUNDED:
        return True
    if node.class_name in _WEIGHTED and activation_of(node) == "linear":
        return True
    return activation_of(node) == "logSoftmax"


def _has(nodes: list[Node], activation: str) -> bool:
    return any(activation_of(node) == activation for node in nodes)


def _neither(graph: Graph, deciding: list[Node], classes: int, bounds: tuple[float, float]) -> str:
    last = deciding[0]
    activation = activation_of(last)
    if classes == 1 and activation == "softmax":
        return (
            f"The model ends in a softmax of a single value (layer {last.name!r}), which is 1 for "
            "every picture. Expected one output per class, or a sigmoid."
        )
    if _has(deciding, "softmax"):
        last = next(node for node in deciding if activation_of(node) == "softmax")
        return (
            f"The model ends in values of the softmax in the layer {last.name!r} that, as far as "
            f"the layers tell, no longer sum to 1 behind the layer {graph.output!r}: neither "
            "probabilities nor logits. "
            "Expected that what follows the softmax leaves its sum: take it out, or end in logits."
        )
    low, high = (f"{bound:g}" for bound in bounds)
    span = f" Its values lie between {low} and {high}." if math.isfinite(sum(bounds)) else ""
    return (
        f"The model ends in the activation {activation!r} (layer {last.name!r}).{span} "
        "Expected logits, softmax or sigmoid."
    )


def end_in_probabilities(graph: Graph, ending: Ending | None = None) -> str:
    """Make the outputs of a lowered graph probabilities, in place; return their activation.

    Logits get a softmax. A single output for two classes becomes two, so that every class has
    its own probability.

    Args:
        graph: a lowered graph.
        ending: what `find_ending` returns for it.

    Raises:
        ExportError: the outputs are neither logits nor probabilities.
    """
    ending = ending or find_ending(graph)
    if ending.classes == 1:
        return _two_of_one(graph, ending)
    if Values(graph).shapes[graph.output] != (ending.classes,):
        _append(graph, "Reshape", {"target_shape": [ending.classes]}, name="classes")
    if ending.gives == "logits":
        _append(graph, "Softmax", {"axis": -1}, name="probabilities")
    return "sigmoid" if ending.gives == "independent" else "softmax"


def _two_of_one(graph: Graph, ending: Ending) -> str:
    """Make one output two: softmax([0, z]) = [1 - sigmoid(z), sigmoid(z)]."""
    logit = ending.gives == "logits"
    if not logit:
        source = _sigmoid_behind_shapes(graph)
        if source is not None:
            # Its logit goes on instead.
            if source.class_name == "Activation" and source.name == graph.output:
                graph.output = source.inputs[0]
                del graph.nodes[source.name]
            else:
                source.config["activation"] = "linear"
            logit = True
    last = graph.nodes[graph.output]
    if logit and last.class_name == "Dense" and _is_vector(graph):
        last.config.update(units=2, activation="softmax")
        last.weights = {
            name: np.concatenate([np.zeros_like(array), array], axis=-1)
            for name, array in last.weights.items()
        }
        return "softmax"
    if not _is_vector(graph):
        _append(graph, "Reshape", {"target_shape": [1]}, name="classes")
    settings = {"units": 2, "use_bias": not logit, "activation": "softmax" if logit else "linear"}
    weights: Weights = {"kernel": np.array([[0, 1]] if logit else [[-1, 1]], np.float32)}
    if not logit:
        weights["bias"] = np.array([1, 0], np.float32)
    _append(graph, "Dense", settings, name="probabilities", weights=weights)
    return "softmax" if logit else "sigmoid"


def _is_vector(graph: Graph) -> bool:
    return len(Values(graph).shapes[graph.output]) == 1


def _sigmoid_behind_shapes(graph: Graph) -> Node | None:
    """Return the layer whose sigmoid is the output, in whatever shape; None where there is none."""
    node = graph.nodes[graph.output]
    while node.class_name in _SHAPING or (
        node.class_name == "Activation" and activation_of(node) == "linear"
    ):
        node = graph.nodes[node.inputs[0]]
        if len(readers_of(graph, node.name)) != 1:
            return None
    if activation_of(node) != "sigmoid" or (
        node.name != graph.output and readers_of(graph, node.name)[1:]
    ):
        return None
    return node


def _append(
    graph: Graph,
    class_name: str,
    config: Mapping[str, Any],
    *,
    name: str,
    weights: Weights | None = None,
) -> None:
    name = graph.fresh_name(name)
    settings = {"name": name, "dtype": "float32", "trainable": False, **config}
    if class_name == "Softmax":
        settings = {"name": name, "axis": -1}
    graph.append(Node(name, class_name, settings, weights=weights or {}))
