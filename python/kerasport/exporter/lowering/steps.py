"""Steps on tensors, each made of TensorFlow.js layers: slicing, reducing, constants.

Every function takes the builder and the name of a layer and returns the name of the layer that
gives the result. Axes count without the batch, from 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.exporter.lowering.builder import Builder, Unsupported

__all__ = [
    "added",
    "along",
    "feature_axes",
    "joined",
    "multiplied",
    "negated",
    "permuted",
    "plus_constant",
    "reduced",
    "reshaped",
    "shared_out",
    "sliced",
    "taken",
    "times_constant",
]

Numbers = NDArray[Any]


def feature_axes(axis: Any, rank: int) -> list[int]:
    """Return Keras' axis or axes, which count the batch, as axes without it.

    Args:
        axis: a number or several; None takes in all.
        rank: of the tensor, without the batch.
    """
    axes = list(axis) if isinstance(axis, (list, tuple)) else [axis]
    whole = [0 if each is None else int(each) % (rank + 1) for each in axes]
    if not all(whole):
        raise Unsupported(
            f"its axis={axis} takes in the batch, whose pictures must not mix",
            f"use axes from 1 to {rank}",
        )
    return [each - 1 for each in whole]


def reshaped(build: Builder, source: str, shape: Sequence[int]) -> str:
    """Give the same values another shape."""
    if tuple(shape) == build.shape(source):
        return source
    config = {"target_shape": [int(side) for side in shape]}
    return build.layer("Reshape", config, inputs=source, suffix="reshaped")


def permuted(build: Builder, source: str, order: Sequence[int]) -> str:
    """Bring the axes into this order."""
    if list(order) == sorted(order):
        return source
    shape = build.shape(source)
    # Axes of length 1 move nothing: a view is cheaper than a copy.
    moved = [axis for axis in order if shape[axis] > 1]
    if moved == sorted(moved):
        return reshaped(build, source, [shape[axis] for axis in order])
    dims = [int(axis) + 1 for axis in order]
    return build.layer("Permute", {"dims": dims}, inputs=source, suffix="permuted")


def negated(build: Builder, source: str) -> str:
    """Add -x."""
    return build.scaled(source, -1, suffix="negative")


def added(build: Builder, *sources: str) -> str:
    """Add the sum of several tensors of one rank; sides of 1 are broadcast."""
    return build.layer("Add", {}, inputs=sources, suffix="sum")


def multiplied(build: Builder, *sources: str) -> str:
    """Add the product of several tensors of one rank; sides of 1 are broadcast."""
    return build.layer("Multiply", {}, inputs=sources, suffix="product")


def sliced(build: Builder, source: str, axis: int, start: int, stop: int, step: int = 1) -> str:
    """Take `start:stop:step`, with a positive step, of one axis.

    The axis becomes the width of a picture: `Cropping2D` cuts it, and pooling over single pixels
    takes every so many.
    """
    shape = build.shape(source)
    side = shape[axis]
    if (start, stop, step) == (0, side, 1):
        return source
    before, behind = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    cut = reshaped(build, source, (before, side, behind))
    layout = {"data_format": "channels_last"}
    if (start, stop) != (0, side):
        config: dict[str, Any] = {"cropping": [[0, 0], [start, side - stop]], **layout}
        cut = build.layer("Cropping2D", config, inputs=cut, suffix="cut")
    if step > 1:
        config = {"pool_size": [1, 1], "strides": [1, step], "padding": "valid", **layout}
        cut = build.layer("MaxPooling2D", config, inputs=cut, suffix="thinned")
    sides = (*shape[:axis], build.shape(cut)[1], *shape[axis + 1 :])
    return reshaped(build, cut, sides)


def along(build: Builder, source: str, axis: int, matrix: Numbers) -> str:
    """Multiply one axis by a matrix `[old side, new side]`: a Dense layer on the last axis."""
    rank = len(build.shape(source))
    order = [each for each in range(rank) if each != axis] + [axis]
    last = permuted(build, source, order)
    config = {"units": int(matrix.shape[1]), "use_bias": False, "activation": "linear"}
    kernel = np.ascontiguousarray(matrix, np.float32)
    product = build.layer(
        "Dense", config, inputs=last, weights={"kernel": kernel}, suffix="multiplied"
    )
    return permuted(build, product, [order.index(each) for each in range(rank)])


def taken(build: Builder, source: str, axis: int, indexes: Sequence[int]) -> str:
    """Take these positions of one axis: a product with zeros and ones, which is exact."""
    side = build.shape(source)[axis]
    if list(indexes) == list(range(side)):
        return source
    matrix = np.zeros((side, len(indexes)), np.float32)
    matrix[list(indexes), range(len(indexes))] = 1
    return along(build, source, axis, matrix)


def reduced(build: Builder, source: str, axes: Sequence[int], kind: str, *, keepdims: bool) -> str:
    """Reduce axes to their `Average` or `Max`: global pooling of a picture one pixel wide."""
    shape = build.shape(source)
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    first = permuted(build, source, [*sorted(axes), *kept])
    count = math.prod(shape[axis] for axis in axes)
    sides = [shape[axis] for axis in kept]
    column = reshaped(build, first, (count, 1, math.prod(sides)))
    pooled = build.layer(
        f"Global{kind}Pooling2D", {"data_format": "channels_last"}, inputs=column, suffix="pooled"
    )
    if keepdims:
        sides = [1 if axis in axes else side for axis, side in enumerate(shape)]
    # A tensor with nothing but the batch has no layer in TensorFlow.js.
    return reshaped(build, pooled, sides or [1])


def joined(build: Builder, source: str, axes: Sequence[int]) -> tuple[str, list[int]]:
    """Bring axes together as the last one; return the layer and the order of its axes before."""
    shape = build.shape(source)
    order = [axis for axis in range(len(shape)) if axis not in axes] + list(axes)
    last = permuted(build, source, order)
    sides = [shape[axis] for axis in order[: len(shape) - len(axes)]]
    size = math.prod(shape[axis] for axis in axes)
    return reshaped(build, last, [*sides, size]), order


def shared_out(build: Builder, source: str, order: Sequence[int], shape: Sequence[int]) -> str:
    """Undo `joined`: `order` is what it returned, `shape` the shape before."""
    apart = reshaped(build, source, [shape[axis] for axis in order])
    return permuted(build, apart, [list(order).index(axis) for axis in range(len(shape))])


def plus_constant(build: Builder, source: str, array: Numbers) -> str:
    """Add a constant that broadcasts to the tensor's shape."""
    return _with_constant(build, source, np.asarray(array), scales=False)


def times_constant(build: Builder, source: str, array: Numbers) -> str:
    """Multiply by a constant that broadcasts to the tensor's shape."""
    return _with_constant(build, source, np.asarray(array), scales=True)


def _with_constant(build: Builder, source: str, array: Numbers, *, scales: bool) -> str:
    if array.size == 1:
        number = float(array.reshape(()))
        pair = (number, 0.0) if scales else (1.0, number)
        return build.scaled(source, *pair, suffix="constant")
    shape = build.shape(source)
    if array.ndim == len(shape) + 1 and array.shape[0] == 1:
        array = array[0]
    if array.ndim > len(shape) or np.broadcast_shapes(array.shape, shape) != shape:
        raise Unsupported(
            f"its constant of shape {list(array.shape)} does not fit the tensor of shape "
            f"{['batch', *shape]} without enlarging it",
            "enlarge the tensor first, for example with UpSampling2D",
        )
    if math.prod(array.shape[:-1]) > 1 or len(shape) > 3:
        # One value per place: as channels, all places together.
        array = np.broadcast_to(array, shape)
        source = reshaped(build, source, (math.prod(shape),))
    values = np.broadcast_to(array.reshape(-1), build.shape(source)[-1:])
    scale, offset = (values, None) if scales else (np.ones_like(values), values)
    result = build.per_channel(source, scale, offset, suffix="constant")
    return reshaped(build, result, shape)
