"""From a Keras model to a bundle: read, lower, optimize, gate, write, read back, put in place."""

from kerasport.exporter.pipeline import ExportedBundle, export
from kerasport.exporter.quantize import Quantize
from kerasport.exporter.smallest import export_smallest

__all__ = ["ExportedBundle", "Quantize", "export", "export_smallest"]
