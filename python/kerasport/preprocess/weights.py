"""The weights of Pillow's antialiased filters, along one axis.

Every operation has the precision of its twin in Pillow's `Resample.c`: edges are float32, positions
and weights float64, in the same order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["WEIGHTED", "AxisWeights", "axis_weights"]

_FRACTION_BITS = 22
_LOW_BITS = 15

_Floats = NDArray[np.float64]


def _bilinear(distance: _Floats) -> _Floats:
    return np.maximum(1 - np.abs(distance), 0)


def _bicubic(distance: _Floats) -> _Floats:
    x, a = np.abs(distance), -0.5
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


# numpy's own sine differs from that of C in the last bit on some processors.
_sine = np.frompyfunc(math.sin, 1, 1)


def _sinc(x: _Floats) -> _Floats:
    angle = np.where(x == 0, 1, x) * math.pi
    return np.where(x == 0, 1.0, _sine(angle).astype(np.float64) / angle)


def _lanczos(distance: _Floats) -> _Floats:
    inside = (distance >= -3) & (distance < 3)
    return np.where(inside, _sinc(distance) * _sinc(distance / 3), 0.0)


_FILTERS: dict[Image.Resampling, tuple[float, Callable[[_Floats], _Floats]]] = {
    Image.Resampling.BILINEAR: (1.0, _bilinear),
    Image.Resampling.BICUBIC: (2.0, _bicubic),
    Image.Resampling.LANCZOS: (3.0, _lanczos),
}

WEIGHTED = frozenset(_FILTERS)
"""Filters that have weights."""


@dataclass(frozen=True)
class AxisWeights:
    """Where each position of the result comes from.

    `starts` int64 `[n]` are first positions of the source. `halves` int16 `[n, groups, 2, group]`
    are the weights from there on, high halves and low ones of 15 bits, with zeros at the end.
    """

    starts: NDArray[np.int64]
    halves: NDArray[np.int16]


def axis_weights(
    resample: Image.Resampling, size: int, start: float, end: float, count: int, *, group: int
) -> AxisWeights:
    """Return the weights that make `count` positions of `start` to `end` out of `size` positions.

    Args:
        resample: one of `WEIGHTED`.
        size: positions of the source.
        start: left or top edge of the part.
        end: its right or bottom edge.
        count: positions of the result.
        group: weights that lie together.
    """
    support, weigh = _FILTERS[resample]
    scale = float(np.float32(end) - np.float32(start)) / count
    wide = max(scale, 1.0)
    center = float(np.float32(start)) + (np.arange(count) + 0.5) * scale
    first = np.maximum(0, np.trunc(center - support * wide + 0.5)).astype(np.int64)
    last = np.minimum(size, np.trunc(center + support * wide + 0.5)).astype(np.int64)
    taps = np.arange(-(-int((last - first).max()) // group) * group)
    exact = weigh((taps + first[:, None] - center[:, None] + 0.5) * (1 / wide))
    exact[taps >= (last - first)[:, None]] = 0
    total = np.zeros(count)
    for column in exact.T:
        # One after the other: numpy's own sum adds in pairs, which rounds differently.
        total += column
    exact /= np.where(total == 0, 1, total)[:, None]
    whole = np.trunc(np.where(exact < 0, -0.5, 0.5) + exact * (1 << _FRACTION_BITS)).astype(
        np.int32
    )
    parts = whole.reshape(count, -1, 1, group)
    halves = np.concatenate([parts >> _LOW_BITS, parts & ((1 << _LOW_BITS) - 1)], axis=2)
    return AxisWeights(first, halves.astype(np.int16))
