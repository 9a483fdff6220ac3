"""Tiny seeded Keras models, one for each layer or pattern that the exporter claims to handle.

Every weight is random, BatchNormalization statistics included, and inputs are not square, so
that no parity test passes by symmetry.
"""

# Imported for their models, which are registered by being defined.
from support.zoo import single_layers, whole_models  # isort: skip
from support.zoo import branches, composites  # isort: skip
from support.zoo.covering import covering
from support.zoo.registry import CLASS_NAMES, INPUT_SHAPE, around, build, names, output_kind

__all__ = [
    "CLASS_NAMES",
    "INPUT_SHAPE",
    "around",
    "branches",
    "build",
    "composites",
    "covering",
    "names",
    "output_kind",
    "single_layers",
    "whole_models",
]
