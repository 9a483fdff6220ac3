"""Layers that multiply matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kerasport.bundle.field import dimensions
from kerasport.bundle.rules.layer_plan import LayerPlan, Shape
from kerasport.bundle.rules.settings import bias_of, fail_inputs, nothing_but, only_input, read_side
from kerasport.bundle.topology import LayerEntry

__all__ = ["dense", "dot"]


def dense(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what Dense comes to."""
    shape = only_input(layer, inputs)
    units = read_side(layer.settings.get("units"))
    output = (*shape[:-1], units)
    return LayerPlan(
        output,
        {"kernel": (shape[-1], units), **bias_of(layer, units)},
        math.prod(output) * shape[-1],
        activates=True,
    )


def dot(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what Dot comes to."""
    if len(inputs) != 2:
        fail_inputs(layer, "two layers")
    first, second = inputs
    if len(first) != 2 or len(second) != 2:
        fail_inputs(layer, "two matrices")
    setting = layer.settings.get("axes")
    axes = setting.each(lambda axis: axis.integer(1, 2))
    nothing_but(layer.settings.get("normalize"), False, "false")
    if len(axes) != 2 or first[axes[0] - 1] != second[axes[1] - 1]:
        setting.fail(f"two axes of one length, in {dimensions(first)} and {dimensions(second)}")
    output = (first[2 - axes[0]], second[2 - axes[1]])
    return LayerPlan(output, {}, math.prod(output) * first[axes[0] - 1])
