"""Layers that shift and scale values."""

from __future__ import annotations

import numpy as np

from kerasport.exporter.formats.onnx.draft import Value
from kerasport.exporter.formats.onnx.layers.step import OnnxStep

__all__ = ["batch_normalization", "layer_normalization", "rescaling"]


def rescaling(step: OnnxStep) -> Value:
    """Write Rescaling."""
    return _scaled(step, step.only(), step.config["scale"], step.config["offset"])


def batch_normalization(step: OnnxStep) -> Value:
    """Write BatchNormalization as the factor and the summand that it is, rounded once."""
    mean, variance = step.array("moving_mean"), step.array("moving_variance")
    assert mean is not None
    assert variance is not None
    factor = 1 / np.sqrt(variance + step.config["epsilon"])
    if (gamma := step.array("gamma")) is not None:
        factor = factor * gamma
    beta = step.array("beta")
    return _scaled(step, step.only(), factor, (0.0 if beta is None else beta) - mean * factor)


def layer_normalization(step: OnnxStep) -> Value:
    """Write LayerNormalization over the channels.

    ONNX has it for the last axes only. With channels first it is written out, so that no picture is
    turned for it twice.
    """
    value = step.only()
    gamma, beta = step.array("gamma"), step.array("beta")
    epsilon = float(step.config["epsilon"])
    if not value.first:
        channels = value.shape[-1]
        scale = step.constant("gamma", np.ones(channels) if gamma is None else gamma)
        inputs: list[Value | str] = [value, scale]
        if beta is not None:
            inputs.append(step.constant("beta", beta))
        return step.add("LayerNormalization", inputs, step.like(value), axis=-1, epsilon=epsilon)
    axes = step.constant("axes", [1])
    flat = Value(f"{step.node.name}_mean", (*value.shape[:2], 1), first=True)
    mean = step.add("ReduceMean", [value, axes], flat, keepdims=1)
    off = step.add("Sub", [value, mean], step.like(value, "_centered"))
    squares = step.add("Mul", [off, off], step.like(value, "_squares"))
    variance = step.add("ReduceMean", [squares, axes], flat, keepdims=1)
    safe = step.add("Add", [variance, step.constant("epsilon", epsilon)], flat)
    result = step.add("Div", [off, step.add("Sqrt", [safe], flat)], step.like(value))
    return _scaled(step, result, 1.0 if gamma is None else gamma, 0.0 if beta is None else beta)


def _scaled(step: OnnxStep, value: Value, factor: object, summand: object) -> Value:
    """Return `value * factor + summand`, each one number or one per channel."""
    for kind, what, numbers, nothing in (
        ("Mul", "factor", factor, 1),
        ("Add", "summand", summand, 0),
    ):
        if not np.all(np.asarray(numbers) == nothing):
            given = step.along_channels(what, numbers, value)
            value = step.add(kind, [value, given], step.like(value))
    return value
