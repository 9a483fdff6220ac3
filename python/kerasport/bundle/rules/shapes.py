"""Layers that say, change or enlarge a shape."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from kerasport.bundle.field import dimensions
from kerasport.bundle.limits import MAX_LAYER_VALUES
from kerasport.bundle.rules.layer_plan import MAX_RANK, LayerPlan, Shape
from kerasport.bundle.rules.settings import (
    channels_last,
    nothing_but,
    only_input,
    only_picture,
    read_frame,
    read_pair,
    read_side,
)
from kerasport.bundle.topology import LayerEntry

__all__ = ["cropped", "enlarged", "flatten", "input_layer", "padded", "permute", "reshape"]


def input_layer(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what InputLayer comes to."""
    sides = layer.settings.get("batch_input_shape")
    batch, *rest = sides.items() or [sides]
    if batch.value is not None or len(rest) != 3:
        sides.fail("[null, height, width, channels]")
    return LayerPlan(tuple(read_side(side) for side in rest))


def flatten(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what Flatten comes to."""
    shape = only_input(layer, inputs)
    channels_last(layer)
    return LayerPlan((math.prod(shape),))


def reshape(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what Reshape comes to."""
    shape = only_input(layer, inputs)
    target = layer.settings.get("target_shape")
    sides = target.each(lambda side: -1 if side.value == -1 else read_side(side))
    count = math.prod(shape)
    known = _bounded_product(side for side in sides if side != -1)
    if not 1 <= len(sides) <= MAX_RANK or sides.count(-1) > 1 or count % known:
        target.fail(f"sides of {dimensions(shape)} values")
    output = tuple(count // known if side == -1 else side for side in sides)
    if _bounded_product(output) != count:
        target.fail(f"sides of {dimensions(shape)} values")
    return LayerPlan(output)


def permute(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what Permute comes to."""
    shape = only_input(layer, inputs)
    setting = layer.settings.get("dims")
    dims = setting.each(lambda axis: axis.integer(1, MAX_RANK))
    if sorted(dims) != list(range(1, len(shape) + 1)):
        setting.fail(f"the axes 1 to {len(shape)}, each once")
    return LayerPlan(tuple(shape[axis - 1] for axis in dims))


def padded(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what ZeroPadding2D comes to."""
    height, width, channels = only_picture(layer, inputs)
    (top, bottom), (left, right) = read_frame(layer.settings.get("padding"))
    return LayerPlan((height + top + bottom, width + left + right, channels))


def cropped(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what Cropping2D comes to."""
    height, width, channels = only_picture(layer, inputs)
    (top, bottom), (left, right) = read_frame(layer.settings.get("cropping"))
    if top + bottom >= height or left + right >= width:
        layer.settings.get("cropping").fail(f"less than the input has: {height} x {width}")
    return LayerPlan((height - top - bottom, width - left - right, channels))


def enlarged(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what UpSampling2D comes to."""
    height, width, channels = only_picture(layer, inputs)
    rows, columns = read_pair(layer.settings.get("size"))
    nothing_but(layer.settings.get("interpolation"), "nearest", "nearest")
    return LayerPlan((height * rows, width * columns, channels))


def _bounded_product(sides: Iterator[int] | Sequence[int]) -> int:
    """Return the product, or a number above every limit: JavaScript's would not be exact."""
    result = 1
    for side in sides:
        result = min(result * side, 2 * MAX_LAYER_VALUES)
    return result
