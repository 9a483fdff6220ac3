"""Activations: those that TensorFlow.js computes as Keras 3 does, and those built from layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasport.exporter.graph.graph import Node, Weights
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.configuration import feature_axes
from kerasport.exporter.lowering.formulas import (
    append_elu,
    append_general_relu,
    append_hard_shrink,
    append_hard_sigmoid,
    append_hard_silu,
    append_hard_tanh,
    append_leaky_relu,
    append_log_sigmoid,
    append_soft_shrink,
    append_sparse_plus,
    append_sparse_sigmoid,
    append_squareplus,
    append_tanh_shrink,
)
from kerasport.exporter.lowering.refused import Unsupported
from kerasport.exporter.lowering.rewriters import Rewriters

__all__ = [
    "COMPOSED",
    "NATIVE",
    "REFUSED_ACTIVATIONS",
    "append_activation",
    "append_softmax",
    "append_with_activation",
    "name_of",
]

rewrites = Rewriters()

NATIVE = {
    "linear": "linear",
    "relu": "relu",
    "relu6": "relu6",
    "elu": "elu",
    "celu": "elu",
    "selu": "selu",
    "gelu": "gelu",
    "sigmoid": "sigmoid",
    "softmax": "softmax",
    "log_softmax": "logSoftmax",
    "softplus": "softplus",
    "softsign": "softsign",
    "tanh": "tanh",
    "silu": "swish",
    "swish": "swish",
    "mish": "mish",
}
"""Keras 3's names of activations -> TensorFlow.js' names, where both compute the same."""

REFUSED_ACTIVATIONS = {
    "exponential": (
        "it grows faster than any combination of TensorFlow.js' layers",
        "use softplus or elu, or softmax where probabilities are wanted",
    ),
    "glu": (
        "it halves the channels, and Keras counts them as before",
        "use keras.ops.glu(x)",
    ),
    "sparsemax": (
        "it sorts its input, and no layer of TensorFlow.js sorts",
        "use softmax",
    ),
    "threshold": (
        "Keras cannot call it by its name, because it needs two numbers",
        "use keras.ops.threshold(x, threshold, default_value)",
    ),
}
"""Activations that cannot be expressed: why, and what to do instead."""

Composition = Callable[[Builder, str, "str | None"], str]

COMPOSED: dict[str, Composition] = {
    "hard_shrink": lambda build, source, suffix: append_hard_shrink(build, source, 0.5),
    "hard_sigmoid": append_hard_sigmoid,
    "hard_silu": append_hard_silu,
    "hard_swish": append_hard_silu,
    "hard_tanh": append_hard_tanh,
    "leaky_relu": lambda build, source, suffix: append_leaky_relu(build, source, 0.2),
    "log_sigmoid": append_log_sigmoid,
    "soft_shrink": lambda build, source, suffix: append_soft_shrink(build, source, 0.5),
    "sparse_plus": append_sparse_plus,
    "sparse_sigmoid": append_sparse_sigmoid,
    "squareplus": lambda build, source, suffix: append_squareplus(build, source, 4.0),
    "tanh_shrink": append_tanh_shrink,
}
"""Activations that are built from several layers."""


_FUNCTIONS_OF_TENSORFLOW = {"softmax_v2": "softmax", "log_softmax_v2": "log_softmax"}
"""What `tf.nn.softmax` and its like call themselves, where they are given as activations."""


def name_of(value: Any) -> str:
    """Return the name of an activation as Keras writes it into a configuration."""
    name = value.get("config") if isinstance(value, dict) else value
    if name is None:
        return "linear"
    if isinstance(name, str):
        name = _FUNCTIONS_OF_TENSORFLOW.get(name, name)
    if isinstance(name, str) and name in REFUSED_ACTIVATIONS:
        reason, remedy = REFUSED_ACTIVATIONS[name]
        raise Unsupported(f"its activation {name!r} cannot be expressed: {reason}", remedy)
    if not isinstance(name, str) or (name not in NATIVE and name not in COMPOSED):
        raise Unsupported(
            f"TensorFlow.js has no equal of its activation {name!r}",
            f"use one of: {', '.join(sorted({*NATIVE, *COMPOSED}))}",
        )
    return name


def append_activation(build: Builder, source: str, name: str, *, suffix: str | None = None) -> str:
    """Append an activation behind `source`."""
    if name in COMPOSED:
        return COMPOSED[name](build, source, suffix)
    return build.append("Activation", {"activation": NATIVE[name]}, inputs=source, suffix=suffix)


def append_with_activation(
    build: Builder,
    class_name: str,
    config: dict[str, Any],
    activation: Any,
    *,
    inputs: str | None = None,
    weights: Weights | None = None,
) -> str:
    """Append a layer with an activation: as its attribute, or as layers behind it."""
    name = name_of(activation)
    if name in NATIVE:
        config = {**config, "activation": NATIVE[name]}
        return build.append(class_name, config, inputs=inputs, weights=weights)
    config = {**config, "activation": "linear"}
    linear = build.append(class_name, config, inputs=inputs, weights=weights, suffix="linear")
    return append_activation(build, linear, name)


def append_softmax(build: Builder, source: str, axis: Any, name: str = "softmax") -> str:
    """Append a softmax, or log_softmax, over one axis or several of Keras' counting."""
    shape = build.shape(source)
    together, order = build.join(source, feature_axes(axis, len(shape)))
    if name == "softmax":
        done = build.append("Softmax", {"axis": -1}, inputs=together, suffix="softmax")
    else:
        done = append_activation(build, together, name, suffix="log_softmax")
    return build.split_apart(done, order, shape)


@rewrites("Activation")
def _activation(node: Node, build: Builder) -> str:
    name = name_of(node.config["activation"])
    return build.inputs[0] if name == "linear" else append_activation(build, build.inputs[0], name)


@rewrites("ReLU")
def _relu_layer(node: Node, build: Builder) -> str:
    maximum = node.config.get("max_value")
    return append_general_relu(
        build,
        build.inputs[0],
        float(node.config.get("negative_slope") or 0),
        None if maximum is None else float(maximum),
        float(node.config.get("threshold") or 0),
    )


@rewrites("LeakyReLU")
def _leaky_relu_layer(node: Node, build: Builder) -> str:
    return append_leaky_relu(build, build.inputs[0], node.config["negative_slope"])


@rewrites("ELU")
def _elu_layer(node: Node, build: Builder) -> str:
    return append_elu(build, build.inputs[0], float(node.config.get("alpha", 1.0)))


@rewrites("PReLU")
def _prelu_layer(node: Node, build: Builder) -> str:
    # Shared axes are written out: the weights then have the whole shape of the input.
    alpha = np.broadcast_to(node.weights["alpha"], build.shape())
    return build.append("PReLU", {}, weights={"alpha": np.ascontiguousarray(alpha)})


@rewrites("Softmax")
def _softmax_layer(node: Node, build: Builder) -> str:
    return append_softmax(build, build.inputs[0], node.config.get("axis", -1))
