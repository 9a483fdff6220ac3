"""The table of all rewriters: Keras class or operation -> the function that expresses it."""

from kerasport.exporter.lowering import layers, operations
from kerasport.exporter.lowering.builder import REWRITERS

__all__ = ["REWRITERS", "layers", "operations"]
