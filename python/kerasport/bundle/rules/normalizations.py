"""Layers that shift and scale values."""

from __future__ import annotations

from collections.abc import Sequence

from kerasport.bundle.rules.layer_plan import LayerPlan, Shape
from kerasport.bundle.rules.settings import last_axis, only_input, read_flag
from kerasport.bundle.topology import LayerEntry

__all__ = ["batch_normalization", "layer_normalization", "rescaling"]


def batch_normalization(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what BatchNormalization comes to."""
    shape = only_input(layer, inputs)
    always = dict.fromkeys(("moving_mean", "moving_variance"), shape[-1:])
    return LayerPlan(shape, {**_normalized(layer, shape), **always})


def layer_normalization(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what LayerNormalization comes to."""
    shape = only_input(layer, inputs)
    return LayerPlan(shape, _normalized(layer, shape))


def rescaling(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    """Return what Rescaling comes to."""
    shape = only_input(layer, inputs)
    for key in ("scale", "offset"):
        setting = layer.settings.get(key)
        if not isinstance(setting.value, list):
            setting.number()
        elif len(setting.each(lambda item: item.number())) not in (1, shape[-1]):
            setting.fail(f"one number, or {shape[-1]}")
    return LayerPlan(shape)


def _normalized(layer: LayerEntry, shape: Shape) -> dict[str, Shape]:
    last_axis(layer, shape)
    layer.settings.get("epsilon").number(0)
    switches = {"gamma": "scale", "beta": "center"}
    return {
        name: shape[-1:] for name, key in switches.items() if read_flag(layer.settings.get(key))
    }
