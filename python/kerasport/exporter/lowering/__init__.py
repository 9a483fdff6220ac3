"""Express the layers of Keras in the layers that stock TensorFlow.js runs correctly."""

from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.classifier import lower_classifier
from kerasport.exporter.lowering.ending import Ending, end_in_probabilities, find_ending
from kerasport.exporter.lowering.lower import lower
from kerasport.exporter.lowering.refused import REFUSED, Unsupported
from kerasport.exporter.lowering.rewriters import Rewriter, Rewriters
from kerasport.exporter.lowering.table import REWRITERS, rewrites

__all__ = [
    "REFUSED",
    "REWRITERS",
    "Builder",
    "Ending",
    "Rewriter",
    "Rewriters",
    "Unsupported",
    "end_in_probabilities",
    "find_ending",
    "lower",
    "lower_classifier",
    "rewrites",
]
