"""Arithmetic that Keras recorded as nodes: `x + 3`, `x * y`, `keras.ops.matmul(x, y)`."""

from __future__ import annotations

import math

import numpy as np

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.formulas import append_dense, append_leaky_relu
from kerasport.exporter.lowering.layers.activations import append_activation
from kerasport.exporter.lowering.layers.attention import append_product
from kerasport.exporter.lowering.operations.operands import only_constant, operands_of, tensors_of
from kerasport.exporter.lowering.refused import Unsupported
from kerasport.exporter.lowering.rewriters import Rewriters

rewrites = Rewriters()

_MANY_PRODUCTS = 8
"""From more products on, each with three layers of its own, they are computed all at once."""

_MOST_VALUES = 1 << 24
"""Values, of four bytes each, that may stand side by side before they are summed up."""


@rewrites("operation:Add")
def _add(node: Node, build: Builder) -> str:
    operands = operands_of(node)
    if pair := tensors_of(build, operands):
        return build.add(*pair)
    return build.add_constant(build.inputs[0], only_constant(operands))


@rewrites("operation:Subtract")
def _subtract(node: Node, build: Builder) -> str:
    operands = operands_of(node)
    if pair := tensors_of(build, operands):
        return build.add(pair[0], build.negate(pair[1]))
    if operands[0] is None:
        return build.add_constant(build.inputs[0], -only_constant(operands))
    return build.add_constant(build.negate(build.inputs[0]), only_constant(operands))


@rewrites("operation:Multiply")
def _multiply(node: Node, build: Builder) -> str:
    operands = operands_of(node)
    if pair := tensors_of(build, operands):
        return build.multiply(*pair)
    return build.multiply_constant(build.inputs[0], only_constant(operands))


@rewrites("operation:TrueDivide", "operation:Divide")
def _divide(node: Node, build: Builder) -> str:
    operands = operands_of(node)
    if len(operands) != 2 or operands[0] is not None or operands[1] is None:
        raise Unsupported(
            "it divides by a tensor, and no layer of TensorFlow.js does",
            "divide by a number, multiply, or use a normalisation layer",
        )
    return build.multiply_constant(build.inputs[0], 1 / np.asarray(operands[1], np.float64))


@rewrites("operation:Negative")
def _negative(node: Node, build: Builder) -> str:
    return build.negate(build.inputs[0])


@rewrites("operation:Absolute")
def _absolute(node: Node, build: Builder) -> str:
    # |x| = x where x is positive, else -x.
    return append_leaky_relu(build, build.inputs[0], -1.0)


@rewrites("operation:Square")
def _square(node: Node, build: Builder) -> str:
    return build.multiply(build.inputs[0], build.inputs[0])


@rewrites("operation:Power")
def _power(node: Node, build: Builder) -> str:
    base, exponent = operands_of(node)
    if base is not None or exponent not in (1, 2, 3, 4):
        raise Unsupported("its exponent is not 1, 2, 3 or 4", "use one of these, or multiply")
    return build.multiply(*build.inputs * int(exponent)) if exponent > 1 else build.inputs[0]


@rewrites("operation:Maximum", "operation:Minimum")
def _extreme(node: Node, build: Builder) -> str:
    kind = node.class_name.removeprefix("operation:")
    operands = operands_of(node)
    if pair := tensors_of(build, operands):
        return build.append(kind, {}, inputs=pair)
    constant = only_constant(operands)
    # max(x, c) = relu(x - c) + c and min(x, c) = c - relu(c - x).
    source = build.inputs[0] if kind == "Maximum" else build.negate(build.inputs[0])
    sign = 1 if kind == "Maximum" else -1
    above = append_activation(
        build, build.add_constant(source, -sign * constant), "relu", suffix="above"
    )
    result = above if kind == "Maximum" else build.negate(above)
    return build.add_constant(result, constant)


@rewrites("operation:Clip")
def _clip(node: Node, build: Builder) -> str:
    low, high = float(node.config["x_min"]), float(node.config["x_max"])
    shifted = build.scale(build.inputs[0], 1, -low, suffix="shifted")
    clipped = build.append("ReLU", {"max_value": high - low}, inputs=shifted, suffix="clipped")
    return build.scale(clipped, 1, low, suffix="back")


@rewrites("operation:Logaddexp")
def _logaddexp(node: Node, build: Builder) -> str:
    pair = tensors_of(build, operands_of(node))
    if pair is None:
        raise Unsupported("one of its operands is a constant", "use softplus")
    difference = build.add(pair[1], build.negate(pair[0]))
    return build.add(pair[0], append_activation(build, difference, "softplus", suffix="softplus"))


@rewrites("operation:Matmul", "operation:Dot")
def _matmul(node: Node, build: Builder) -> str:
    operands = operands_of(node)
    if pair := tensors_of(build, operands):
        if len(build.shape(pair[0])) < 2 or node.class_name == "operation:Dot":
            raise Unsupported(
                "TensorFlow.js multiplies matrices only",
                "bring the tensors to [batch, rows, columns] with Reshape",
            )
        return _append_products(build, *pair)
    matrix = only_constant(operands)
    rank = len(build.shape())
    if matrix.ndim != 2 or (operands[0] is not None and rank != 2):
        raise Unsupported(
            f"it multiplies by a constant of shape {list(matrix.shape)}", "use a matrix"
        )
    if operands[0] is None:
        return build.multiply_axis(build.inputs[0], rank - 1, matrix)
    return build.multiply_axis(build.inputs[0], rank - 2, matrix.T)


def _append_products(build: Builder, first: str, second: str) -> str:
    """Append the product of two matrices, or of as many as the axes before them count."""
    (*before, rows, depth), (*others, _, columns) = build.shape(first), build.shape(second)
    if math.prod(others) == 1:
        # One matrix for all: the rows of all are multiplied at once.
        row = build.reshape(first, (math.prod(before) * rows, depth))
        product = append_product(build, row, build.reshape(second, (depth, columns)), (2, 1))
        return build.reshape(product, (*before, rows, columns))
    shape = np.broadcast_shapes(tuple(before), tuple(others))
    count, values = math.prod(shape), math.prod(shape) * rows * columns * depth
    if before == others and count > _MANY_PRODUCTS and values <= _MOST_VALUES:
        return _append_sums(build, first, second)
    firsts = _matrices_of(build, first, shape)
    seconds = _matrices_of(build, second, shape)
    products = [
        append_product(build, one, other, (2, 1))
        for one, other in zip(firsts, seconds, strict=True)
    ]
    together = build.append("Concatenate", {"axis": 1}, inputs=products, suffix="products")
    return build.reshape(together, (*shape, rows, columns))


def _append_sums(build: Builder, first: str, second: str) -> str:
    """Append the products of many small matrices at once: all rows times all columns, summed up."""
    (*before, rows, depth), (*_, columns) = build.shape(first), build.shape(second)
    count = math.prod(before)
    row = build.reshape(first, (count, rows, 1, depth))
    turned = build.permute(build.reshape(second, (count, depth, columns)), (0, 2, 1))
    column = build.reshape(turned, (count, 1, columns, depth))
    values = build.reshape(build.multiply(row, column), (count * rows * columns, depth))
    total = append_dense(build, values, np.ones((depth, 1)))
    return build.reshape(total, (*before, rows, columns))


def _matrices_of(build: Builder, source: str, shape: tuple[int, ...]) -> list[str]:
    """Append each matrix of a tensor, as often as broadcasting its axes to `shape` asks."""
    *own, rows, columns = build.shape(source)
    count = math.prod(own)
    together = build.reshape(source, (count, rows, columns))
    matrices = [
        build.reshape(build.slice(together, 0, place, place + 1), (rows, columns))
        for place in range(count)
    ]
    places = np.broadcast_to(np.arange(count).reshape(own), shape)
    return [matrices[place] for place in places.reshape(-1)]


@rewrites("operation:Cast", "operation:StopGradient", "operation:Copy")
def _unchanged(node: Node, build: Builder) -> str:
    dtype = str(node.config.get("dtype") or "float32")
    if node.class_name == "operation:Cast" and not dtype.startswith(("float", "bfloat")):
        raise Unsupported(f"it makes values of {dtype}, and the model computes in float32")
    return build.inputs[0]
