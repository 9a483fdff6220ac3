"""Layers that slide a window over a picture, and those that take all of it at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kerasport.bundle.rules.layer_plan import LayerPlan, Shape
from kerasport.bundle.rules.settings import (
    bias_of,
    nothing_but,
    only_ones,
    only_picture,
    read_padding,
    read_pair,
    read_side,
)
from kerasport.bundle.topology import LayerEntry

__all__ = ["convolution", "depthwise", "global_pooling", "pooling", "transposed"]


def convolution(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what Conv2D comes to."""
    shape = only_picture(layer, inputs)
    filters = read_side(layer.settings.get("filters"))
    window = read_pair(layer.settings.get("kernel_size"))
    output, padded = _slide(layer, shape, "kernel_size", window, dilates=True)
    return LayerPlan(
        (*output, filters),
        {"kernel": (*window, shape[2], filters), **bias_of(layer, filters)},
        math.prod(output) * math.prod(window) * shape[2] * filters,
        padded,
        activates=True,
    )


def depthwise(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what DepthwiseConv2D comes to."""
    shape = only_picture(layer, inputs)
    multiplier = read_side(layer.settings.get("depth_multiplier"))
    window = read_pair(layer.settings.get("kernel_size"))
    output, padded = _slide(layer, shape, "kernel_size", window)
    channels = shape[2] * multiplier
    return LayerPlan(
        (*output, channels),
        {"depthwise_kernel": (*window, shape[2], multiplier), **bias_of(layer, channels)},
        math.prod(output) * math.prod(window) * channels,
        padded,
        activates=True,
    )


def transposed(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what Conv2DTranspose comes to."""
    shape = only_picture(layer, inputs)
    filters = read_side(layer.settings.get("filters"))
    window = read_pair(layer.settings.get("kernel_size"))
    strides = read_pair(layer.settings.get("strides"))
    only_ones(layer)
    is_same = read_padding(layer) == "same"
    beyond = [max(side - stride, 0) for side, stride in zip(window, strides, strict=True)]
    grown = [side * stride for side, stride in zip(shape, strides, strict=False)]
    whole = [side + more for side, more in zip(grown, beyond, strict=True)]
    output = grown if is_same else whole
    return LayerPlan(
        (*output, filters),
        {"kernel": (*window, filters, shape[2]), **bias_of(layer, filters)},
        math.prod(shape) * math.prod(window) * filters,
        (*whole, filters),
        activates=True,
    )


def pooling(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what AveragePooling2D and MaxPooling2D come to."""
    shape = only_picture(layer, inputs)
    window = read_pair(layer.settings.get("pool_size"))
    output, padded = _slide(layer, shape, "pool_size", window)
    result = (*output, shape[2])
    return LayerPlan(result, {}, math.prod(result) * math.prod(window), padded)


def global_pooling(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what GlobalAveragePooling2D and GlobalMaxPooling2D come to."""
    shape = only_picture(layer, inputs)
    nothing_but(layer.settings.get("keepdims"), False, "false")
    return LayerPlan(shape[2:])


def _slide(
    layer: LayerEntry, shape: Shape, key: str, window: list[int], *, dilates: bool = False
) -> tuple[list[int], Shape]:
    """Return rows and columns of a window's positions, and the input's shape with its padding."""
    strides = read_pair(layer.settings.get("strides"))
    dilations = [1, 1]
    if dilates:
        dilations = layer.settings.get("dilation_rate").optional(read_pair) or dilations
        if dilations != [1, 1] and strides != [1, 1]:
            layer.settings.get("dilation_rate").fail("[1, 1] beside strides of more than 1")
    else:
        only_ones(layer)
    is_same = read_padding(layer) == "same"
    output, padded = [], []
    for size, side, stride, dilation in zip(shape, window, strides, dilations, strict=False):
        extent = (side - 1) * dilation + 1
        count = -(-size // stride) if is_same else (size - extent) // stride + 1
        if count < 1:
            layer.settings.get(key).fail(f"a window that fits into {shape[0]} x {shape[1]}")
        output.append(count)
        padded.append(max(size, (count - 1) * stride + extent))
    return output, (*padded, shape[2])
