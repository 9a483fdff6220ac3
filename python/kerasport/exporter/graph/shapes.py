"""Output shapes of TensorFlow.js' layers, without the batch dimension."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

from kerasport.exporter.graph.graph import Graph, Node
from kerasport.runtime.layers import window_padding

__all__ = ["RULES", "Shape", "graph_shapes", "output_shape"]

Shape: TypeAlias = tuple[int, ...]
"""Sides of a tensor without the batch."""

Rule: TypeAlias = Callable[[dict[str, Any], list[Shape]], Shape]
"""Takes the settings of a layer and the shapes of its inputs; returns that of its output."""


def graph_shapes(graph: Graph) -> dict[str, Shape]:
    """Return the output shape of every node of a lowered graph by its name."""
    shapes: dict[str, Shape] = {}
    for node in graph:
        shapes[node.name] = output_shape(node, [shapes[name] for name in node.inputs])
    return shapes


def output_shape(node: Node, inputs: list[Shape]) -> Shape:
    """Return the shape that a TensorFlow.js layer gives for inputs of these shapes.

    Layers that are not listed keep the shape of their first input.
    """
    rule = RULES.get(node.class_name)
    if rule is not None:
        return rule(node.config, inputs)
    return inputs[0]


def _windows(size: str, channels: Callable[[dict[str, Any], Shape], int]) -> Rule:
    def rule(config: dict[str, Any], inputs: list[Shape]) -> Shape:
        dilations = config.get("dilation_rate", [1, 1])
        sides = [
            window_padding(*numbers, config["padding"])[2]
            for numbers in zip(
                inputs[0][:2], config[size], config["strides"], dilations, strict=True
            )
        ]
        return (*sides, channels(config, inputs[0]))

    return rule


def _transposed(config: dict[str, Any], inputs: list[Shape]) -> Shape:
    sides = []
    for side, window, stride in zip(
        inputs[0][:2], config["kernel_size"], config["strides"], strict=True
    ):
        grown = side * stride
        sides.append(grown if config["padding"] == "same" else grown + max(window - stride, 0))
    return (*sides, config["filters"])


def _reshape(config: dict[str, Any], inputs: list[Shape]) -> Shape:
    target = list(config["target_shape"])
    if -1 in target:
        rest = math.prod(side for side in target if side != -1)
        target[target.index(-1)] = math.prod(inputs[0]) // rest
    return tuple(target)


def _padded(config: dict[str, Any], inputs: list[Shape]) -> Shape:
    height, width, channels = inputs[0]
    (top, bottom), (left, right) = config["padding"]
    return height + top + bottom, width + left + right, channels


def _cropped(config: dict[str, Any], inputs: list[Shape]) -> Shape:
    height, width, channels = inputs[0]
    (top, bottom), (left, right) = config["cropping"]
    return height - top - bottom, width - left - right, channels


def _concatenated(config: dict[str, Any], inputs: list[Shape]) -> Shape:
    axis = config["axis"] - 1 if config["axis"] > 0 else config["axis"]
    shape = list(inputs[0])
    shape[axis] = sum(each[axis] for each in inputs)
    return tuple(shape)


def _dot(config: dict[str, Any], inputs: list[Shape]) -> Shape:
    first, second = config["axes"]
    rows = [side for axis, side in enumerate(inputs[0], start=1) if axis != first]
    columns = [side for axis, side in enumerate(inputs[1], start=1) if axis != second]
    return (*rows, *columns)


def _broadcast(config: dict[str, Any], inputs: list[Shape]) -> Shape:
    return tuple(max(sides) for sides in zip(*inputs, strict=True))


RULES: dict[str, Rule] = {
    "Add": _broadcast,
    "Average": _broadcast,
    "AveragePooling2D": _windows("pool_size", lambda config, shape: shape[2]),
    "Concatenate": _concatenated,
    "Conv2D": _windows("kernel_size", lambda config, shape: int(config["filters"])),
    "Conv2DTranspose": _transposed,
    "Cropping2D": _cropped,
    "Dense": lambda config, inputs: (*inputs[0][:-1], config["units"]),
    "DepthwiseConv2D": _windows(
        "kernel_size", lambda config, shape: shape[2] * int(config["depth_multiplier"])
    ),
    "Dot": _dot,
    "Flatten": lambda config, inputs: (math.prod(inputs[0]),),
    "GlobalAveragePooling2D": lambda config, inputs: inputs[0][-1:],
    "GlobalMaxPooling2D": lambda config, inputs: inputs[0][-1:],
    "InputLayer": lambda config, inputs: tuple(config["batch_input_shape"][1:]),
    "MaxPooling2D": _windows("pool_size", lambda config, shape: shape[2]),
    "Maximum": _broadcast,
    "Minimum": _broadcast,
    "Multiply": _broadcast,
    "Permute": lambda config, inputs: tuple(inputs[0][axis - 1] for axis in config["dims"]),
    "Reshape": _reshape,
    "UpSampling2D": lambda config, inputs: (
        inputs[0][0] * config["size"][0],
        inputs[0][1] * config["size"][1],
        inputs[0][2],
    ),
    "ZeroPadding2D": _padded,
}
"""Class of TensorFlow.js -> rule; layers without one keep the shape of their first input."""
