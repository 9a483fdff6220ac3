"""Arithmetic, reductions and activations of TensorFlow, as Keras 3 writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasport.exporter.readers.legacy_functions.step import (
    BEFORE,
    Call,
    Inexpressible,
    Rule,
    Step,
    given,
    layer,
    number,
    plain,
)

__all__ = ["ARITHMETIC"]


def _binary(class_name: str) -> Rule:
    return lambda call: Step(class_name, {}, [call.first, given(call, "y", "b", "bias", "x")])


def _reduction(class_name: str) -> Rule:
    def rule(call: Call) -> Step:
        axis = call.take("axis", "reduction_indices")
        keepdims = bool(call.take("keepdims", "keep_dims", default=False))
        return Step(class_name, {"axis": axis, "keepdims": keepdims}, [call.first])

    return rule


def _activation(class_name: str, setting: str, default: float, *names: str) -> Rule:
    return lambda call: Step(
        class_name, {setting: number(call.take(*names, default=default))}, [call.first]
    )


def _add_many(call: Call) -> Step:
    return layer("Add", {}, [call.first]) if isinstance(call.first, list) else _same(call)


def _same(call: Call) -> Step:
    return Step("Copy", {}, [call.first])


def _difference(call: Call) -> list[Step]:
    return [Step("Subtract", {}, [call.first, given(call, "y")]), Step("Square", {}, [BEFORE])]


def _divide_no_nan(call: Call) -> Step:
    if not np.all(np.asarray(given(call, "y"), dtype=object)):
        raise Inexpressible
    return Step("TrueDivide", {}, [call.first, call.take("y")])


def _cast(call: Call) -> Step:
    return Step("Cast", {"dtype": str(given(call, "dtype"))}, [call.first])


def _softmax(class_name: str) -> Rule:
    return lambda call: Step(
        class_name, {"axis": call.take("axis", "dim", default=-1)}, [call.first]
    )


def _gelu(call: Call) -> Step:
    approximate = bool(call.take("approximate", default=False))
    return Step("Gelu", {"approximate": approximate}, [call.first])


def _crelu(call: Call) -> list[Step]:
    axis = call.take("axis", default=-1)
    return [
        Step("Negative", {}, [call.first]),
        Step("Concatenate", {"axis": axis}, [[call.first, BEFORE]]),
        Step("Relu", {}, [BEFORE]),
    ]


def _clip(call: Call) -> Step:
    low = number(given(call, "clip_value_min", "min_value"))
    high = number(given(call, "clip_value_max", "max_value"))
    return Step("Clip", {"x_min": low, "x_max": high}, [call.first])


def _matmul(call: Call) -> Step | list[Step]:
    other = given(call, "b", "y")
    turned = [
        bool(call.take(f"transpose_{side}") or call.take(f"adjoint_{side}")) for side in ("a", "b")
    ]
    if not any(turned):
        return Step("Matmul", {}, [call.first, other])
    if _is_constant(other) and not turned[0]:
        return Step("Matmul", {}, [call.first, np.swapaxes(np.asarray(other), -1, -2).tolist()])
    if _is_constant(other) or _is_constant(call.first):
        raise Inexpressible
    # Of a and b in [batch, rows, columns], the axis of each that is summed over.
    axes = [1 if turned[0] else 2, 2 if turned[1] else 1]
    return layer("Dot", {"axes": axes, "normalize": False}, [[call.first, other]])


def _is_constant(value: Any) -> bool:
    return not (isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__")


def _tensordot(call: Call) -> Step:
    if call.take("axes") != 1 or not _is_constant(given(call, "b")):
        raise Inexpressible
    return Step("Matmul", {}, [call.first, call.take("b")])


def _unit(call: Call) -> Step:
    axis = call.take("axis", "dim")
    if axis is None:
        raise Inexpressible
    return layer("UnitNormalization", {"axis": axis}, [call.first])


_SOFTPLUS = plain("Softplus")


ARITHMETIC: dict[str, Rule] = {
    # Arithmetic
    "__operators__.add": _binary("Add"),
    "math.add": _binary("Add"),
    "math.add_n": _add_many,
    "math.subtract": _binary("Subtract"),
    "math.multiply": _binary("Multiply"),
    "math.scalar_mul": _binary("Multiply"),
    "math.divide": _binary("TrueDivide"),
    "math.truediv": _binary("TrueDivide"),
    "realdiv": _binary("TrueDivide"),
    "math.divide_no_nan": _divide_no_nan,
    "math.maximum": _binary("Maximum"),
    "math.minimum": _binary("Minimum"),
    "math.pow": _binary("Power"),
    "math.squared_difference": _difference,
    "math.negative": plain("Negative"),
    "math.abs": plain("Absolute"),
    "math.square": plain("Square"),
    "math.sqrt": plain("Sqrt"),
    "math.rsqrt": plain("Rsqrt"),
    "math.exp": plain("Exp"),
    "math.log": plain("Log"),
    "math.sign": plain("Sign"),
    "clip_by_value": _clip,
    "cast": _cast,
    "identity": _same,
    "stop_gradient": plain("StopGradient"),
    "linalg.matmul": _matmul,
    "tensordot": _tensordot,
    "math.l2_normalize": _unit,
    "linalg.l2_normalize": _unit,
    "nn.l2_normalize": _unit,
    # Reductions
    "math.reduce_mean": _reduction("Mean"),
    "math.reduce_sum": _reduction("Sum"),
    "math.reduce_max": _reduction("Max"),
    "math.reduce_min": _reduction("Min"),
    "math.reduce_variance": _reduction("Var"),
    "math.reduce_std": _reduction("Std"),
    "math.reduce_prod": _reduction("Prod"),
    # Activations
    "math.sigmoid": plain("Sigmoid"),
    "nn.sigmoid": plain("Sigmoid"),
    "math.tanh": plain("Tanh"),
    "nn.tanh": plain("Tanh"),
    "math.softplus": _SOFTPLUS,
    "nn.softplus": _SOFTPLUS,
    "math.log_sigmoid": plain("LogSigmoid"),
    "nn.softsign": plain("Softsign"),
    "nn.relu": plain("Relu"),
    "nn.relu6": plain("Relu6"),
    "nn.selu": plain("Selu"),
    "nn.silu": plain("Silu"),
    "nn.swish": plain("Silu"),
    "nn.elu": _activation("Elu", "alpha", 1.0, "alpha"),
    "nn.leaky_relu": _activation("LeakyRelu", "negative_slope", 0.2, "alpha"),
    "nn.gelu": _gelu,
    "nn.crelu": _crelu,
    "nn.softmax": _softmax("Softmax"),
    "nn.log_softmax": _softmax("LogSoftmax"),
}
"""Name of a function of TensorFlow, as Keras 2 recorded it -> how Keras 3 writes it."""
