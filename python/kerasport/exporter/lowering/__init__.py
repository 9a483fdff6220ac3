"""Express the layers of Keras in the layers that stock TensorFlow.js runs correctly."""

from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.classifier import lower_classifier
from kerasport.exporter.lowering.ending import end_in_probabilities, ends_in_probabilities
from kerasport.exporter.lowering.layers.training_only import TRAINING_ONLY
from kerasport.exporter.lowering.lower import lower
from kerasport.exporter.lowering.refused import REFUSED, Unsupported
from kerasport.exporter.lowering.rewriters import Rewriter, Rewriters
from kerasport.exporter.lowering.table import EXPRESSED, REWRITERS, rewrites

__all__ = [
    "EXPRESSED",
    "REFUSED",
    "REWRITERS",
    "TRAINING_ONLY",
    "Builder",
    "Rewriter",
    "Rewriters",
    "Unsupported",
    "end_in_probabilities",
    "ends_in_probabilities",
    "lower",
    "lower_classifier",
    "rewrites",
]
