"""Layers that make one of several."""

from __future__ import annotations

from kerasport.exporter.formats.onnx.draft import Value
from kerasport.exporter.formats.onnx.layers.step import OnnxStep, Rule

__all__ = ["concatenated", "merged", "multiplied"]


def merged(kind: str) -> Rule:
    """Return the rule of an operation that takes any number of inputs."""

    def rule(step: OnnxStep) -> Value:
        values = _alike(step)
        return step.add(kind, values, step.like(values[0]))

    return rule


def multiplied(step: OnnxStep) -> Value:
    """Write Multiply, which ONNX has for two inputs only."""
    result, *others = _alike(step)
    for other in others:
        sides = zip(result.shape, other.shape, strict=True)
        shape = tuple(max(pair) for pair in sides)
        result = step.add("Mul", [result, other], Value(step.node.name, shape, result.first))
    return result


def concatenated(step: OnnxStep) -> Value:
    """Write Concatenate."""
    values = _alike(step)
    axis = int(step.config["axis"])
    place = axis - 1 if axis > 0 else len(step.shape) + axis
    return step.add("Concat", values, step.like(values[0]), axis=values[0].axis(place))


def _alike(step: OnnxStep) -> list[Value]:
    """Return the inputs with their axes in one order: channels first as soon as one has them so."""
    first = any(value.first for value in step.inputs)
    return [step.draft.turned(value, first=first) for value in step.inputs]
