"""Formulas of activations that TensorFlow.js does not compute as Keras does, as layers.

Every function takes the builder and the name of a layer, x in the formulas, and returns the name
of the layer that gives the result; a `suffix` of None lets that layer take over the Keras layer's
name.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasport.exporter.graph.graph import Weights
from kerasport.exporter.lowering.builder import Builder
from kerasport.exporter.lowering.refused import Unsupported

__all__ = [
    "append_celu",
    "append_dense",
    "append_elu",
    "append_general_relu",
    "append_glu",
    "append_hard_shrink",
    "append_hard_sigmoid",
    "append_hard_silu",
    "append_hard_tanh",
    "append_leaky_relu",
    "append_log_sigmoid",
    "append_soft_shrink",
    "append_sparse_plus",
    "append_sparse_sigmoid",
    "append_squareplus",
    "append_tanh_gelu",
    "append_tanh_shrink",
    "append_threshold",
]


def append_dense(
    build: Builder, source: str, kernel: Any, bias: Any = None, *, suffix: str = "dense"
) -> str:
    """Append the last axis times a matrix, plus a bias."""
    config = {"units": kernel.shape[1], "use_bias": bias is not None, "activation": "linear"}
    weights: Weights = {"kernel": np.ascontiguousarray(kernel, np.float64)}
    if bias is not None:
        weights["bias"] = np.ascontiguousarray(bias, np.float64)
    return build.append("Dense", config, inputs=source, weights=weights, suffix=suffix)


def _activation(build: Builder, source: str, name: str, suffix: str) -> str:
    return build.append("Activation", {"activation": name}, inputs=source, suffix=suffix)


def _relu(build: Builder, source: str, suffix: str | None, maximum: float | None = None) -> str:
    config = {} if maximum is None else {"max_value": maximum}
    return build.append("ReLU", config, inputs=source, suffix=suffix)


def append_hard_sigmoid(build: Builder, source: str, suffix: str | None) -> str:
    """Append relu6(x + 3) / 6; TensorFlow.js' own hardSigmoid is Keras 2's 0.2 x + 0.5."""
    clipped = _relu(build, build.scale(source, 1, 3, suffix="shifted"), "clipped", 6.0)
    return build.scale(clipped, 1 / 6, suffix=suffix)


def append_hard_silu(build: Builder, source: str, suffix: str | None) -> str:
    """Append x times its hard sigmoid."""
    gate = append_hard_sigmoid(build, source, "gate")
    return build.append("Multiply", {}, inputs=[source, gate], suffix=suffix)


def append_hard_tanh(build: Builder, source: str, suffix: str | None) -> str:
    """Append clip(x, -1, 1)."""
    clipped = _relu(build, build.scale(source, 1, 1, suffix="shifted"), "clipped", 2.0)
    return build.scale(clipped, 1, -1, suffix=suffix)


def append_log_sigmoid(build: Builder, source: str, suffix: str | None) -> str:
    """Append -softplus(-x)."""
    negative = build.negate(source)
    softplus = _activation(build, negative, "softplus", "softplus")
    return build.scale(softplus, -1, suffix=suffix)


def append_tanh_shrink(build: Builder, source: str, suffix: str | None) -> str:
    """Append x - tanh(x)."""
    tanh = _activation(build, source, "tanh", "tanh")
    return build.append("Add", {}, inputs=[source, build.negate(tanh)], suffix=suffix)


def append_leaky_relu(build: Builder, source: str, slope: float) -> str:
    """Append x where it is positive, else slope * x."""
    return build.append("LeakyReLU", {"alpha": float(slope)}, inputs=source, suffix="leaky")


def append_elu(build: Builder, source: str, alpha: float) -> str:
    """Append x where it is positive, else alpha * (e^x - 1)."""
    if alpha == 1:
        return _activation(build, source, "elu", "elu")
    # relu(x) + alpha (elu(x) - relu(x)); TensorFlow.js' own ELU knows only alpha = 1.
    elu = _activation(build, source, "elu", "elu")
    positive = _relu(build, source, "positive")
    return build.add(
        build.scale(positive, 1 - alpha, suffix="positive_part"),
        build.scale(elu, alpha, suffix="negative_part"),
    )


def append_celu(build: Builder, source: str, alpha: float) -> str:
    """Append alpha * elu(x / alpha)."""
    if alpha == 1:
        return _activation(build, source, "elu", "elu")
    inner = build.scale(source, 1 / alpha, suffix="inner")
    elu = _activation(build, inner, "elu", "elu")
    return build.scale(elu, alpha, suffix="outer")


def append_soft_shrink(build: Builder, source: str, threshold: float) -> str:
    """Append relu(x - threshold) - relu(-x - threshold)."""
    above = _relu(build, build.scale(source, 1, -threshold, suffix="above_shifted"), "above")
    below = _relu(build, build.scale(source, -1, -threshold, suffix="below_shifted"), "below")
    return build.add(above, build.negate(below))


def append_hard_shrink(build: Builder, source: str, threshold: float) -> str:
    """Append x where |x| > threshold, else 0."""
    above = _thresholded(build, source, threshold)
    below = _thresholded(build, build.negate(source), threshold)
    return build.add(above, build.negate(below))


def _thresholded(build: Builder, source: str, threshold: float) -> str:
    return build.append(
        "ThresholdedReLU", {"theta": threshold}, inputs=source, suffix="thresholded"
    )


def append_threshold(build: Builder, source: str, threshold: float, default: float) -> str:
    """Append x where x > threshold, else `default`."""
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
    distance = _relu(build, build.scale(source, 1, -threshold, suffix="shifted"), "distance")
    step = build.add(above, build.negate(distance))
    below = build.scale(step, -default / threshold, default, suffix="below")
    return build.add(above, below)


def append_general_relu(
    build: Builder, source: str, slope: float, maximum: float | None, threshold: float
) -> str:
    """Append Keras' ReLU: x from the threshold to the maximum, below slope * (x - threshold)."""
    if threshold < 0:
        raise Unsupported(f"its threshold {threshold} is negative", "use threshold=0")
    if not threshold and not slope:
        return _relu(build, source, "relu", maximum)
    if not threshold and maximum is None:
        return append_leaky_relu(build, source, slope)
    result = source if not threshold else _thresholded(build, source, threshold)
    if maximum is not None or not threshold:
        result = _relu(build, result, "clipped", maximum)
    if not slope:
        return result
    below = _relu(build, build.scale(source, -1, threshold, suffix="distance"), "below")
    return build.add(result, build.scale(below, -slope, suffix="sloped"))


def append_squareplus(build: Builder, source: str, b: float) -> str:
    """Append (x + sqrt(x^2 + b)) / 2."""
    if b <= 0:
        return _relu(build, source, "relu")
    # Every value x becomes the vector v = (x, -x, c, -c) with c^2 = b. Its mean is 0 and its
    # variance (x^2 + b) / 2, so v times the normalised v sums to 2 sqrt(2) sqrt(x^2 + b).
    shape = build.shape(source)
    c = np.sqrt(b)
    single = build.reshape(source, [int(np.prod(shape)), 1])
    vector = append_dense(
        build, single, np.array([[1.0, -1, 0, 0]]), np.array([0, 0, c, -c]), suffix="vector"
    )
    config = {"axis": -1, "epsilon": 0.0, "center": False, "scale": False}
    normal = build.append("LayerNormalization", config, inputs=vector, suffix="normal")
    product = build.multiply(vector, normal)
    root = append_dense(
        build, product, np.full((4, 1), 1 / (2 * np.sqrt(2))), None, suffix="vector"
    )
    total = build.add(source, build.reshape(root, shape))
    return build.scale(total, 0.5, suffix="half")


def append_glu(build: Builder, source: str, axis: int) -> str:
    """Append glu: the first half of an axis times the sigmoid of the second."""
    side = build.shape(source)[axis]
    first = build.slice(source, axis, 0, side // 2)
    second = build.slice(source, axis, side // 2, side)
    return build.multiply(first, _activation(build, second, "sigmoid", "gate"))


def append_tanh_gelu(build: Builder, source: str) -> str:
    """Append 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))."""
    factor = np.sqrt(2 / np.pi)
    cube = build.scale(build.multiply(source, source, source), 0.044715 * factor, suffix="cube")
    inner = build.add(build.scale(source, factor, suffix="linear_part"), cube)
    tanh = _activation(build, inner, "tanh", "tanh")
    return build.multiply(source, build.scale(tanh, 0.5, 0.5, suffix="gate"))


def append_sparse_plus(build: Builder, source: str, suffix: str | None) -> str:
    """Append 0 up to -1, then (x + 1)^2 / 4, then x from 1.

    That is clip(x + 1, 0, 2)^2 / 4 + relu(x - 1).
    """
    clipped = _relu(build, build.scale(source, 1, 1, suffix="shifted"), "clipped", 2.0)
    curve = build.scale(build.multiply(clipped, clipped), 0.25, suffix="curve")
    above = _relu(build, build.scale(source, 1, -1, suffix="lowered"), "above")
    return build.append("Add", {}, inputs=[curve, above], suffix=suffix)


def append_sparse_sigmoid(build: Builder, source: str, suffix: str | None) -> str:
    """Append clip((x + 1) / 2, 0, 1)."""
    return _relu(build, build.scale(source, 0.5, 0.5, suffix="shifted"), suffix, 1.0)
