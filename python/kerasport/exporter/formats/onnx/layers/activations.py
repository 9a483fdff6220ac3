"""What changes each value by itself, and the softmax."""

from __future__ import annotations

from kerasport.exporter.formats.onnx.draft import Value
from kerasport.exporter.formats.onnx.layers.step import OnnxStep

__all__ = [
    "activate",
    "activation",
    "leaky_relu",
    "prelu",
    "relu",
    "softmax",
    "thresholded_relu",
]

_PLAIN = {
    "elu": "Elu",
    "gelu": "Gelu",
    "mish": "Mish",
    "relu": "Relu",
    "selu": "Selu",
    "sigmoid": "Sigmoid",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "tanh": "Tanh",
}
"""TensorFlow.js' name of an activation -> ONNX's operation with the defaults that it has."""

_OVER_CHANNELS = {"softmax": "Softmax", "logSoftmax": "LogSoftmax"}


def activate(step: OnnxStep, value: Value, name: str | None) -> Value:
    """Return the activation of that name of a value."""
    if name in (None, "linear"):
        return value
    result = Value(f"{step.node.name}_{name}", value.shape, value.first)
    if name in _PLAIN:
        return step.add(_PLAIN[name], [value], result)
    if name in _OVER_CHANNELS:
        return step.add(_OVER_CHANNELS[name], [value], result, axis=value.channel_axis)
    if name == "relu6":
        limits = [step.constant("low", 0.0), step.constant("high", 6.0)]
        return step.add("Clip", [value, *limits], result)
    if name == "swish":
        gate = Value(f"{step.node.name}_gate", value.shape, value.first)
        return step.add("Mul", [value, step.add("Sigmoid", [value], gate)], result)
    raise KeyError(name)


def activation(step: OnnxStep) -> Value:
    """Write Activation."""
    return activate(step, step.only(), str(step.config["activation"]))


def softmax(step: OnnxStep) -> Value:
    """Write Softmax, which is over the last axis."""
    return activate(step, step.only(), "softmax")


def relu(step: OnnxStep) -> Value:
    """Write ReLU, with or without a largest value."""
    value, limit = step.only(), step.config.get("max_value")
    if limit is None:
        return activate(step, value, "relu")
    limits = [step.constant("low", 0.0), step.constant("high", float(limit))]
    return step.add("Clip", [value, *limits], step.like(value))


def leaky_relu(step: OnnxStep) -> Value:
    """Write LeakyReLU."""
    value = step.only()
    return step.add("LeakyRelu", [value], step.like(value), alpha=float(step.config["alpha"]))


def thresholded_relu(step: OnnxStep) -> Value:
    """Write ThresholdedReLU."""
    value = step.only()
    alpha = float(step.config["theta"])
    return step.add("ThresholdedRelu", [value], step.like(value), alpha=alpha)


def prelu(step: OnnxStep) -> Value:
    """Write PReLU, whose slopes are as many as its inputs."""
    value = step.only()
    slopes = step.weight("alpha", (2, 0, 1) if value.first else None)
    return step.add("PRelu", [value, slopes], step.like(value))
