"""One rewriter per Keras class; importing this package fills the table."""

from kerasport.exporter.rewriters import (
    activations,
    convolutions,
    merging,
    normalizations,
    operations,
    pooling,
    shaping,
    training_only,
)
from kerasport.exporter.rewriters.builder import (
    REWRITERS,
    Builder,
    Rewriter,
    Unsupported,
    rewrites,
)

__all__ = [
    "REWRITERS",
    "Builder",
    "Rewriter",
    "Unsupported",
    "activations",
    "convolutions",
    "merging",
    "normalizations",
    "operations",
    "pooling",
    "rewrites",
    "shaping",
    "training_only",
]
