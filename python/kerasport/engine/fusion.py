"""Join layers that one kernel computes in the same run.

The twin of the client's `engine/fusion.ts`: where something is added decides how sums of many
values are rounded.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kerasport.bundle.layer_rules import Shape
from kerasport.bundle.topology import LayerEntry, Topology
from kerasport.engine.epilogue import Clamp, Ending, Gate
from kerasport.engine.job import NO_FRAME, Frame

__all__ = ["FusedStep", "fuse"]

_ACTIVATING = ("Conv2D", "Conv2DTranspose", "Dense", "DepthwiseConv2D")
"""Layers that compute an activation at their end."""

_ADDING = ("Conv2D",)
"""Layers that add something of the shape of their output before it."""

_FRAMING = ("Conv2D", "DepthwiseConv2D")
"""Layers that see zeros around their input."""


@dataclass(frozen=True, kw_only=True)
class FusedStep:
    """A layer, with others that are computed along with it.

    Attributes:
        name: of the last layer that it computes.
        weights: name of the layer whose weights it has.
        added: name of a layer whose output is added before the activation.
    """

    name: str
    weights: str
    class_name: str
    config: Mapping[str, Any]
    inputs: tuple[str, ...]
    activation: Ending
    added: str | None = None
    frame: Frame = NO_FRAME


class _Steps:
    """Steps at their places in the order, and who reads what."""

    def __init__(self, topology: Topology, kept: Collection[str]) -> None:
        self.at = {layer.name: _step_of(layer) for layer in topology.layers[1:]}
        self._kept = kept
        # A step that is joined with others stays at one place.
        self.order = {name: place for place, name in enumerate(self.at)}
        self._readers: dict[str, dict[str, None]] = {}
        for step in self.at.values():
            self._note(step)

    def behind(self, name: str) -> FusedStep | None:
        """Return the only step that reads what a layer gives, where nobody else wants it."""
        readers = self._readers.get(name, {})
        if name in self._kept or len(readers) != 1:
            return None
        step = self.at[next(iter(readers))]
        return step if step.inputs.count(name) == 1 else None

    def join(self, stays: FusedStep, goes: FusedStep, joined: FusedStep) -> FusedStep:
        """Put one step in the place of two."""
        place = self.order[stays.name]
        self.remove(stays)
        self.remove(goes)
        self.at[joined.name], self.order[joined.name] = joined, place
        self._note(joined)
        return joined

    def remove(self, step: FusedStep) -> None:
        """Take a step out."""
        del self.at[step.name]
        for source in _sources(step):
            self._readers[source].pop(step.name, None)

    def _note(self, step: FusedStep) -> None:
        for source in _sources(step):
            self._readers.setdefault(source, {})[step.name] = None


def fuse(topology: Topology, shapes: Mapping[str, Shape], kept: Collection[str]) -> list[FusedStep]:
    """Return the steps that compute a model, in an order in which they can be taken.

    Args:
        shapes: of every layer's output, by its name.
        kept: layers whose outputs somebody outside reads: they stay as they are.
    """
    steps = _Steps(topology, kept)
    for step in list(steps.at.values()):
        if step.class_name == "Multiply":
            _join_gate(steps, step)
    for step in list(steps.at.values()):
        following = steps.behind(step.name)
        if (
            step.class_name == "ZeroPadding2D"
            and following is not None
            and following.class_name in _FRAMING
            and following.config["padding"] == "valid"
        ):
            down, across = step.config["padding"]
            frame = (tuple(down), tuple(across))
            steps.join(following, step, replace(following, inputs=step.inputs, frame=frame))
    for name in sorted(steps.at, key=steps.order.__getitem__):
        found = steps.at.get(name)
        if found is None:
            continue
        total = steps.behind(name) if found.class_name in _ADDING else None
        added = _addend(total, found, steps, shapes) if total else None
        if total and added is not None:
            found = steps.join(found, total, replace(found, name=total.name, added=added))
        following = steps.behind(found.name) if found.class_name in _ACTIVATING else None
        if following and found.activation == "linear":
            activation = _activation_of(following)
            if activation is not None:
                joined = replace(found, name=following.name, activation=activation)
                steps.join(found, following, joined)
    return sorted(steps.at.values(), key=lambda step: steps.order[step.name])


def _step_of(layer: LayerEntry) -> FusedStep:
    return FusedStep(
        name=layer.name,
        weights=layer.name,
        class_name=layer.class_name,
        config=layer.config,
        inputs=layer.inputs,
        activation=layer.config.get("activation") or "linear",
    )


def _sources(step: FusedStep) -> tuple[str, ...]:
    return step.inputs if step.added is None else (*step.inputs, step.added)


def _addend(
    total: FusedStep, step: FusedStep, steps: _Steps, shapes: Mapping[str, Shape]
) -> str | None:
    """Return what `total` adds to the output of `step`, where it is there before and as large."""
    if (
        total.class_name != "Add"
        or len(total.inputs) != 2
        or step.activation != "linear"
        or step.added is not None
    ):
        return None
    other = next(source for source in total.inputs if source != step.name)
    # The input of the model is there before everything.
    is_earlier = steps.order.get(other, -1) < steps.order[step.name]
    return other if is_earlier and shapes[other] == shapes[step.name] else None


def _activation_of(step: FusedStep) -> Ending | None:
    """Return the activation that a layer is, where it is nothing else."""
    if step.class_name == "Activation":
        return step.activation
    if step.class_name != "ReLU":
        return None
    limit = step.config.get("max_value")
    return Clamp(0, math.inf if limit is None else limit)


def _join_gate(steps: _Steps, step: FusedStep) -> None:
    """Join `x * clip(x * factor + offset, 0, 1)`, which three layers write, in a product."""
    clips = [
        steps.at[name]
        for name in step.inputs
        if name in steps.at
        and steps.at[name].class_name == "ReLU"
        and steps.at[name].config.get("max_value") == 1
    ]
    if not clips or len(step.inputs) != 2:
        return
    clipped = min(clips, key=lambda each: steps.order[each.name])
    line = steps.at.get(clipped.inputs[0])
    if line is None or line.class_name != "Rescaling":
        return
    scale, offset = line.config["scale"], line.config["offset"]
    is_one = isinstance(scale, int | float) and isinstance(offset, int | float)
    is_alone = steps.behind(line.name) == clipped and steps.behind(clipped.name) == step
    if is_one and is_alone and line.inputs[0] in step.inputs:
        gate = Gate(scale, offset)
        joined = replace(step, class_name="Activation", inputs=line.inputs, activation=gate)
        steps.join(step, clipped, joined)
        steps.remove(line)
