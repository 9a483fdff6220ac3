"""Shapes that the weights of TensorFlow.js' layers have, by their settings and inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from kerasport.exporter.graph.graph import Node
from kerasport.exporter.graph.shapes import Shape

__all__ = ["wrong_weight"]

Rule: TypeAlias = Callable[[dict[str, Any], Shape], dict[str, tuple[int, ...]]]
"""Takes the settings of a layer and the shape of its input; returns its weights' shapes."""


def wrong_weight(node: Node, inputs: list[Shape]) -> str | None:
    """Return what is wrong with a weight of a layer, as half a sentence; None where nothing is.

    Args:
        node: a layer of TensorFlow.js.
        inputs: shapes of what feeds it, without the batch.
    """
    rule = _RULES.get(node.class_name)
    if rule is None or not node.weights:
        return None
    expected = rule(node.config, inputs[0])
    for name, array in node.weights.items():
        if name in expected and array.shape != expected[name]:
            return (
                f"its weight {name!r} has the shape {list(array.shape)}, and its settings and its "
                f"input ask for {list(expected[name])}"
            )
    return None


def _convolution(config: dict[str, Any], shape: Shape) -> dict[str, tuple[int, ...]]:
    filters = int(config["filters"])
    kernel = (*config["kernel_size"], shape[-1], filters)
    return {"kernel": tuple(kernel), "bias": (filters,)}


def _transposed(config: dict[str, Any], shape: Shape) -> dict[str, tuple[int, ...]]:
    filters = int(config["filters"])
    return {"kernel": (*config["kernel_size"], filters, shape[-1]), "bias": (filters,)}


def _depthwise(config: dict[str, Any], shape: Shape) -> dict[str, tuple[int, ...]]:
    multiplier = int(config["depth_multiplier"])
    kernel = (*config["kernel_size"], shape[-1], multiplier)
    return {"depthwise_kernel": kernel, "kernel": kernel, "bias": (shape[-1] * multiplier,)}


def _dense(config: dict[str, Any], shape: Shape) -> dict[str, tuple[int, ...]]:
    return {"kernel": (shape[-1], config["units"]), "bias": (config["units"],)}


def _per_channel(config: dict[str, Any], shape: Shape) -> dict[str, tuple[int, ...]]:
    return dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), shape[-1:])


_RULES: dict[str, Rule] = {
    "BatchNormalization": _per_channel,
    "Conv2D": _convolution,
    "Conv2DTranspose": _transposed,
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise,
    "LayerNormalization": _per_channel,
    "PReLU": lambda config, shape: {"alpha": shape},
}
"""Class of TensorFlow.js -> rule; the others have no weights."""
