"""Express the layers of Keras in the layers that stock TensorFlow.js runs correctly."""

from kerasport.exporter.lowering.builder import Builder, Rewriter, Unsupported, rewrites
from kerasport.exporter.lowering.channels import in_channels_last
from kerasport.exporter.lowering.lower import end_in_probabilities, lower
from kerasport.exporter.lowering.refused import REFUSED
from kerasport.exporter.lowering.table import REWRITERS

__all__ = [
    "REFUSED",
    "REWRITERS",
    "Builder",
    "Rewriter",
    "Unsupported",
    "end_in_probabilities",
    "in_channels_last",
    "lower",
    "rewrites",
]
