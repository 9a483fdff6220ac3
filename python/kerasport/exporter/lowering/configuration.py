"""Reading settings out of Keras configurations, and refusing those that cannot be kept."""

from __future__ import annotations

from typing import Any

from kerasport.exporter.graph.graph import Node, Weights
from kerasport.exporter.lowering.refused import Unsupported

__all__ = ["channels_last", "feature_axes", "numbers", "ordered", "pair", "window"]


def channels_last(node: Node) -> dict[str, Any]:
    """Return the layout setting, refusing any but the one that TensorFlow.js computes."""
    layout = node.config.get("data_format") or "channels_last"
    if layout != "channels_last":
        raise Unsupported(
            f"its data_format is {layout!r}, and TensorFlow.js computes only channels_last",
            "rebuild the model with data_format='channels_last'",
        )
    return {"data_format": "channels_last"}


def feature_axes(axis: Any, rank: int) -> list[int]:
    """Return Keras' axis or axes, which count the batch, as axes without it.

    Args:
        axis: a number or several; None takes in all.
        rank: of the tensor, without the batch.
    """
    axes = list(axis) if isinstance(axis, (list, tuple)) else [axis]
    whole = [0 if each is None else int(each) % (rank + 1) for each in axes]
    if not all(whole):
        raise Unsupported(
            f"its axis={axis} takes in the batch, whose pictures must not mix",
            f"use axes from 1 to {rank}",
        )
    return [each - 1 for each in whole]


def pair(value: Any) -> list[int]:
    """Return a number or two as two numbers."""
    return [int(value), int(value)] if isinstance(value, int) else [int(item) for item in value]


def window(config: dict[str, Any], size: str) -> dict[str, Any]:
    """Return size, strides and padding of a sliding window."""
    sides = pair(config[size])
    return {
        size: sides,
        "strides": pair(config.get("strides") or sides),
        "padding": str(config["padding"]),
    }


def ordered(node: Node, *names: str) -> Weights:
    """Return the node's arrays in TensorFlow.js' order, leaving out those it does not have."""
    return {name: node.weights[name] for name in names if name in node.weights}


def numbers(value: Any) -> float | list[float]:
    """Return a number, or a flat list of them, out of what Keras writes for scalars and arrays."""
    if isinstance(value, dict):
        value = value.get("config", {}).get("value", value)
    if isinstance(value, (list, tuple)):
        items = [numbers(item) for item in value]
        if len(items) == 1:
            return items[0]
        return [item for item in items if isinstance(item, float)]
    return float(value)
