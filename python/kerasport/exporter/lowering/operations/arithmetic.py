"""Arithmetic that Keras recorded as nodes: `x + 3`, `x * y`, `keras.ops.softmax(x)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.lowering.builder import Builder, Unsupported, rewrites
from kerasport.exporter.lowering.layers.activations import (
    add_activation,
    add_celu,
    add_elu,
    add_gated,
    add_hard_shrink,
    add_leaky_relu,
    add_soft_shrink,
    add_softmax,
    add_squareplus,
    add_tanh_gelu,
    add_threshold,
)
from kerasport.exporter.lowering.layers.attention import add_product
from kerasport.exporter.lowering.layers.normalizations import (
    add_layer_normalization,
    add_root_mean_square,
)
from kerasport.exporter.lowering.steps import (
    added,
    along,
    feature_axes,
    multiplied,
    negated,
    plus_constant,
    reshaped,
    times_constant,
)

__all__ = ["constant_of"]


def constant_of(value: Any) -> Any:
    """Return a number or an array out of an argument as Keras writes it, None for a tensor."""
    if isinstance(value, Mapping) and value.get("class_name") in ("__numpy__", "__tensor__"):
        return np.asarray(value["config"]["value"], np.float64)
    if value is None or isinstance(value, (int, float)):
        return value
    try:
        return np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise Unsupported(
            f"its operand {value!r} is neither a tensor nor a number",
            "use a layer instead of an operation on tensors",
        ) from None


def _operands(node: Node) -> list[Any]:
    """Return the arguments: None for a tensor, in its place, or the constant."""
    return [constant_of(operand) for operand in node.config.get("arguments", [])]


def _tensors(build: Builder, operands: list[Any]) -> tuple[str, str] | None:
    """Return two tensors, brought to one rank as numpy would, or None when one is a constant."""
    if not all(operand is None for operand in operands):
        return None
    names = build.inputs if len(build.inputs) == 2 else build.inputs * 2
    ranks = [len(build.shape(name)) for name in names]
    if ranks[0] != ranks[1]:
        # numpy would take the batch of the smaller one for a side of the larger.
        raise Unsupported("its two tensors differ in rank", "give them equal ranks with Reshape")
    return names[0], names[1]


def _constant(operands: list[Any]) -> Any:
    return np.asarray(next(operand for operand in operands if operand is not None))


@rewrites("operation:Add")
def _add(node: Node, build: Builder) -> str:
    operands = _operands(node)
    if pair := _tensors(build, operands):
        return added(build, *pair)
    return plus_constant(build, build.inputs[0], _constant(operands))


@rewrites("operation:Subtract")
def _subtract(node: Node, build: Builder) -> str:
    operands = _operands(node)
    if pair := _tensors(build, operands):
        return added(build, pair[0], negated(build, pair[1]))
    if operands[0] is None:
        return plus_constant(build, build.inputs[0], -_constant(operands))
    return plus_constant(build, negated(build, build.inputs[0]), _constant(operands))


@rewrites("operation:Multiply")
def _multiply(node: Node, build: Builder) -> str:
    operands = _operands(node)
    if pair := _tensors(build, operands):
        return multiplied(build, *pair)
    return times_constant(build, build.inputs[0], _constant(operands))


@rewrites("operation:TrueDivide", "operation:Divide")
def _divide(node: Node, build: Builder) -> str:
    operands = _operands(node)
    if len(operands) != 2 or operands[0] is not None or operands[1] is None:
        raise Unsupported(
            "it divides by a tensor, and no layer of TensorFlow.js does",
            "divide by a number, multiply, or use a normalisation layer",
        )
    return times_constant(build, build.inputs[0], 1 / np.asarray(operands[1], np.float64))


@rewrites("operation:Negative")
def _negative(node: Node, build: Builder) -> str:
    return negated(build, build.inputs[0])


@rewrites("operation:Absolute")
def _absolute(node: Node, build: Builder) -> str:
    # |x| = x where x is positive, else -x.
    return add_leaky_relu(build, build.inputs[0], -1.0)


@rewrites("operation:Square")
def _square(node: Node, build: Builder) -> str:
    return multiplied(build, build.inputs[0], build.inputs[0])


@rewrites("operation:Power")
def _power(node: Node, build: Builder) -> str:
    base, exponent = _operands(node)
    if base is not None or exponent not in (1, 2, 3, 4):
        raise Unsupported("its exponent is not 1, 2, 3 or 4", "use one of these, or multiply")
    return multiplied(build, *build.inputs * int(exponent)) if exponent > 1 else build.inputs[0]


@rewrites("operation:Maximum", "operation:Minimum")
def _extreme(node: Node, build: Builder) -> str:
    kind = node.class_name.removeprefix("operation:")
    operands = _operands(node)
    if pair := _tensors(build, operands):
        return build.layer(kind, {}, inputs=pair)
    constant = _constant(operands)
    # max(x, c) = relu(x - c) + c and min(x, c) = c - relu(c - x).
    source = build.inputs[0] if kind == "Maximum" else negated(build, build.inputs[0])
    sign = 1 if kind == "Maximum" else -1
    above = add_activation(
        build, plus_constant(build, source, -sign * constant), "relu", suffix="above"
    )
    result = above if kind == "Maximum" else negated(build, above)
    return plus_constant(build, result, constant)


@rewrites("operation:Clip")
def _clip(node: Node, build: Builder) -> str:
    low, high = float(node.config["x_min"]), float(node.config["x_max"])
    shifted = build.scaled(build.inputs[0], 1, -low, suffix="shifted")
    clipped = build.layer("ReLU", {"max_value": high - low}, inputs=shifted, suffix="clipped")
    return build.scaled(clipped, 1, low, suffix="back")


@rewrites("operation:Logaddexp")
def _logaddexp(node: Node, build: Builder) -> str:
    pair = _tensors(build, _operands(node))
    if pair is None:
        raise Unsupported("one of its operands is a constant", "use softplus")
    difference = added(build, pair[1], negated(build, pair[0]))
    return added(build, pair[0], add_activation(build, difference, "softplus", suffix="softplus"))


@rewrites("operation:Matmul", "operation:Dot")
def _matmul(node: Node, build: Builder) -> str:
    operands = _operands(node)
    if pair := _tensors(build, operands):
        if len(build.shape(pair[0])) != 2 or node.class_name == "operation:Dot":
            raise Unsupported(
                "TensorFlow.js multiplies two matrices per picture only",
                "bring the tensors to [batch, rows, columns] with Reshape",
            )
        return add_product(build, pair[0], pair[1], (2, 1))
    matrix = _constant(operands)
    rank = len(build.shape())
    if matrix.ndim != 2 or (operands[0] is not None and rank != 2):
        raise Unsupported(
            f"it multiplies by a constant of shape {list(matrix.shape)}", "use a matrix"
        )
    if operands[0] is None:
        return along(build, build.inputs[0], rank - 1, matrix)
    return along(build, build.inputs[0], rank - 2, matrix.T)


_FUNCTIONS = {
    "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_silu",
    "HardTanh": "hard_tanh",
    "LogSigmoid": "log_sigmoid",
    "Mish": "mish",
    "Relu": "relu",
    "Relu6": "relu6",
    "Selu": "selu",
    "Sigmoid": "sigmoid",
    "Silu": "silu",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "SparsePlus": "sparse_plus",
    "SparseSigmoid": "sparse_sigmoid",
    "Tanh": "tanh",
    "TanhShrink": "tanh_shrink",
}


@rewrites(*(f"operation:{name}" for name in _FUNCTIONS))
def _function(node: Node, build: Builder) -> str:
    name = _FUNCTIONS[node.class_name.removeprefix("operation:")]
    return add_activation(build, build.inputs[0], name)


@rewrites("operation:Softmax", "operation:LogSoftmax")
def _softmax(node: Node, build: Builder) -> str:
    name = "softmax" if node.class_name == "operation:Softmax" else "log_softmax"
    return add_softmax(build, build.inputs[0], node.config.get("axis", -1), name)


@rewrites("operation:Gelu")
def _gelu(node: Node, build: Builder) -> str:
    if node.config.get("approximate", True):
        return add_tanh_gelu(build, build.inputs[0])
    return add_activation(build, build.inputs[0], "gelu")


@rewrites("operation:LeakyRelu")
def _leaky_relu(node: Node, build: Builder) -> str:
    return add_leaky_relu(build, build.inputs[0], float(node.config["negative_slope"]))


@rewrites("operation:Elu")
def _elu(node: Node, build: Builder) -> str:
    return add_elu(build, build.inputs[0], float(node.config["alpha"]))


@rewrites("operation:Celu")
def _celu(node: Node, build: Builder) -> str:
    return add_celu(build, build.inputs[0], float(node.config["alpha"]))


@rewrites("operation:Glu")
def _glu(node: Node, build: Builder) -> str:
    (axis,) = feature_axes(node.config["axis"], len(build.shape()))
    return add_gated(build, build.inputs[0], axis)


@rewrites("operation:HardShrink")
def _hard_shrink(node: Node, build: Builder) -> str:
    return add_hard_shrink(build, build.inputs[0], float(node.config["threshold"]))


@rewrites("operation:SoftShrink")
def _soft_shrink(node: Node, build: Builder) -> str:
    return add_soft_shrink(build, build.inputs[0], float(node.config["threshold"]))


@rewrites("operation:Threshold")
def _threshold(node: Node, build: Builder) -> str:
    threshold, default = node.config["threshold"], node.config["default_value"]
    return add_threshold(build, build.inputs[0], float(threshold), float(default))


@rewrites("operation:Squareplus")
def _squareplus(node: Node, build: Builder) -> str:
    return add_squareplus(build, build.inputs[0], float(node.config["b"]))


@rewrites("operation:LayerNorm", "operation:RMSNorm")
def _normalized(node: Node, build: Builder) -> str:
    axes = sorted(feature_axes(node.config["axis"], len(build.shape())))
    # Keras' own epsilon where none is given.
    epsilon = float(node.config.get("epsilon") or 1e-7)
    constants = [constant for constant in _operands(node) if constant is not None]
    if constants or len(build.inputs) > 1 or node.config.get("rms_scaling"):
        raise Unsupported("it scales what it normalises", "multiply and add behind it")
    if node.class_name == "operation:RMSNorm":
        return add_root_mean_square(build, build.inputs[0], axes, epsilon)
    return add_layer_normalization(build, build.inputs[0], axes, epsilon)


@rewrites("operation:Cast", "operation:StopGradient", "operation:Copy")
def _unchanged(node: Node, build: Builder) -> str:
    dtype = str(node.config.get("dtype") or "float32")
    if node.class_name == "operation:Cast" and not dtype.startswith(("float", "bfloat")):
        raise Unsupported(f"it makes values of {dtype}, and the model computes in float32")
    return build.inputs[0]


@rewrites("operation:RGBToGrayscale")
def _grayscale(node: Node, build: Builder) -> str:
    weights = np.array([[0.2989], [0.5870], [0.1140]])
    return reshaped(
        build,
        along(build, build.inputs[0], 2, weights),
        (*build.shape()[:2], 1),
    )
