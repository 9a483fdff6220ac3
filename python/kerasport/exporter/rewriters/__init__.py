"""One rewriter per Keras class; importing this package fills the table."""

from kerasport.exporter.rewriters import (
    activations,
    attention,
    convolutions,
    merging,
    normalizations,
    operations,
    pooling,
    rearranging,
    resizing,
    sequences,
    shaping,
    training_only,
    wrappers,
)
from kerasport.exporter.rewriters.builder import (
    REWRITERS,
    Builder,
    Rewriter,
    Unsupported,
    rewrites,
)
from kerasport.exporter.rewriters.layout import in_channels_last
from kerasport.exporter.rewriters.refused import REFUSED

__all__ = [
    "REFUSED",
    "REWRITERS",
    "Builder",
    "Rewriter",
    "Unsupported",
    "activations",
    "attention",
    "convolutions",
    "in_channels_last",
    "merging",
    "normalizations",
    "operations",
    "pooling",
    "rearranging",
    "resizing",
    "rewrites",
    "sequences",
    "shaping",
    "training_only",
    "wrappers",
]
