"""Layers that multiply matrices."""

from __future__ import annotations

from dataclasses import replace

from kerasport.exporter.formats.onnx.draft import Value
from kerasport.exporter.formats.onnx.layers.activations import activate
from kerasport.exporter.formats.onnx.layers.step import OnnxStep

__all__ = ["dense", "dot"]


def dense(step: OnnxStep) -> Value:
    """Write Dense; of a picture with channels first it is a convolution of 1 x 1."""
    value = step.only()
    has_bias = "bias" in step.node.weights
    result = step.like(value)
    if value.first:
        channels, units = step.node.weights["kernel"].shape
        kernel = step.weight("kernel", (1, 0), (units, channels, 1, 1))
        inputs: list[Value | str] = [value, kernel]
        inputs += [step.weight("bias")] if has_bias else []
        answer = step.add("Conv", inputs, result)
    elif len(value.shape) == 1:
        inputs = [value, step.weight("kernel")]
        inputs += [step.weight("bias")] if has_bias else []
        answer = step.add("Gemm", inputs, result)
    else:
        answer = step.add("MatMul", [value, step.weight("kernel")], result)
        if has_bias:
            answer = step.add("Add", [answer, step.weight("bias")], result)
    return activate(step, answer, step.config.get("activation"))


def dot(step: OnnxStep) -> Value:
    """Write Dot of two matrices."""
    first, second = step.inputs
    if step.config["axes"][0] == 1:
        first = _turned(step, first)
    if step.config["axes"][1] == 2:
        second = _turned(step, second)
    return step.add("MatMul", [first, second], Value(step.node.name, step.shape))


def _turned(step: OnnxStep, matrix: Value) -> Value:
    rows, columns = matrix.shape
    result = replace(matrix, name=f"{matrix.name}_turned", shape=(columns, rows))
    return step.add("Transpose", [matrix], result, perm=[0, 2, 1])
