"""One rewriter per Keras layer class; importing this package registers them."""

from kerasport.exporter.lowering.layers import (
    activations,
    attention,
    convolutions,
    merging,
    normalizations,
    pooling,
    resizing,
    sequences,
    shaping,
    training_only,
    wrappers,
)

__all__ = [
    "activations",
    "attention",
    "convolutions",
    "merging",
    "normalizations",
    "pooling",
    "resizing",
    "sequences",
    "shaping",
    "training_only",
    "wrappers",
]
