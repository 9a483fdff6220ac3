"""Store the weights in fewer bits: the schemes, the choice of one, and the step of an export."""

from kerasport.exporter.quantize.schemes import SCHEMES, Scheme, quantize_graph
from kerasport.exporter.quantize.step import Quantize, Storage, store_weights, typical_pictures

__all__ = [
    "SCHEMES",
    "Quantize",
    "Scheme",
    "Storage",
    "quantize_graph",
    "store_weights",
    "typical_pictures",
]
