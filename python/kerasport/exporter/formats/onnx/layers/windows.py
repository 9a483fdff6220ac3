"""Layers that slide a window over a picture, and those that take all of it at once."""

from __future__ import annotations

import numpy as np

from kerasport.exporter.formats.onnx.draft import Value
from kerasport.exporter.formats.onnx.layers.activations import activate
from kerasport.exporter.formats.onnx.layers.step import OnnxStep, Rule

__all__ = ["convolution", "depthwise", "global_pooling", "pooling", "transposed"]


def convolution(step: OnnxStep) -> Value:
    """Write Conv2D."""
    return _finish(step, "Conv", step.weight("kernel", (3, 2, 0, 1)), _slid(step, "kernel_size"))


def depthwise(step: OnnxStep) -> Value:
    """Write DepthwiseConv2D: a convolution of as many groups as channels."""
    rows, columns, channels, multiplier = step.node.weights["depthwise_kernel"].shape
    shape = (channels * multiplier, 1, rows, columns)
    kernel = step.weight("depthwise_kernel", (2, 3, 0, 1), shape)
    return _finish(step, "Conv", kernel, {**_slid(step, "kernel_size"), "group": channels})


def transposed(step: OnnxStep) -> Value:
    """Write Conv2DTranspose.

    Keras gives input times stride, more only where `valid` windows reach farther; ONNX what the
    windows cover, which is less where strides are longer than windows.
    """
    windows, strides = step.config["kernel_size"], step.config["strides"]
    beyond = [max(side - stride, 0) for side, stride in zip(windows, strides, strict=True)]
    if step.config["padding"] == "valid":
        beyond = [0, 0]
    before = [side // 2 for side in beyond]
    after = [side - first for side, first in zip(beyond, before, strict=True)]
    settings: dict[str, int | list[int]] = {
        "kernel_shape": [*windows],
        "strides": [*strides],
        "pads": [*before, *after],
        "output_padding": [
            max(stride - side, 0) for side, stride in zip(windows, strides, strict=True)
        ],
    }
    return _finish(step, "ConvTranspose", step.weight("kernel", (3, 2, 0, 1)), settings)


def _finish(step: OnnxStep, kind: str, kernel: str, settings: dict[str, int | list[int]]) -> Value:
    inputs: list[Value | str] = [step.only(first=True), kernel]
    if "bias" in step.node.weights:
        inputs.append(step.weight("bias"))
    result = step.add(kind, inputs, Value(step.node.name, step.shape, first=True), **settings)
    return activate(step, result, step.config.get("activation"))


def _slid(step: OnnxStep, size: str) -> dict[str, int | list[int]]:
    """Return the settings of a window, `same` written out: an odd rest goes behind."""
    windows, strides = step.config[size], step.config["strides"]
    dilations = step.config.get("dilation_rate") or [1, 1]
    before, after = [0, 0], [0, 0]
    if step.config["padding"] == "same":
        height, width, _ = step.only().shape
        for axis, side in enumerate((height, width)):
            covered = (windows[axis] - 1) * dilations[axis] + 1
            positions = step.shape[axis]
            missing = max(0, (positions - 1) * strides[axis] + covered - side)
            before[axis] = missing // 2
            after[axis] = missing - missing // 2
    settings: dict[str, int | list[int]] = {
        "kernel_shape": [*windows],
        "strides": [*strides],
        "pads": [*before, *after],
    }
    if [*dilations] != [1, 1]:
        settings["dilations"] = [*dilations]
    return settings


def pooling(kind: str) -> Rule:
    """Return the rule of a pooling; averages leave out the padding, as Keras' do."""

    def rule(step: OnnxStep) -> Value:
        settings = _slid(step, "pool_size")
        if kind == "AveragePool":
            settings["count_include_pad"] = 0
        value = _kept_padded(step, step.only(first=True))
        result = Value(step.node.name, step.shape, first=True)
        return step.add(kind, [value], result, **settings)

    return rule


def _kept_padded(step: OnnxStep, value: Value) -> Value:
    """Return a value with the zeros that a layer put around it.

    ONNX Runtime before 1.32, and the optimizer of ONNX, make them padding of the pooling that
    follows, which no maximum and no average counts: of ResNet50V2 probabilities were off by 0.015.
    """
    if step.draft.maker(value) != "Pad":
        return value
    # Nothing is lower, and no optimizer knows it.
    lowest = step.constant("lowest", np.finfo(np.float32).min)
    result = Value(f"{step.node.name}_padded", value.shape, first=True)
    return step.add("Max", [value, lowest], result)


def global_pooling(kind: str) -> Rule:
    """Return the rule of a pooling over the whole picture."""

    def rule(step: OnnxStep) -> Value:
        value = step.only()
        axes = step.constant("axes", [value.axis(0), value.axis(1)])
        return step.add(kind, [value, axes], Value(step.node.name, step.shape), keepdims=0)

    return rule
