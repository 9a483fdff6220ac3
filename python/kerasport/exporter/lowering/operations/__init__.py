"""One rewriter per operation that Keras records; importing this package registers them."""

from kerasport.exporter.lowering.operations import arithmetic, rearranging

__all__ = ["arithmetic", "rearranging"]
