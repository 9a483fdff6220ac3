"""Lower a whole classifier: from pixels of 0 to 255 to probabilities."""

from __future__ import annotations

from dataclasses import dataclass

from kerasport.bundle.metadata import Rescaling
from kerasport.exporter.graph.edits import readers_of
from kerasport.exporter.graph.graph import Graph
from kerasport.exporter.lowering.ending import Ending, end_in_probabilities, find_ending
from kerasport.exporter.lowering.input_scaling import settle_scaling
from kerasport.exporter.lowering.lower import lower

__all__ = ["LoweredClassifier", "lower_classifier"]


@dataclass(frozen=True)
class LoweredClassifier:
    """A classifier in layers of TensorFlow.js.

    Attributes:
        graph: from pixels of 0 to 255 to one probability per class.
        rescaling: what it does with its input.
        ending: what the model gave before probabilities were made of it.
        activation: what makes the probabilities: `softmax` or `sigmoid`.
    """

    graph: Graph
    rescaling: Rescaling
    ending: Ending
    activation: str


def lower_classifier(graph: Graph, rescaling: Rescaling | None) -> LoweredClassifier:
    """Return a classifier lowered into a new graph.

    Args:
        graph: as it was read.
        rescaling: what is put behind the input of a model that brings no scaling.

    Raises:
        ExportError: layers cannot be expressed, it is not known how the input is scaled or it is
            scaled already, or the model ends in something else than logits or probabilities.
    """
    lowered = lower(graph)
    settled = settle_scaling(lowered, rescaling or _declared(graph))
    ending = find_ending(lowered)
    activation = end_in_probabilities(lowered, ending)
    return LoweredClassifier(lowered, settled, ending, activation)


def _declared(graph: Graph) -> Rescaling | None:
    """Return the scaling by 1 where a model says so by a layer, and no other where it does not."""
    for node in readers_of(graph, graph.input):
        if node.class_name == "Rescaling" and (node.config["scale"], node.config["offset"]) == (
            1,
            0,
        ):
            return Rescaling(scale=1.0, offset=0.0)
    return None
