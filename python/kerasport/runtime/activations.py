"""TensorFlow.js' activations in numpy, float32 in and out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["ACTIVATIONS", "Array", "activate", "softmax"]

Array = NDArray[np.float32]


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
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small)).astype(np.float32)


def _erf(x: Array) -> Array:
    # Abramowitz and Stegun 7.1.26, as TensorFlow.js computes it; the error is below 1.5e-7.
    t = 1 / (1 + np.float32(0.3275911) * np.abs(x))
    series = np.zeros_like(x)
    for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = (series + np.float32(factor)) * t
    result: Array = np.sign(x) * (1 - series * np.exp(-x * x))
    return result


_SELU_ALPHA, _SELU_SCALE = np.float32(1.6732632423543772), np.float32(1.0507009873554805)

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: _SELU_SCALE * np.where(x > 0, x, _SELU_ALPHA * np.expm1(np.minimum(x, 0))),
    "sigmoid": _sigmoid,
    "softmax": softmax,
    "logSoftmax": lambda x: np.log(softmax(x)),
    "gelu": lambda x: np.float32(0.5) * x * (1 + _erf(x / np.float32(np.sqrt(2)))),
    "mish": lambda x: x * np.tanh(np.logaddexp(x, np.float32(0))),
    "softplus": lambda x: np.logaddexp(x, np.float32(0)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanh": np.tanh,
    "swish": lambda x: x * _sigmoid(x),
}
"""Every activation that the exporter writes, by its name in the file."""
