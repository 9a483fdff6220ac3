"""Activations: those that TensorFlow.js computes as Keras 3 does, and those built from layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasport.exporter.graph.graph import Node, Weights
from kerasport.exporter.lowering.builder import Builder, Unsupported, rewrites
from kerasport.exporter.lowering.steps import (
    added,
    feature_axes,
    joined,
    multiplied,
    negated,
    reshaped,
    shared_out,
    sliced,
)

__all__ = [
    "COMPOSED",
    "NATIVE",
    "REFUSED_ACTIVATIONS",
    "activated",
    "add_activation",
    "add_celu",
    "add_elu",
    "add_gated",
    "add_general_relu",
    "add_hard_shrink",
    "add_leaky_relu",
    "add_soft_shrink",
    "add_softmax",
    "add_squareplus",
    "add_tanh_gelu",
    "add_threshold",
    "name_of",
]

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


def name_of(value: Any) -> str:
    """Return the name of an activation as Keras writes it into a configuration."""
    name = value.get("config") if isinstance(value, dict) else value
    if name is None:
        return "linear"
    if isinstance(name, str) and name in REFUSED_ACTIVATIONS:
        reason, remedy = REFUSED_ACTIVATIONS[name]
        raise Unsupported(f"its activation {name!r} cannot be expressed: {reason}", remedy)
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


def add_leaky_relu(build: Builder, source: str, slope: float) -> str:
    """Add x where it is positive, else slope * x."""
    return build.layer("LeakyReLU", {"alpha": float(slope)}, inputs=source, suffix="leaky")


def add_elu(build: Builder, source: str, alpha: float) -> str:
    """Add x where it is positive, else alpha * (e^x - 1)."""
    if alpha == 1:
        return add_activation(build, source, "elu", suffix="elu")
    # relu(x) + alpha (elu(x) - relu(x)); TensorFlow.js' own ELU knows only alpha = 1.
    elu = add_activation(build, source, "elu", suffix="elu")
    positive = _relu(build, source, "positive")
    return added(
        build,
        build.scaled(positive, 1 - alpha, suffix="positive_part"),
        build.scaled(elu, alpha, suffix="negative_part"),
    )


def add_celu(build: Builder, source: str, alpha: float) -> str:
    """Add alpha * elu(x / alpha)."""
    if alpha == 1:
        return add_activation(build, source, "elu", suffix="elu")
    inner = build.scaled(source, 1 / alpha, suffix="inner")
    elu = add_activation(build, inner, "elu", suffix="elu")
    return build.scaled(elu, alpha, suffix="outer")


def add_soft_shrink(build: Builder, source: str, threshold: float) -> str:
    """Add relu(x - threshold) - relu(-x - threshold)."""
    above = _relu(build, build.scaled(source, 1, -threshold, suffix="above_shifted"), "above")
    below = _relu(build, build.scaled(source, -1, -threshold, suffix="below_shifted"), "below")
    return added(build, above, negated(build, below))


def add_hard_shrink(build: Builder, source: str, threshold: float) -> str:
    """Add x where |x| > threshold, else 0."""
    above = _thresholded(build, source, threshold)
    below = _thresholded(build, negated(build, source), threshold)
    return added(build, above, negated(build, below))


def _thresholded(build: Builder, source: str, threshold: float) -> str:
    return build.layer("ThresholdedReLU", {"theta": threshold}, inputs=source, suffix="thresholded")


def add_threshold(build: Builder, source: str, threshold: float, default: float) -> str:
    """Add x where x > threshold, else `default`."""
    if not default:
        return _thresholded(build, source, threshold)
    if not threshold:
        raise Unsupported(
            f"a threshold of 0 with the value {default} below is a step that no layer of "
            "TensorFlow.js makes exactly",
            "use a threshold other than 0, or the value 0",
        )
    # With s = 1 above the threshold t and 0 below: x s - relu(x - t) = t s.
    above = _thresholded(build, source, threshold)
    distance = _relu(build, build.scaled(source, 1, -threshold, suffix="shifted"), "distance")
    step = added(build, above, negated(build, distance))
    below = build.scaled(step, -default / threshold, default, suffix="below")
    return added(build, above, below)


def add_general_relu(
    build: Builder, source: str, slope: float, maximum: float | None, threshold: float
) -> str:
    """Add Keras' ReLU: x above the threshold up to the maximum, below slope * (x - threshold)."""
    if threshold < 0:
        raise Unsupported(f"its threshold {threshold} is negative", "use threshold=0")
    if not threshold and not slope:
        return _relu(build, source, "relu", maximum)
    if not threshold and maximum is None:
        return add_leaky_relu(build, source, slope)
    result = source if not threshold else _thresholded(build, source, threshold)
    if maximum is not None or not threshold:
        result = _relu(build, result, "clipped", maximum)
    if not slope:
        return result
    below = _relu(build, build.scaled(source, -1, threshold, suffix="distance"), "below")
    return added(build, result, build.scaled(below, -slope, suffix="sloped"))


def add_squareplus(build: Builder, source: str, b: float) -> str:
    """Add (x + sqrt(x^2 + b)) / 2."""
    if b <= 0:
        return _relu(build, source, "relu")
    # Every value x becomes the vector v = (x, -x, c, -c) with c^2 = b. Its mean is 0 and its
    # variance (x^2 + b) / 2, so v times the normalised v sums to 2 sqrt(2) sqrt(x^2 + b).
    shape = build.shape(source)
    c = np.sqrt(b)
    single = reshaped(build, source, [int(np.prod(shape)), 1])
    vector = _dense(build, single, np.array([[1.0, -1, 0, 0]]), np.array([0, 0, c, -c]))
    config = {"axis": -1, "epsilon": 0.0, "center": False, "scale": False}
    normal = build.layer("LayerNormalization", config, inputs=vector, suffix="normal")
    product = multiplied(build, vector, normal)
    root = _dense(build, product, np.full((4, 1), 1 / (2 * np.sqrt(2))), None)
    total = added(build, source, reshaped(build, root, shape))
    return build.scaled(total, 0.5, suffix="half")


def _dense(build: Builder, source: str, kernel: Any, bias: Any) -> str:
    config = {"units": kernel.shape[1], "use_bias": bias is not None, "activation": "linear"}
    weights: Weights = {"kernel": np.asarray(kernel, np.float32)}
    if bias is not None:
        weights["bias"] = np.asarray(bias, np.float32)
    return build.layer("Dense", config, inputs=source, weights=weights, suffix="vector")


def add_gated(build: Builder, source: str, axis: int) -> str:
    """Add glu: the first half of an axis times the sigmoid of the second."""
    side = build.shape(source)[axis]
    first = sliced(build, source, axis, 0, side // 2)
    second = sliced(build, source, axis, side // 2, side)
    return multiplied(build, first, add_activation(build, second, "sigmoid", suffix="gate"))


def add_tanh_gelu(build: Builder, source: str) -> str:
    """Add 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))."""
    factor = np.sqrt(2 / np.pi)
    cube = build.scaled(multiplied(build, source, source, source), 0.044715 * factor, suffix="cube")
    inner = added(build, build.scaled(source, factor, suffix="linear_part"), cube)
    tanh = add_activation(build, inner, "tanh", suffix="tanh")
    return multiplied(build, source, build.scaled(tanh, 0.5, 0.5, suffix="gate"))


def add_softmax(build: Builder, source: str, axis: Any, name: str = "softmax") -> str:
    """Add a softmax, or log_softmax, over one axis or several of Keras' counting."""
    shape = build.shape(source)
    together, order = joined(build, source, feature_axes(axis, len(shape)))
    if name == "softmax":
        done = build.layer("Softmax", {"axis": -1}, inputs=together, suffix="softmax")
    else:
        done = add_activation(build, together, name, suffix="log_softmax")
    return shared_out(build, done, order, shape)


def _sparse_plus(build: Builder, source: str, suffix: str | None) -> str:
    # 0 up to -1, then (x + 1)^2 / 4, then x from 1: clip(x + 1, 0, 2)^2 / 4 + relu(x - 1).
    clipped = _relu(build, build.scaled(source, 1, 1, suffix="shifted"), "clipped", 2.0)
    curve = build.scaled(multiplied(build, clipped, clipped), 0.25, suffix="curve")
    above = _relu(build, build.scaled(source, 1, -1, suffix="lowered"), "above")
    return build.layer("Add", {}, inputs=[curve, above], suffix=suffix)


def _sparse_sigmoid(build: Builder, source: str, suffix: str | None) -> str:
    # clip((x + 1) / 2, 0, 1)
    return _relu(build, build.scaled(source, 0.5, 0.5, suffix="shifted"), suffix, 1.0)


COMPOSED: dict[str, Composition] = {
    "hard_shrink": lambda build, source, suffix: add_hard_shrink(build, source, 0.5),
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": _hard_silu,
    "hard_swish": _hard_silu,
    "hard_tanh": _hard_tanh,
    "leaky_relu": lambda build, source, suffix: add_leaky_relu(build, source, 0.2),
    "log_sigmoid": _log_sigmoid,
    "soft_shrink": lambda build, source, suffix: add_soft_shrink(build, source, 0.5),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": _sparse_sigmoid,
    "squareplus": lambda build, source, suffix: add_squareplus(build, source, 4.0),
    "tanh_shrink": _tanh_shrink,
}
"""Activations that are built from several layers."""


@rewrites("Activation")
def _activation(node: Node, build: Builder) -> str:
    name = name_of(node.config["activation"])
    return build.inputs[0] if name == "linear" else add_activation(build, build.inputs[0], name)


@rewrites("ReLU")
def _relu_layer(node: Node, build: Builder) -> str:
    maximum = node.config.get("max_value")
    return add_general_relu(
        build,
        build.inputs[0],
        float(node.config.get("negative_slope") or 0),
        None if maximum is None else float(maximum),
        float(node.config.get("threshold") or 0),
    )


@rewrites("LeakyReLU")
def _leaky_relu_layer(node: Node, build: Builder) -> str:
    return add_leaky_relu(build, build.inputs[0], node.config["negative_slope"])


@rewrites("ELU")
def _elu_layer(node: Node, build: Builder) -> str:
    return add_elu(build, build.inputs[0], float(node.config.get("alpha", 1.0)))


@rewrites("PReLU")
def _prelu_layer(node: Node, build: Builder) -> str:
    # Shared axes are written out: the weights then have the whole shape of the input.
    alpha = np.broadcast_to(node.weights["alpha"], build.shape())
    return build.layer("PReLU", {}, weights={"alpha": np.ascontiguousarray(alpha)})


@rewrites("Softmax")
def _softmax_layer(node: Node, build: Builder) -> str:
    return add_softmax(build, build.inputs[0], node.config.get("axis", -1))
