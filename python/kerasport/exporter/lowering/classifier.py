"""Lower a whole classifier: from pixels of 0 to 255 to probabilities."""

from __future__ import annotations

from dataclasses import dataclass

from kerasport.bundle.metadata import Rescaling
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.lowering.ending import Ending, end_in_probabilities, find_ending
from kerasport.exporter.lowering.input_scaling import put_rescaling
from kerasport.exporter.lowering.lower import lower

__all__ = ["LoweredClassifier", "lower_classifier"]


@dataclass(frozen=True)
class LoweredClassifier:
    """A classifier in layers of TensorFlow.js.

    Attributes:
        graph: from pixels of 0 to 255 to one probability per class.
        ending: what the model gave before probabilities were made of it.
        activation: what makes the probabilities: `softmax` or `sigmoid`.
    """

    graph: Graph
    ending: Ending
    activation: str


def lower_classifier(graph: Graph, rescaling: Rescaling | None) -> LoweredClassifier:
    """Return a classifier lowered into a new graph.

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
    ending = find_ending(lowered)
    return LoweredClassifier(lowered, ending, end_in_probabilities(lowered, ending))
