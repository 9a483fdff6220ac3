"""Activations: those that TensorFlow.js computes as Keras 3 does, and those built from layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasport.exporter.graph import Node, Weights
from kerasport.exporter.rewriters.builder import Builder, Unsupported, rewrites

__all__ = ["COMPOSED", "NATIVE", "activated", "add_activation", "name_of"]

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

Composition = Callable[[Builder, str, "str | None"], str]


def name_of(value: Any) -> str:
    """Return the name of an activation as Keras writes it into a configuration."""
    name = value.get("config") if isinstance(value, dict) else value
    if name is None:
        return "linear"
    if not isinstance(name, str) or (name not in NATIVE and name not in COMPOSED):
        raise Unsupported(
            f"TensorFlow.js has no equal of its activation {name!r}",
            f"use one of: {', '.join(sorted({*NATIVE, *COMPOSED}))}",
        )
    return name


def add_activation(build: Builder, source: str, name: str, *, suffix: str | None = None) -> str:
    """Add an activation behind `source`."""
    if name in COMPOSED:
        return COMPOSED[name](build, source, suffix)
    return build.layer("Activation", {"activation": NATIVE[name]}, inputs=source, suffix=suffix)


def activated(
    build: Builder,
    class_name: str,
    config: dict[str, Any],
    activation: Any,
    *,
    inputs: str | None = None,
    weights: Weights | None = None,
) -> str:
    """Add a layer with an activation: as its attribute where possible, else as layers behind it."""
    name = name_of(activation)
    if name in NATIVE:
        config = {**config, "activation": NATIVE[name]}
        return build.layer(class_name, config, inputs=inputs, weights=weights)
    config = {**config, "activation": "linear"}
    linear = build.layer(class_name, config, inputs=inputs, weights=weights, suffix="linear")
    return add_activation(build, linear, name)


def _relu(build: Builder, source: str, suffix: str | None, maximum: float | None = None) -> str:
    config = {} if maximum is None else {"max_value": maximum}
    return build.layer("ReLU", config, inputs=source, suffix=suffix)


def _add(build: Builder, sources: list[str], suffix: str | None) -> str:
    return build.layer("Add", {}, inputs=sources, suffix=suffix)


def _hard_sigmoid(build: Builder, source: str, suffix: str | None) -> str:
    # relu6(x + 3) / 6; TensorFlow.js' own hardSigmoid is Keras 2's 0.2 x + 0.5.
    clipped = _relu(build, build.scaled(source, 1, 3, suffix="shifted"), "clipped", 6.0)
    return build.scaled(clipped, 1 / 6, suffix=suffix)


def _hard_silu(build: Builder, source: str, suffix: str | None) -> str:
    gate = _hard_sigmoid(build, source, "gate")
    return build.layer("Multiply", {}, inputs=[source, gate], suffix=suffix)


def _hard_tanh(build: Builder, source: str, suffix: str | None) -> str:
    clipped = _relu(build, build.scaled(source, 1, 1, suffix="shifted"), "clipped", 2.0)
    return build.scaled(clipped, 1, -1, suffix=suffix)


def _leaky_relu(build: Builder, source: str, suffix: str | None) -> str:
    return build.layer("LeakyReLU", {"alpha": 0.2}, inputs=source, suffix=suffix)


def _log_sigmoid(build: Builder, source: str, suffix: str | None) -> str:
    # -softplus(-x)
    negative = build.scaled(source, -1, suffix="negative")
    softplus = build.layer(
        "Activation", {"activation": "softplus"}, inputs=negative, suffix="softplus"
    )
    return build.scaled(softplus, -1, suffix=suffix)


def _tanh_shrink(build: Builder, source: str, suffix: str | None) -> str:
    tanh = build.layer("Activation", {"activation": "tanh"}, inputs=source, suffix="tanh")
    return _add(build, [source, build.scaled(tanh, -1, suffix="negative")], suffix)


def _soft_shrink(build: Builder, source: str, suffix: str | None) -> str:
    # relu(x - 0.5) - relu(-x - 0.5)
    above = _relu(build, build.scaled(source, 1, -0.5, suffix="above_shifted"), "above")
    below = _relu(build, build.scaled(source, -1, -0.5, suffix="below_shifted"), "below")
    return _add(build, [above, build.scaled(below, -1, suffix="negative")], suffix)


def _sparse_sigmoid(build: Builder, source: str, suffix: str | None) -> str:
    # clip((x + 1) / 2, 0, 1)
    return _relu(build, build.scaled(source, 0.5, 0.5, suffix="shifted"), suffix, 1.0)


COMPOSED: dict[str, Composition] = {
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": _hard_silu,
    "hard_swish": _hard_silu,
    "hard_tanh": _hard_tanh,
    "leaky_relu": _leaky_relu,
    "log_sigmoid": _log_sigmoid,
    "soft_shrink": _soft_shrink,
    "sparse_sigmoid": _sparse_sigmoid,
    "tanh_shrink": _tanh_shrink,
}
"""Activations that are built from several layers."""


@rewrites("Activation")
def _activation(node: Node, build: Builder) -> str:
    name = name_of(node.config["activation"])
    return build.inputs[0] if name == "linear" else add_activation(build, build.inputs[0], name)


@rewrites("ReLU")
def _relu_layer(node: Node, build: Builder) -> str:
    slope = float(node.config.get("negative_slope") or 0)
    maximum = node.config.get("max_value")
    if node.config.get("threshold"):
        raise Unsupported(
            f"TensorFlow.js ignores threshold={node.config['threshold']}", "use threshold=0"
        )
    if not slope:
        return _relu(build, build.inputs[0], None, None if maximum is None else float(maximum))
    if maximum is None:
        return build.layer("LeakyReLU", {"alpha": slope})
    # min(x, m) = m - relu(m - x)
    leaky = build.layer("LeakyReLU", {"alpha": slope}, suffix="leaky")
    below = _relu(build, build.scaled(leaky, -1, maximum, suffix="distance"), "below")
    return build.scaled(below, -1, maximum)


@rewrites("LeakyReLU")
def _leaky_relu_layer(node: Node, build: Builder) -> str:
    return build.layer("LeakyReLU", {"alpha": float(node.config["negative_slope"])})


@rewrites("ELU")
def _elu_layer(node: Node, build: Builder) -> str:
    alpha = float(node.config.get("alpha", 1.0))
    if alpha == 1:
        return add_activation(build, build.inputs[0], "elu")
    # relu(x) + alpha (elu(x) - relu(x)); TensorFlow.js' own ELU knows only alpha = 1.
    elu = add_activation(build, build.inputs[0], "elu", suffix="elu")
    positive = _relu(build, build.inputs[0], "positive")
    parts = [
        build.scaled(positive, 1 - alpha, suffix="positive_part"),
        build.scaled(elu, alpha, suffix="negative_part"),
    ]
    return _add(build, parts, None)


@rewrites("PReLU")
def _prelu_layer(node: Node, build: Builder) -> str:
    # Shared axes are written out: the weights then have the whole shape of the input.
    alpha = np.broadcast_to(node.weights["alpha"], build.shape())
    return build.layer("PReLU", {}, weights={"alpha": np.ascontiguousarray(alpha)})


@rewrites("Softmax")
def _softmax_layer(node: Node, build: Builder) -> str:
    axis = node.config.get("axis", -1)
    if axis not in (-1, len(build.shape())):
        raise Unsupported(f"its axis is {axis}", "use axis=-1, the classes")
    return build.layer("Softmax", {"axis": -1})
