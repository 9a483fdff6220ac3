"""Rewrite Keras 3 layers into the layers that stock TensorFlow.js runs correctly.

One rewriter per Keras class, in a table (`layers/`, `operations/`). Configurations are written anew
field by field, so that nothing that TensorFlow.js would ignore or misread can slip through.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.graph.shapes import Shape
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.channels import rewrite
from kerasport.exporter.lowering.idioms import recognized
from kerasport.exporter.lowering.refused import REFUSED, Unsupported
from kerasport.exporter.lowering.table import EXPRESSED, REWRITERS
from kerasport.exporter.refusal import Refusal, refuse

__all__ = ["lower"]

_UNKNOWN = (
    "no rewriter knows this layer",
    "replace it, or register a rewriter for it (docs/export.md)",
)

_DAMAGE = (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError)
"""What a setting of a wrong type, or one that is missing, comes to in a rewriter."""

_DAMAGED = "save the model again with a release of Keras"


_MANY_OUTPUTS = ("operation:Split", "operation:Unstack")


def _unsupported(node: Node) -> tuple[str, str] | None:
    """Return why a node cannot be rewritten whatever its class, and a remedy."""
    if node.config.get("in_batch"):
        return (
            "parts of a picture are put into its batch, and no layer of TensorFlow.js does",
            "give it one picture at a time",
        )
    if node.config.get("output_index") and node.class_name not in _MANY_OUTPUTS:
        return "another of its outputs than the first is used", "use the first alone"
    return None


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
    for node in map(_in_float64, recognized(graph)):
        if node.class_name not in REWRITERS:
            refusals.append(Refusal(node, *REFUSED.get(node.class_name, _UNKNOWN)))
            refused.add(node.name)
            continue
        # What follows a refused layer cannot be rewritten, because its shape is not known.
        if refused.intersection(node.inputs):
            refused.add(node.name)
            continue
        inputs = [outputs[name] for name in node.inputs]
        if unsupported := _unsupported(node):
            refusals.append(Refusal(node, *unsupported))
            refused.add(node.name)
            continue
        builder = Builder(node, inputs, graph=lowered, shapes=shapes, rewriters=REWRITERS)
        try:
            outputs[node.name] = builder.finish(rewrite(node, builder))
        except Unsupported as error:
            refusals.append(Refusal(node, str(error), error.remedy))
            refused.add(node.name)
        except _DAMAGE as error:
            if node.class_name not in EXPRESSED:
                # A mistake in a rewriter of the user's own is shown where it is.
                raise
            reason = f"{type(error).__name__}: {error!s:.200}"
            refusals.append(Refusal(node, f"its settings cannot be read ({reason})", _DAMAGED))
            refused.add(node.name)
    refuse(refusals)
    lowered.input = outputs[graph.input]
    lowered.output = outputs[graph.output]
    return lowered


def _in_float64(node: Node) -> Node:
    """Return a layer with its floats in float64, whatever the file has; float16 and bfloat16 too.

    The rewriters compute with them, and nothing is to be rounded before it is written.
    """
    weights = {
        name: array.astype(np.float64) if _holds_floats(array) else array
        for name, array in node.weights.items()
    }
    return replace(node, weights=weights)


def _holds_floats(array: np.ndarray[Any, Any]) -> bool:
    # numpy does not know bfloat16, which is a type of its own from another package.
    return np.issubdtype(array.dtype, np.floating) or array.dtype.name == "bfloat16"
