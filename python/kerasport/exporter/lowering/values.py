"""What is known of the values that a lowered graph computes: their bounds, and what they sum to.

Three questions, answered for the layers of TensorFlow.js from their settings and weights alone:
within which bounds do all values lie, what do they sum to along an axis, and which layers decide
them, where everything between those and the output only moves, means or scales values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.exporter.graph.graph import Graph, Node
from kerasport.exporter.graph.shapes import Shape, graph_shapes

__all__ = ["Bounds", "Total", "Values", "activation_of", "affine_numbers"]

_FREE = (-math.inf, math.inf)

Bounds = tuple[float, float]
"""Least and greatest value that a layer can give, for whatever picture."""

_CLIPPED = 1e-5
"""By how much clipping may change values that count as unchanged: clip(p, 1e-7, 1 - 1e-7)."""

_RANGES: dict[str, Bounds] = {
    "elu": (-1.0, math.inf),
    "gelu": (-0.17, math.inf),
    "logSoftmax": (-math.inf, 0.0),
    "mish": (-0.309, math.inf),
    "selu": (-1.7581, math.inf),
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "softplus": (0.0, math.inf),
    "softsign": (-1.0, 1.0),
    "swish": (-0.2785, math.inf),
    "tanh": (-1.0, 1.0),
}
"""Activation of TensorFlow.js -> the values that it can give; relu depends on what it is given."""

_MERGING = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply")

_PASSING = (
    *_MERGING,
    "AveragePooling2D",
    "BatchNormalization",
    "Cropping2D",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "MaxPooling2D",
    "Permute",
    "Rescaling",
    "Reshape",
    "UpSampling2D",
    "ZeroPadding2D",
)
"""Layers that move, mean, scale or merge values, and so leave it to others what these are."""


@dataclass(frozen=True)
class Total:
    """What values sum to along one axis: a number, plus multiples of sums that are not known.

    With p the output of a sigmoid, 1 - p sums to 1 - p, and the two together to 1.
    """

    number: float = 0.0
    unknown: dict[Any, float] = field(default_factory=dict)

    @property
    def constant(self) -> float | None:
        """The sum where it is the same for every picture and place; else None."""
        return None if self.unknown else self.number

    def times(self, factor: float, plus: float = 0.0) -> Total:
        unknown = {key: share * factor for key, share in self.unknown.items() if share * factor}
        return Total(self.number * factor + plus, unknown)

    def plus(self, other: Total) -> Total:
        unknown = dict(self.unknown)
        for key, share in other.unknown.items():
            unknown[key] = unknown.get(key, 0.0) + share
            if abs(unknown[key]) < 1e-9:
                del unknown[key]
        return Total(self.number + other.number, unknown)

    def moved(self, name: str) -> Total:
        """Return the same for other places: sums that are not known become others."""
        return Total(self.number, {(name, key): share for key, share in self.unknown.items()})


def activation_of(node: Node) -> str:
    """Return the activation that a layer of TensorFlow.js applies, or is; `linear` for none."""
    if node.class_name == "Softmax":
        return "softmax"
    if node.class_name == "ReLU":
        return "relu"
    return str(node.config.get("activation") or "linear")


class Values:
    """What is known of the values in a lowered graph. Axes count without the batch, from 0.

    Args:
        graph: the lowered graph.
        given: bounds of its input; any number by default.
    """

    def __init__(self, graph: Graph, *, given: Bounds = _FREE) -> None:
        self.shapes: dict[str, Shape] = graph_shapes(graph)
        self._graph = graph
        self._bounds: dict[str, Bounds] = {}
        for node in graph:
            if not node.inputs:
                self._bounds[node.name] = given
                continue
            fed = [self._bounds[name] for name in node.inputs]
            before = self._dotted(node, fed) if node.class_name == "Dot" else _before(node, fed)
            self._bounds[node.name] = _activated(node, before)

    def bounds(self, name: str) -> Bounds:
        """Return the bounds of all values of a layer."""
        return self._bounds[name]

    def deciding(self, name: str) -> list[Node]:
        """Return the layers that decide what the values of a layer are."""
        found: dict[str, Node] = {}
        waiting, seen = [name], set()
        while waiting:
            node = self._graph.nodes[waiting.pop()]
            if node.name in seen:
                continue
            seen.add(node.name)
            if self._passes(node):
                waiting += node.inputs
            else:
                found[node.name] = node
        return list(found.values())

    def total(self, name: str, axis: int) -> Total:
        """Return what the values of a layer sum to along an axis."""
        node = self._graph.nodes[name]
        unknown = Total(0.0, {(name, axis): 1.0})
        activation = activation_of(node)
        if activation == "softmax":
            return Total(1.0) if axis == len(self.shapes[name]) - 1 else unknown
        if self.keeps(node):
            return self.total(node.inputs[0], axis)
        if activation != "linear":
            return unknown
        rule = _TOTALS.get(node.class_name)
        return (rule(self, node, axis) if rule else None) or unknown

    def mean_of_places(self, total: Total, name: str) -> Total:
        """Return the mean of a sum over all places; `name` is of the layer that gives it.

        A softmax over n places sums to 1 whatever it is given, so its mean is 1 / n.
        """
        result = Total(total.number)
        for key, share in total.unknown.items():
            mean = self._mean(key)
            result = result.plus(
                Total(0.0, {(name, key): share}) if mean is None else Total(share * mean)
            )
        return result

    def _mean(self, key: Any) -> float | None:
        """Return the mean of a sum that is not known itself, over all places of its layer."""
        name, axis = key
        if not isinstance(axis, int):
            return None
        shape = self.shapes[name]
        for other, side in enumerate(shape):
            number = None if other == axis else self.total(name, other).constant
            if number is not None:
                return number / side * shape[axis]
        return None

    def _dotted(self, node: Node, given: list[Bounds]) -> Bounds:
        low, high = _product(given)
        terms = self.shapes[node.inputs[0]][int(node.config["axes"][0]) - 1]
        return low * terms, high * terms

    def _passes(self, node: Node) -> bool:
        if node.class_name in _PASSING or self.keeps(node) or _is_mean(node):
            return True
        return node.class_name == "Activation" and activation_of(node) == "linear"

    def keeps(self, node: Node) -> bool:
        """Tell whether an activation leaves all values that it can be given as they are."""
        if node.class_name not in ("Activation", "LeakyReLU", "PReLU", "ReLU"):
            return False
        low, high = self._bounds[node.inputs[0]]
        if node.class_name in ("LeakyReLU", "PReLU"):
            return low >= 0
        if activation_of(node) == "linear":
            return True
        if activation_of(node) not in ("relu", "relu6"):
            return False
        return low >= -_CLIPPED and high <= _ceiling(node) + _CLIPPED


def _ceiling(node: Node) -> float:
    if activation_of(node) == "relu6":
        return 6.0
    maximum = node.config.get("max_value")
    return math.inf if maximum is None else float(maximum)


def _activated(node: Node, before: Bounds) -> Bounds:
    activation = activation_of(node)
    if activation == "linear":
        return before
    if activation in ("relu", "relu6"):
        ceiling = _ceiling(node)
        return min(max(before[0], 0.0), ceiling), min(max(before[1], 0.0), ceiling)
    return _RANGES.get(activation, _FREE)


def _before(node: Node, given: list[Bounds]) -> Bounds:
    """Return the bounds of a layer's values before its activation."""
    kind = node.class_name
    lows, highs = [low for low, _ in given], [high for _, high in given]
    if kind == "Add":
        return sum(lows), sum(highs)
    if kind == "Average":
        return sum(lows) / len(lows), sum(highs) / len(highs)
    if kind == "Concatenate":
        return min(lows), max(highs)
    if kind == "Maximum":
        return max(lows), max(highs)
    if kind == "Minimum":
        return min(lows), min(highs)
    if kind == "Multiply":
        return _product(given)
    if kind in ("Rescaling", "BatchNormalization"):
        return _affine_bounds(given[0], *affine_numbers(node))
    if kind == "ZeroPadding2D":
        return min(lows[0], 0.0), max(highs[0], 0.0)
    if kind in ("Dense", "Conv2D"):
        return _linear_bounds(node, given[0])
    if kind in _PASSING or kind in ("Activation", "ReLU", "Softmax"):
        return given[0]
    if kind in ("LeakyReLU", "PReLU") and lows[0] >= 0:
        return given[0]
    return _FREE


def _product(given: list[Bounds]) -> Bounds:
    low, high = given[0]
    for other in given[1:]:
        # 0 * inf: a bound that is not there times a value of 0 is 0.
        ends = [0.0 if 0 in (a, b) else a * b for a in (low, high) for b in other]
        low, high = min(ends), max(ends)
    return low, high


def _affine_bounds(given: Bounds, factor: NDArray[Any], offset: NDArray[Any]) -> Bounds:
    factor, offset = np.broadcast_arrays(factor.reshape(-1), offset.reshape(-1))
    ends = [
        (offset if end == 0 else np.where(factor == 0, 0.0, factor) * end + offset)
        for end in given
        if math.isfinite(end)
    ]
    if len(ends) < 2:
        # One side is open: it stays open where all factors have one sign.
        if len(ends) == 1 and (factor > 0).all():
            closed_below = math.isfinite(given[0])
            return (
                (float(ends[0].min()), math.inf)
                if closed_below
                else (-math.inf, float(ends[0].max()))
            )
        if len(ends) == 1 and (factor < 0).all():
            closed_below = math.isfinite(given[0])
            return (
                (-math.inf, float(ends[0].max()))
                if closed_below
                else (float(ends[0].min()), math.inf)
            )
        return _FREE
    return float(np.minimum(*ends).min()), float(np.maximum(*ends).max())


def affine_numbers(node: Node) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return factor and offset of a Rescaling or BatchNormalization, each one number or many."""
    if node.class_name == "Rescaling":
        return (
            np.asarray(node.config["scale"], np.float64),
            np.asarray(node.config["offset"], np.float64),
        )
    weights = {name: np.asarray(array, np.float64) for name, array in node.weights.items()}
    factor = weights.get("gamma", np.float64(1)) / np.sqrt(
        weights["moving_variance"] + float(node.config["epsilon"])
    )
    offset = weights.get("beta", np.float64(0)) - weights["moving_mean"] * factor
    return np.asarray(factor), np.asarray(offset)


def _matrix(node: Node) -> NDArray[np.float64] | None:
    """Return what a Dense layer or a convolution of single pixels multiplies the last axis by."""
    kernel = np.asarray(node.weights["kernel"], np.float64)
    if node.class_name == "Dense":
        return kernel
    return kernel[0, 0] if kernel.shape[:2] == (1, 1) else None


def _is_mean(node: Node) -> bool:
    """Tell whether a layer's values are means of those it is given: resized, picked or turned."""
    if node.class_name != "Dense" or activation_of(node) != "linear" or "bias" in node.weights:
        return False
    matrix = np.asarray(node.weights["kernel"], np.float64)
    return bool((matrix >= 0).all() and np.allclose(matrix.sum(axis=0), 1, rtol=0, atol=1e-5))


def _linear_bounds(node: Node, given: Bounds) -> Bounds:
    matrix = _matrix(node) if all(map(math.isfinite, given)) else None
    if matrix is None:
        return _FREE
    low, high = given
    positive, negative = matrix.clip(min=0).sum(0), matrix.clip(max=0).sum(0)
    bias = np.asarray(node.weights.get("bias", np.zeros(matrix.shape[1])), np.float64)
    return (
        float((positive * low + negative * high + bias).min()),
        float((positive * high + negative * low + bias).max()),
    )


def _only(values: NDArray[Any]) -> float | None:
    """Return the number that all values are, up to rounding; None where they differ."""
    first = float(values.reshape(-1)[0])
    return first if np.allclose(values, first, rtol=1e-6, atol=1e-7) else None


Rule = Callable[[Values, Node, int], "Total | None"]


def _affine_total(values: Values, node: Node, axis: int) -> Total | None:
    factor, offset = map(_only, affine_numbers(node))
    if factor is None or offset is None:
        return None
    side = values.shapes[node.name][axis]
    return values.total(node.inputs[0], axis).times(factor, offset * side)


def _linear_total(values: Values, node: Node, axis: int) -> Total | None:
    matrix = _matrix(node)
    if matrix is None:
        return None
    shape = values.shapes[node.name]
    bias = np.asarray(node.weights.get("bias", np.zeros(matrix.shape[1])), np.float64)
    if axis == len(shape) - 1:
        share = _only(matrix.sum(axis=1))
        if share is None:
            return None
        return values.total(node.inputs[0], axis).times(share, float(bias.sum()))
    if node.class_name != "Dense":
        return None
    # Along another axis the values of one column add up to the column's sum.
    before = values.total(node.inputs[0], axis).constant
    column = None if before is None else _only(matrix.sum(axis=0) * before + bias * shape[axis])
    return None if column is None else Total(column)


def _rearranged(values: Values, node: Node, axis: int) -> Total | None:
    before, after = values.shapes[node.inputs[0]], values.shapes[node.name]
    ahead = math.prod(after[:axis])
    for place, side in enumerate(before):
        if side == after[axis] and math.prod(before[:place]) == ahead:
            return values.total(node.inputs[0], place)
    return None


def _permuted(values: Values, node: Node, axis: int) -> Total | None:
    return values.total(node.inputs[0], int(node.config["dims"][axis]) - 1)


def _mean(values: Values, node: Node, axis: int) -> Total | None:
    whole = node.class_name.startswith("Global")
    if not whole and axis != 2:
        return None
    total = values.total(node.inputs[0], 2)
    return values.mean_of_places(total, node.name) if whole else total.moved(node.name)


def _largest(values: Values, node: Node, axis: int) -> Total | None:
    height, width, _ = values.shapes[node.inputs[0]]
    single = height * width == 1 or list(node.config.get("pool_size", [])) == [1, 1]
    return _mean(values, node, axis) if single else None


def _enlarged(values: Values, node: Node, axis: int) -> Total | None:
    return values.total(node.inputs[0], 2).moved(node.name) if axis == 2 else None


def _framed(values: Values, node: Node, axis: int) -> Total | None:
    sides = node.config["cropping" if node.class_name == "Cropping2D" else "padding"]
    cut = [bool(np.any(side)) for side in sides]
    if node.class_name == "Cropping2D":
        kept = axis == 2 or not cut[axis]
    else:
        # Places of zeros sum to 0; zeros at the ends of the axis itself add nothing.
        kept = not any(cut) if axis == 2 else not cut[1 - axis]
    return values.total(node.inputs[0], axis).moved(node.name) if kept else None


def _concatenated(values: Values, node: Node, axis: int) -> Total | None:
    place = int(node.config["axis"])
    place = place - 1 if place > 0 else place + len(values.shapes[node.name])
    totals = [values.total(name, axis) for name in node.inputs]
    if place == axis:
        result = Total()
        for total in totals:
            result = result.plus(total)
        return result
    numbers = [total.constant for total in totals]
    if any(number is None or abs(number - (numbers[0] or 0)) > 1e-9 for number in numbers):
        return None
    return totals[0]


def _added(values: Values, node: Node, axis: int) -> Total | None:
    result = Total()
    for name in node.inputs:
        # A side of 1 is repeated.
        times = values.shapes[node.name][axis] / values.shapes[name][axis]
        result = result.plus(values.total(name, axis).times(times))
    return result.times(1 / len(node.inputs)) if node.class_name == "Average" else result


def _multiplied(values: Values, node: Node, axis: int) -> Total | None:
    if len(node.inputs) != 2:
        return None
    for one, other in (node.inputs, node.inputs[::-1]):
        number = values.total(other, axis).constant
        if values.shapes[one][axis] == 1 and number is not None:
            return values.total(one, axis).times(number)
    return None


def _dotted(values: Values, node: Node, axis: int) -> Total | None:
    # Sums of products: where the second factor sums to c for each place that is summed over, the
    # products sum to c times what the first sums to.
    first, second = (int(each) - 1 for each in node.config["axes"])
    rows = [place for place in range(len(values.shapes[node.inputs[0]])) if place != first]
    columns = [place for place in range(len(values.shapes[node.inputs[1]])) if place != second]
    if axis < len(rows):
        inner = values.total(node.inputs[0], rows[axis]).constant
        weights = values.total(node.inputs[1], second)
    else:
        inner = values.total(node.inputs[1], columns[axis - len(rows)]).constant
        weights = values.total(node.inputs[0], first)
    return None if inner is None else weights.times(inner).moved(node.name)


_TOTALS: dict[str, Rule] = {
    "Add": _added,
    "Average": _added,
    "AveragePooling2D": _mean,
    "BatchNormalization": _affine_total,
    "Concatenate": _concatenated,
    "Conv2D": _linear_total,
    "Cropping2D": _framed,
    "Dense": _linear_total,
    "Dot": _dotted,
    "Flatten": _rearranged,
    "GlobalAveragePooling2D": _mean,
    "GlobalMaxPooling2D": _largest,
    "MaxPooling2D": _largest,
    "Multiply": _multiplied,
    "Permute": _permuted,
    "Rescaling": _affine_total,
    "Reshape": _rearranged,
    "UpSampling2D": _enlarged,
    "ZeroPadding2D": _framed,
}
"""Class of TensorFlow.js -> what its output sums to along an axis; None where it is not known."""
