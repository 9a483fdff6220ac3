"""Operations on tensors that have places of the picture where the batch was.

Layers that look at windows put all windows of all pictures into the batch, and take them out again.
Of one picture, the batch is then one more axis of places; its settings count it so here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["with_one_axis_more"]

_AXES = ("axis", "axes", "axis1", "axis2", "source", "destination")
"""Settings that name axes."""

_WHOLE = {"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}

_PLACEWISE = frozenset(
    {"Activation", "Dense", "Dropout", "Identity", "LayerNormalization", "Rescaling", "Softmax"}
)
"""Layers to which it is all the same how many axes of places there are."""


def with_one_axis_more(class_name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a layer or operation on tensors that have one axis more before all.

    A layer that would take the new axis for something else is marked `in_batch`, for lowering to
    refuse.
    """
    changed = dict(config)
    for name in _AXES:
        if name in changed:
            changed[name] = _moved(changed[name])
    if class_name == "operation:Transpose" and config.get("axes"):
        changed["axes"] = [0, *(each + 1 for each in config["axes"])]
    elif class_name == "operation:GetItem":
        key = config["arguments"][-1]
        keys = list(key) if isinstance(key, (list, tuple)) else [key]
        changed["arguments"] = [None, [_WHOLE, *keys]]
    elif class_name == "operation:Pad":
        changed["pad_width"] = [[0, 0], *config["pad_width"]]
    elif class_name == "operation:Tile":
        repeats = config["repeats"]
        changed["repeats"] = [1, *([repeats] if isinstance(repeats, int) else repeats)]
    elif not class_name.startswith("operation:") and class_name not in _PLACEWISE:
        changed["in_batch"] = True
    return changed


def _moved(axis: Any) -> Any:
    if isinstance(axis, (list, tuple)):
        return [_moved(each) for each in axis]
    return axis + 1 if isinstance(axis, int) and axis >= 0 else axis
