"""Layers that change each value by itself, and the softmax."""

from __future__ import annotations

from collections.abc import Sequence

from kerasport.bundle.rules.layer_plan import LayerPlan, Rule, Shape
from kerasport.bundle.rules.settings import last_axis, only_input
from kerasport.bundle.topology import LayerEntry

__all__ = ["activation", "prelu", "relu", "softmax", "unchanged"]


def activation(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what Activation comes to."""
    shape = only_input(layer, inputs)
    return LayerPlan(shape, activates=True)


def unchanged(*settings: str) -> Rule:
    """Return the rule of layers that keep the shape and take these numbers."""

    def rule(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
        shape = only_input(layer, inputs)
        for key in settings:
            layer.settings.get(key).number()
        return LayerPlan(shape)

    return rule


def relu(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what ReLU comes to."""
    shape = only_input(layer, inputs)
    layer.settings.get("max_value").optional(lambda limit: limit.number(0))
    return LayerPlan(shape)


def prelu(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what PReLU comes to."""
    shape = only_input(layer, inputs)
    return LayerPlan(shape, {"alpha": shape})


def softmax(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what Softmax comes to."""
    shape = only_input(layer, inputs)
    last_axis(layer, shape)
    return LayerPlan(shape)
