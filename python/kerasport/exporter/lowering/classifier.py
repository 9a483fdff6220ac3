"""Lower a whole classifier: from pixels of 0 to 255 to probabilities."""

from __future__ import annotations

from kerasport.bundle.metadata import Rescaling
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.lowering.ending import end_in_probabilities
from kerasport.exporter.lowering.input_scaling import put_rescaling
from kerasport.exporter.lowering.lower import lower

__all__ = ["lower_classifier"]


def lower_classifier(graph: Graph, rescaling: Rescaling | None) -> tuple[Graph, str]:
    """Return a new graph of TensorFlow.js' layers, and the activation that it ends in.

    Args:
        graph: as it was read.
        rescaling: what is put behind the input of a model that brings no scaling.

    Raises:
        ExportError: layers cannot be expressed, the model scales its input already, or it ends
            in something else than logits or probabilities.
    """
    lowered = lower(graph)
    if rescaling is not None:
        put_rescaling(lowered, rescaling)
    return lowered, end_in_probabilities(lowered)
