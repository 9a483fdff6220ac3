"""Convolutions of 3 x 3 with stride 1 as the client's engine may compute them: by Winograd's way.

Here it serves to measure what the engine's way rounds. Points, transforms and the order of their
sums are written down a second time, beside those in `web/kernels/`: for one channel both give
the same bits, which a golden file holds. Products are summed up in the order that numpy likes.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.runtime.activations import Array, activate
from kerasport.runtime.layers import window_padding

__all__ = ["winograd_convolution"]

_POINTS = {2: (1.0,), 4: (2 / 3, 3 / 2)}
"""Side of the tiles of outputs -> points beside 0 and infinity, each with its negative."""

_MAX_TRANSFORMED = 1 << 24
"""Values of transformed inputs or outputs at a time: 64 MiB in float32."""


def winograd_convolution(
    config: Mapping[str, Any], weights: Mapping[str, Array], inputs: Sequence[Array], side: int
) -> Array:
    """Return what a `Conv2D` of 3 x 3 with stride 1 and without dilation gives, `[n, ...]`.

    Weights are transformed in float64 and rounded once to the dtype of the input, in which all
    else is computed.

    Args:
        config: its settings.
        weights: `kernel` `[3, 3, channels, filters]`, and `bias` where it has one.
        inputs: the one input.
        side: rows and columns of outputs that are computed from one tile: 2 or 4.
    """
    x = inputs[0]
    top, bottom, rows = window_padding(x.shape[1], 3, 1, 1, config["padding"])
    left, right, columns = window_padding(x.shape[2], 3, 1, 1, config["padding"])
    down, across = -(-rows // side), -(-columns // side)
    below, behind = down * side - rows, across * side - columns
    x = np.pad(x, ((0, 0), (top, bottom + below), (left, right + behind), (0, 0)))
    matrices = _transformed_weights(weights["kernel"], side).astype(x.dtype)
    line = matrices.shape[0] * across * max(matrices.shape[1:])
    step = max(1, _MAX_TRANSFORMED // line)
    pictures = [
        np.concatenate(
            [
                _strip(picture[first * side : (first + step) * side + 2], matrices, side)
                for first in range(0, down, step)
            ]
        )
        for picture in x
    ]
    y: Array = np.stack(pictures)[:, :rows, :columns]
    if "bias" in weights:
        y = y + weights["bias"]
    return activate(config.get("activation") or "linear", y)


def _strip(x: Array, matrices: Array, side: int) -> Array:
    """Return the sums of whole tiles, `[rows, columns, filters]`, for 2 rows and columns more."""
    extent = side + 2
    # numpy's types know one axis only.
    view: Any = np.lib.stride_tricks.sliding_window_view(x, (extent, extent), axis=(0, 1))  # type: ignore[call-overload]
    tiles = view[::side, ::side].transpose(4, 3, 0, 1, 2)
    down, across, channels = tiles.shape[2:]
    # Columns first, then rows; behind it the columns' points are the outer axis.
    halves = _input_side(list(tiles), side)
    values = np.stack([np.stack(_input_side(list(half), side)) for half in halves])
    values = values.reshape(extent * extent, down * across, channels)
    products = (values @ matrices).reshape(extent, extent, down, across, -1)
    # Rows first, then columns.
    rows = _output_side(list(products.transpose(1, 0, 2, 3, 4)), side)
    sums = np.stack([np.stack(_output_side(list(row), side)) for row in rows])
    result: Array = sums.transpose(2, 0, 3, 1, 4).reshape(down * side, across * side, -1)
    return result


def _transformed_weights(kernel: Array, side: int) -> NDArray[np.float64]:
    """Return one matrix `[channels, filters]` per pair of points, the columns' point outermost."""
    exact = kernel.astype(np.float64)
    halves = _weight_side(list(exact.transpose(1, 0, 2, 3)), side)
    return np.concatenate([np.stack(_weight_side(list(half), side)) for half in halves])


def _vanishing(points: Sequence[float]) -> list[float]:
    """Return the coefficients of the polynomial that is 0 at the points and their negatives."""
    polynomial = [1.0]
    for point in points:
        shifted = [0.0, 0.0, *polynomial]
        padded = [*polynomial, 0.0, 0.0]
        polynomial = [high - point**2 * low for high, low in zip(shifted, padded, strict=True)]
    return polynomial


def _combined(parts: Sequence[tuple[float, Array]]) -> Array:
    """Return a sum of products: first what needs no multiplication, then the others in order."""
    used = [part for part in parts if part[0] != 0]
    first = next((index for index, (factor, _) in enumerate(used) if factor == 1), 0)
    factor, start = used.pop(first)
    total: Array = start if factor == 1 else start * start.dtype.type(factor)
    return functools.reduce(_plus, used, total)


def _plus(total: Array, part: tuple[float, Array]) -> Array:
    factor, value = part
    if factor == 1:
        result: Array = total + value
    elif factor == -1:
        result = total - value
    else:
        result = total + value * value.dtype.type(factor)
    return result


def _input_side(values: Sequence[Array], side: int) -> list[Array]:
    """Return `side + 2` inputs multiplied as polynomials at 0, p and -p for each p, infinity."""
    points = _POINTS[side]

    def times(polynomial: Sequence[float], shift: int) -> Array:
        return _combined(
            [(factor, values[power + shift]) for power, factor in enumerate(polynomial) if factor]
        )

    every = _vanishing(points)
    found = [times(every, 0)]
    for point in points:
        others = _vanishing([other for other in points if other != point])
        even, odd = times(others, 2), times(others, 1)
        if point != 1:
            odd = odd * odd.dtype.type(point)
        found += [even + odd, even - odd]
    return [*found, times(every, 1)]


def _weight_side(values: Sequence[Array], side: int) -> list[Array]:
    """Return three weights at the same points, divided by the distances to all others."""
    points = _POINTS[side]
    first, second, third = values
    found = [first * (1 / _vanishing(points)[0])]
    for point in points:
        norm = 2 * point**2
        for other in points:
            if other != point:
                norm *= point**2 - other**2
        even, odd = (first + third * point**2) * (1 / norm), second * (point / norm)
        found += [even + odd, even - odd]
    return [*found, third]


def _output_side(values: Sequence[Array], side: int) -> list[Array]:
    """Return the `side` coefficients of products at the same points."""
    points = _POINTS[side]
    pairs = [(values[1 + 2 * index], values[2 + 2 * index]) for index in range(len(points))]
    even = [plus + minus for plus, minus in pairs]
    odd = [plus - minus for plus, minus in pairs]
    found = []
    for power in range(side):
        parts = [
            (point**power, part)
            for point, part in zip(points, odd if power % 2 else even, strict=True)
        ]
        if power == 0:
            parts.insert(0, (1.0, values[0]))
        if power == side - 1:
            parts.append((1.0, values[-1]))
        found.append(_combined(parts))
    return found
