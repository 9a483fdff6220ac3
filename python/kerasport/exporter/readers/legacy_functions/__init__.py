"""Functions of TensorFlow in models of Keras 2, and how Keras 3 writes them."""

from kerasport.exporter.readers.legacy_functions.rules import RULES
from kerasport.exporter.readers.legacy_functions.step import (
    BATCH,
    BEFORE,
    Call,
    Inexpressible,
    Step,
)

__all__ = ["BATCH", "BEFORE", "RULES", "Call", "Inexpressible", "Step"]
