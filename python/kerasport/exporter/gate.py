"""The gate: what a lowered graph must be before it is written."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kerasport.bundle.layer_rules import LAYER_RULES
from kerasport.bundle.metadata import MINIMUM_TFJS_VERSION
from kerasport.errors import ExportError
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.graph.shapes import graph_shapes
from kerasport.exporter.refusal import Refusal, refuse

__all__ = [
    "TFJS_LAYERS",
    "check_graph",
    "minimum_tfjs_version",
]

TFJS_LAYERS = frozenset(LAYER_RULES)
"""Layers of TensorFlow.js that are written; each is compared with Keras in the tests."""


def check_graph(graph: Graph, *, num_classes: int) -> None:
    """Check a lowered graph before it is written.

    Raises:
        ExportError: a layer is not on the list, a weight is not a finite float, or the number of
            outputs is not the number of classes.
    """
    refusals = [
        Refusal(node, "it is not on the list of layers that TensorFlow.js runs correctly")
        for node in graph
        if node.class_name not in TFJS_LAYERS
    ]
    for node in graph:
        for name, array in node.weights.items():
            if not np.issubdtype(array.dtype, np.floating):
                refusals.append(Refusal(node, f"its weight {name!r} has dtype {array.dtype}"))
            elif not _is_finite(array):
                refusals.append(
                    Refusal(
                        node,
                        f"its weight {name!r} has values that are not finite",
                        "train again, for example with a lower learning rate",
                    )
                )
    refuse(refusals)
    outputs = _count_outputs(graph)
    if outputs != num_classes:
        raise ExportError(
            f"The model {graph.name!r} has {outputs} outputs, but there are {num_classes} class "
            "names. Expected one name per output."
        )


def _is_finite(array: NDArray[np.generic]) -> bool:
    """Return whether float32, which is what is written, can hold all values."""
    with np.errstate(over="ignore"):
        return bool(np.isfinite(array.astype(np.float32)).all())


def minimum_tfjs_version(graph: Graph) -> str:
    """Return the oldest TensorFlow.js that is known to run every layer of the graph."""
    # 4.16 has no gelu, 4.22 does; what lies between was not tried.
    if any(node.config.get("activation") == "gelu" for node in graph):
        return "4.22.0"
    return MINIMUM_TFJS_VERSION


def _count_outputs(graph: Graph) -> int:
    return graph_shapes(graph)[graph.output][-1]
