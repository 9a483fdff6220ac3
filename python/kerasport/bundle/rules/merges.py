"""Layers that make one of several."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kerasport.bundle.rules.layer_plan import LayerPlan, Shape
from kerasport.bundle.rules.settings import fail_inputs, first_input
from kerasport.bundle.topology import LayerEntry

__all__ = ["concatenated", "merged"]


def merged(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what Add, Average, Maximum, Minimum and Multiply come to."""
    first = first_input(layer, inputs)
    output = list(first)
    for shape in inputs:
        if len(shape) != len(first):
            fail_inputs(layer, "layers of one rank")
        for axis, side in enumerate(shape):
            if side != output[axis] and 1 not in (side, output[axis]):
                fail_inputs(layer, "layers whose sides are equal or 1")
            output[axis] = max(side, output[axis])
    return LayerPlan(tuple(output), {}, math.prod(output) * len(inputs))


def concatenated(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what Concatenate comes to."""
    first = first_input(layer, inputs)
    rank = len(first)
    setting = layer.settings.get("axis")
    axis = setting.integer(-rank, rank)
    if axis == 0:
        setting.fail("another axis than that of the pictures")
    place = axis - 1 if axis > 0 else rank + axis
    output = list(first)
    for shape in inputs[1:]:
        others = [side for each, side in enumerate(shape) if each != place]
        if len(shape) != rank or others != [s for each, s in enumerate(first) if each != place]:
            fail_inputs(layer, "layers whose other sides are equal")
        output[place] += shape[place]
    return LayerPlan(tuple(output), {}, math.prod(output))
