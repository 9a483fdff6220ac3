"""Rewrite Keras 3 layers into the layers that stock TensorFlow.js runs correctly.

One rewriter per Keras class, in a table (`layers/`, `operations/`). Configurations are written anew
field by field, so that nothing that TensorFlow.js would ignore or misread can slip through.
"""

from __future__ import annotations

from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.graph.shapes import Shape
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.channels import rewrite
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
        if node.class_name not in REWRITERS:
            refusals.append(Refusal(node, *REFUSED.get(node.class_name, _UNKNOWN)))
            refused.add(node.name)
            continue
        # What follows a refused layer cannot be rewritten, because its shape is not known.
        if refused.intersection(node.inputs):
            refused.add(node.name)
            continue
        inputs = [outputs[name] for name in node.inputs]
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
