"""From a Keras model to a bundle: read, lower, optimize, gate, write, read back, put in place."""

from kerasport.exporter.pipeline import (
    READ_BACK_TOLERANCE,
    ExportedBundle,
    Quantize,
    export,
    export_run,
)

__all__ = ["READ_BACK_TOLERANCE", "ExportedBundle", "Quantize", "export", "export_run"]
