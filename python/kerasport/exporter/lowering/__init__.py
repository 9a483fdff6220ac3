"""Express the layers of Keras in the layers that stock TensorFlow.js runs correctly."""

from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.classifier import lower_classifier
from kerasport.exporter.lowering.ending import Ending, end_in_probabilities, find_ending
from kerasport.exporter.lowering.input_layout import (
    InputLayout,
    LayoutKind,
    arrange_input,
    find_layout,
)
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
    "Ending",
    "InputLayout",
    "LayoutKind",
    "Rewriter",
    "Rewriters",
    "Unsupported",
    "arrange_input",
    "end_in_probabilities",
    "find_ending",
    "find_layout",
    "lower",
    "lower_classifier",
    "rewrites",
]
