"""What each layer of TensorFlow.js may be set to, and what follows: shapes, weights, work.

A closed list, the twin of the client's `model/layer-rules.ts`. Every setting that a reader uses is
checked here, before a value is computed or a byte reserved; others are ignored. Shapes are without
the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

from kerasport.bundle.field import MISSING, Field, dimensions
from kerasport.bundle.limits import MAX_LAYER_VALUES
from kerasport.bundle.topology import LayerEntry

__all__ = ["LAYER_RULES", "LayerPlan", "Shape"]

Shape: TypeAlias = tuple[int, ...]
"""Sides of a tensor without the batch."""

_MAX_RANK = 5
"""Most sides of a tensor; with the batch, TensorFlow.js' kernels know six."""


@dataclass(frozen=True)
class LayerPlan:
    """What a layer comes to.

    Attributes:
        shape: of its output.
        weights: shapes by name; all of them must be there.
        multiply_adds: for one picture.
        padded: shape of the input with its padding, where it is laid out so.
        activates: whether it computes an activation of its choice.
    """

    shape: Shape
    weights: dict[str, Shape] = field(default_factory=dict)
    multiply_adds: int = 0
    padded: Shape = ()
    activates: bool = False


Rule: TypeAlias = Callable[[LayerEntry, Sequence[Shape]], LayerPlan]


def _input(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    sides = layer.settings.get("batch_input_shape")
    batch, *rest = sides.items() or [sides]
    if batch.value is not None or len(rest) != 3:
        sides.fail("[null, height, width, channels]")
    return LayerPlan(tuple(_side(side) for side in rest))


def _dense(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    (shape,) = _inputs(layer, inputs, 1)
    units = _side(layer.settings.get("units"))
    output = (*shape[:-1], units)
    return LayerPlan(
        output,
        {"kernel": (shape[-1], units), **_bias(layer, units)},
        math.prod(output) * shape[-1],
        activates=True,
    )


def _convolution(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    shape = _picture(layer, inputs)
    filters = _side(layer.settings.get("filters"))
    window = _pair(layer.settings.get("kernel_size"))
    output, padded = _slide(layer, shape, "kernel_size", window, dilates=True)
    return LayerPlan(
        (*output, filters),
        {"kernel": (*window, shape[2], filters), **_bias(layer, filters)},
        math.prod(output) * math.prod(window) * shape[2] * filters,
        padded,
        activates=True,
    )


def _depthwise(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    shape = _picture(layer, inputs)
    multiplier = _side(layer.settings.get("depth_multiplier"))
    window = _pair(layer.settings.get("kernel_size"))
    output, padded = _slide(layer, shape, "kernel_size", window)
    channels = shape[2] * multiplier
    return LayerPlan(
        (*output, channels),
        {"depthwise_kernel": (*window, shape[2], multiplier), **_bias(layer, channels)},
        math.prod(output) * math.prod(window) * channels,
        padded,
        activates=True,
    )


def _transposed(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    shape = _picture(layer, inputs)
    filters = _side(layer.settings.get("filters"))
    window = _pair(layer.settings.get("kernel_size"))
    strides = _pair(layer.settings.get("strides"))
    _only_ones(layer)
    is_same = _padding(layer) == "same"
    beyond = [max(side - stride, 0) for side, stride in zip(window, strides, strict=True)]
    grown = [side * stride for side, stride in zip(shape, strides, strict=False)]
    whole = [side + more for side, more in zip(grown, beyond, strict=True)]
    output = grown if is_same else whole
    return LayerPlan(
        (*output, filters),
        {"kernel": (*window, filters, shape[2]), **_bias(layer, filters)},
        math.prod(shape) * math.prod(window) * filters,
        (*whole, filters),
        activates=True,
    )


def _pooling(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    shape = _picture(layer, inputs)
    window = _pair(layer.settings.get("pool_size"))
    output, padded = _slide(layer, shape, "pool_size", window)
    result = (*output, shape[2])
    return LayerPlan(result, {}, math.prod(result) * math.prod(window), padded)


def _global_pooling(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    shape = _picture(layer, inputs)
    _only(layer.settings.get("keepdims"), False, "false")
    return LayerPlan(shape[2:])


def _batch_normalization(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    (shape,) = _inputs(layer, inputs, 1)
    always = dict.fromkeys(("moving_mean", "moving_variance"), shape[-1:])
    return LayerPlan(shape, {**_normalized(layer, shape), **always})


def _layer_normalization(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    (shape,) = _inputs(layer, inputs, 1)
    return LayerPlan(shape, _normalized(layer, shape))


def _normalized(layer: LayerEntry, shape: Shape) -> dict[str, Shape]:
    _last_axis(layer, shape)
    layer.settings.get("epsilon").number(0)
    switches = {"gamma": "scale", "beta": "center"}
    return {name: shape[-1:] for name, key in switches.items() if _flag(layer.settings.get(key))}


def _rescaling(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    (shape,) = _inputs(layer, inputs, 1)
    for key in ("scale", "offset"):
        setting = layer.settings.get(key)
        if not isinstance(setting.value, list):
            setting.number()
        elif len(setting.each(lambda item: item.number())) not in (1, shape[-1]):
            setting.fail(f"one number, or {shape[-1]}")
    return LayerPlan(shape)


def _activation(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    (shape,) = _inputs(layer, inputs, 1)
    return LayerPlan(shape, activates=True)


def _unchanged(*settings: str) -> Rule:
    """Return the rule of layers that keep the shape and take these numbers."""

    def rule(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
        (shape,) = _inputs(layer, inputs, 1)
        for key in settings:
            layer.settings.get(key).number()
        return LayerPlan(shape)

    return rule


def _relu(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    (shape,) = _inputs(layer, inputs, 1)
    layer.settings.get("max_value").optional(lambda limit: limit.number(0))
    return LayerPlan(shape)


def _prelu(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    (shape,) = _inputs(layer, inputs, 1)
    return LayerPlan(shape, {"alpha": shape})


def _softmax(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    (shape,) = _inputs(layer, inputs, 1)
    _last_axis(layer, shape)
    return LayerPlan(shape)


def _flatten(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    (shape,) = _inputs(layer, inputs, 1)
    _channels_last(layer)
    return LayerPlan((math.prod(shape),))


def _reshape(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    (shape,) = _inputs(layer, inputs, 1)
    target = layer.settings.get("target_shape")
    sides = target.each(lambda side: -1 if side.value == -1 else _side(side))
    count = math.prod(shape)
    known = _bounded_product(side for side in sides if side != -1)
    if not 1 <= len(sides) <= _MAX_RANK or sides.count(-1) > 1 or count % known:
        target.fail(f"sides of {dimensions(shape)} values")
    output = tuple(count // known if side == -1 else side for side in sides)
    if _bounded_product(output) != count:
        target.fail(f"sides of {dimensions(shape)} values")
    return LayerPlan(output)


def _permute(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    (shape,) = _inputs(layer, inputs, 1)
    setting = layer.settings.get("dims")
    dims = setting.each(lambda axis: axis.integer(1, _MAX_RANK))
    if sorted(dims) != list(range(1, len(shape) + 1)):
        setting.fail(f"the axes 1 to {len(shape)}, each once")
    return LayerPlan(tuple(shape[axis - 1] for axis in dims))


def _padded(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    height, width, channels = _picture(layer, inputs)
    (top, bottom), (left, right) = _frame(layer.settings.get("padding"))
    return LayerPlan((height + top + bottom, width + left + right, channels))


def _cropped(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    height, width, channels = _picture(layer, inputs)
    (top, bottom), (left, right) = _frame(layer.settings.get("cropping"))
    if top + bottom >= height or left + right >= width:
        layer.settings.get("cropping").fail(f"less than the input has: {height} x {width}")
    return LayerPlan((height - top - bottom, width - left - right, channels))


def _enlarged(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    height, width, channels = _picture(layer, inputs)
    rows, columns = _pair(layer.settings.get("size"))
    _only(layer.settings.get("interpolation"), "nearest", "nearest")
    return LayerPlan((height * rows, width * columns, channels))


def _dot(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    first, second = _inputs(layer, inputs, 2)
    if len(first) != 2 or len(second) != 2:
        _fail_inputs(layer, "two matrices")
    setting = layer.settings.get("axes")
    axes = setting.each(lambda axis: axis.integer(1, 2))
    _only(layer.settings.get("normalize"), False, "false")
    if len(axes) != 2 or first[axes[0] - 1] != second[axes[1] - 1]:
        setting.fail(f"two axes of one length, in {dimensions(first)} and {dimensions(second)}")
    output = (first[2 - axes[0]], second[2 - axes[1]])
    return LayerPlan(output, {}, math.prod(output) * first[axes[0] - 1])


def _merged(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    first = _inputs(layer, inputs)[0]
    output = list(first)
    for shape in inputs:
        if len(shape) != len(first):
            _fail_inputs(layer, "layers of one rank")
        for axis, side in enumerate(shape):
            if side != output[axis] and 1 not in (side, output[axis]):
                _fail_inputs(layer, "layers whose sides are equal or 1")
            output[axis] = max(side, output[axis])
    return LayerPlan(tuple(output), {}, math.prod(output) * len(inputs))


def _concatenated(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    first = _inputs(layer, inputs)[0]
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
            _fail_inputs(layer, "layers whose other sides are equal")
        output[place] += shape[place]
    return LayerPlan(tuple(output), {}, math.prod(output))


def _inputs(
    layer: LayerEntry, inputs: Sequence[Shape], count: int | None = None
) -> Sequence[Shape]:
    if len(inputs) == count or (count is None and inputs):
        return inputs
    words = {None: "at least one layer", 1: "one layer", 2: "two layers"}
    _fail_inputs(layer, words[count])


def _fail_inputs(layer: LayerEntry, expected: str) -> NoReturn:
    count = len(layer.inputs)
    taken = "1 layer" if count == 1 else f"{count} layers"
    layer.entry.refuse(f"{layer.entry.place} takes {taken}. Expected {expected}.")


def _picture(layer: LayerEntry, inputs: Sequence[Shape]) -> Shape:
    """Return the shape of the only input, with height, width and channels in this order."""
    (shape,) = _inputs(layer, inputs, 1)
    if len(shape) != 3:
        layer.entry.refuse(
            f"{layer.entry.place} takes {dimensions(shape)} values. Expected height x width x "
            "channels."
        )
    _channels_last(layer)
    return shape


def _side(setting: Field) -> int:
    return setting.integer(1, MAX_LAYER_VALUES)


def _pair(setting: Field, minimum: int = 1) -> list[int]:
    numbers = setting.each(lambda number: number.integer(minimum, MAX_LAYER_VALUES))
    if len(numbers) != 2:
        setting.fail("two whole numbers")
    return numbers


def _frame(setting: Field) -> list[list[int]]:
    pairs = setting.each(lambda pair: _pair(pair, 0))
    if len(pairs) != 2:
        setting.fail("two pairs of whole numbers")
    return pairs


def _flag(setting: Field) -> bool:
    """Return a switch that is on unless the document says otherwise."""
    found = setting.optional(lambda switch: switch.boolean())
    return True if found is None else found


def _only(setting: Field, value: str | bool, name: str) -> None:
    is_text = isinstance(value, str) and setting.value == value
    if setting.value is not value and not is_text and setting.value not in (None, MISSING):
        setting.fail(name)


def _channels_last(layer: LayerEntry) -> None:
    _only(layer.settings.get("data_format"), "channels_last", "channels_last")


def _padding(layer: LayerEntry) -> str:
    return layer.settings.get("padding").one_of("same", "valid")


def _only_ones(layer: LayerEntry) -> None:
    setting = layer.settings.get("dilation_rate")
    if setting.optional(_pair) not in (None, [1, 1]):
        setting.fail("[1, 1]")


def _bias(layer: LayerEntry, length: int) -> dict[str, Shape]:
    return {"bias": (length,)} if _flag(layer.settings.get("use_bias")) else {}


def _last_axis(layer: LayerEntry, shape: Shape) -> None:
    """Check that the axis is the last one, which all backends compute."""
    setting = layer.settings.get("axis")
    inner = setting.items()[0] if isinstance(setting.value, list) and setting.value else setting
    if inner.optional(lambda axis: axis.integer(-1, _MAX_RANK)) not in (None, -1, len(shape)):
        setting.fail(f"-1 or {len(shape)}")


def _slide(
    layer: LayerEntry, shape: Shape, key: str, window: list[int], *, dilates: bool = False
) -> tuple[list[int], Shape]:
    """Return rows and columns of a window's positions, and the input's shape with its padding."""
    strides = _pair(layer.settings.get("strides"))
    dilations = [1, 1]
    if dilates:
        dilations = layer.settings.get("dilation_rate").optional(_pair) or dilations
        if dilations != [1, 1] and strides != [1, 1]:
            layer.settings.get("dilation_rate").fail("[1, 1] beside strides of more than 1")
    else:
        _only_ones(layer)
    is_same = _padding(layer) == "same"
    output, padded = [], []
    for size, side, stride, dilation in zip(shape, window, strides, dilations, strict=False):
        extent = (side - 1) * dilation + 1
        count = -(-size // stride) if is_same else (size - extent) // stride + 1
        if count < 1:
            layer.settings.get(key).fail(f"a window that fits into {shape[0]} x {shape[1]}")
        output.append(count)
        padded.append(max(size, (count - 1) * stride + extent))
    return output, (*padded, shape[2])


def _bounded_product(sides: Iterator[int] | Sequence[int]) -> int:
    """Return the product, or a number above every limit: JavaScript's would not be exact."""
    result = 1
    for side in sides:
        result = min(result * side, 2 * MAX_LAYER_VALUES)
    return result


LAYER_RULES: dict[str, Rule] = {
    "Activation": _activation,
    "Add": _merged,
    "Average": _merged,
    "AveragePooling2D": _pooling,
    "BatchNormalization": _batch_normalization,
    "Concatenate": _concatenated,
    "Conv2D": _convolution,
    "Conv2DTranspose": _transposed,
    "Cropping2D": _cropped,
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise,
    "Dot": _dot,
    "Flatten": _flatten,
    "GlobalAveragePooling2D": _global_pooling,
    "GlobalMaxPooling2D": _global_pooling,
    "InputLayer": _input,
    "LayerNormalization": _layer_normalization,
    "LeakyReLU": _unchanged("alpha"),
    "MaxPooling2D": _pooling,
    "Maximum": _merged,
    "Minimum": _merged,
    "Multiply": _merged,
    "PReLU": _prelu,
    "Permute": _permute,
    "ReLU": _relu,
    "Rescaling": _rescaling,
    "Reshape": _reshape,
    "Softmax": _softmax,
    "ThresholdedReLU": _unchanged("theta"),
    "UpSampling2D": _enlarged,
    "ZeroPadding2D": _padded,
}
"""Class of TensorFlow.js -> rule: every layer that is read."""
