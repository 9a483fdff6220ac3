"""TensorFlow.js' activations in operations that LiteRT has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["activations"]

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def activations(tf: Any) -> dict[str, Callable[[Any], Any]]:
    """Return every activation by its name, for TensorFlow's module `tf`."""

    def softplus(x: Any) -> Any:
        return tf.nn.relu(x) + tf.math.log(1.0 + tf.exp(-tf.abs(x)))

    return {
        "linear": lambda x: x,
        "relu": tf.nn.relu,
        "relu6": tf.nn.relu6,
        "elu": tf.nn.elu,
        "selu": lambda x: (
            _SELU_SCALE * (tf.nn.relu(x) + _SELU_ALPHA * tf.nn.elu(tf.minimum(x, 0.0)))
        ),
        "sigmoid": tf.sigmoid,
        "softmax": tf.nn.softmax,
        "logSoftmax": tf.nn.log_softmax,
        "gelu": lambda x: tf.nn.gelu(x, approximate=False),
        "mish": lambda x: x * tf.tanh(softplus(x)),
        "softplus": softplus,
        "softsign": lambda x: x / (1.0 + tf.abs(x)),
        "tanh": tf.tanh,
        "swish": lambda x: x * tf.sigmoid(x),
    }
