"""The table of all rewriters, and the decorator that takes a user's own into it."""

from __future__ import annotations

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
from kerasport.exporter.lowering.operations import (
    arithmetic,
    functions,
    pictures,
    reductions,
    shapes,
)
from kerasport.exporter.lowering.rewriters import Rewriters

__all__ = ["EXPRESSED", "REWRITERS", "rewrites"]


REWRITERS = Rewriters()
"""Keras class name, or `operation:NAME` for a recorded operation -> rewriter."""

for _room in (
    shaping,
    convolutions,
    normalizations,
    activations,
    pooling,
    resizing,
    merging,
    attention,
    sequences,
    wrappers,
    training_only,
    arithmetic,
    functions,
    reductions,
    shapes,
    pictures,
):
    REWRITERS.update(_room.rewrites)

EXPRESSED = frozenset(REWRITERS)
"""What this package itself expresses; the rewriters that a user registers are not in it."""

rewrites = REWRITERS
"""Registers the decorated function as the rewriter of these Keras classes.

>>> @rewrites("MyScale")
... def my_scale(node, build):
...     return build.scale(build.inputs[0], node.config["factor"])
"""
