"""TensorFlow.js' activations in numpy, in the dtype of what comes in: float32 or float64.

In float32 they are what TensorFlow.js computes, its approximation of erf too; in float64 they are
exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ACTIVATIONS", "Array", "activate", "softmax"]

Array = NDArray[Any]
"""Float32, or float64 throughout."""


def activate(name: str, x: Array) -> Array:
    """Return the activation of that name."""
    return ACTIVATIONS[name](x)


def softmax(x: Array) -> Array:
    exponents = np.exp(x - x.max(axis=-1, keepdims=True))
    result: Array = exponents / exponents.sum(axis=-1, keepdims=True)
    return result


def _sigmoid(x: Array) -> Array:
    # exp of a negative number only: no overflow at either end.
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


def _erf(x: Array) -> Array:
    if x.dtype == np.float64:
        return np.fromiter(map(math.erf, x.ravel().tolist()), x.dtype, x.size).reshape(x.shape)
    # Abramowitz and Stegun 7.1.26, as TensorFlow.js computes it; the error is below 1.5e-7.
    t = 1 / (1 + 0.3275911 * np.abs(x))
    series = np.zeros_like(x)
    for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = (series + factor) * t
    result: Array = np.sign(x) * (1 - series * np.exp(-x * x))
    return result


_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: _SELU_SCALE * np.where(x > 0, x, _SELU_ALPHA * np.expm1(np.minimum(x, 0))),
    "sigmoid": _sigmoid,
    "softmax": softmax,
    "logSoftmax": lambda x: np.log(softmax(x)),
    "gelu": lambda x: 0.5 * x * (1 + _erf(x / math.sqrt(2))),
    "mish": lambda x: x * np.tanh(np.logaddexp(x, 0)),
    "softplus": lambda x: np.logaddexp(x, 0),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanh": np.tanh,
    "swish": lambda x: x * _sigmoid(x),
}
"""Every activation that the exporter writes, by its name in the file."""
