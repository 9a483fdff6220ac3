"""Whether a model can be run, and at what cost, decided before anything is reserved.

The twin of the client's `model/plan.ts`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kerasport.bundle.field import MISSING, Field, dimensions, quote
from kerasport.bundle.layer_rules import LAYER_RULES, LayerPlan, Shape
from kerasport.bundle.limits import (
    MAX_LAYER_VALUES,
    MAX_LIVE_VALUES,
    MAX_WORK,
    WORK_OF_A_VALUE,
)
from kerasport.bundle.topology import LayerEntry, Topology
from kerasport.errors import BundleError

__all__ = ["ACTIVATION_NAMES", "ModelPlan", "plan_model"]

ACTIVATION_NAMES = (
    "linear",
    "relu",
    "relu6",
    "elu",
    "selu",
    "sigmoid",
    "softmax",
    "logSoftmax",
    "gelu",
    "mish",
    "softplus",
    "softsign",
    "tanh",
    "swish",
)
"""Every activation that is read, as TensorFlow.js names it."""


@dataclass(frozen=True)
class ModelPlan:
    """What running a model comes to: `live_values` are held at one time for one picture.

    `shapes` are those of every layer's output for one picture, by its name.
    """

    input_shape: Shape
    output_shape: Shape
    live_values: int
    shapes: Mapping[str, Shape]


def plan_model(topology: Topology, weights: Mapping[str, Shape], document: str) -> ModelPlan:
    """Check every layer, its weights and what they cost together.

    Args:
        topology: the layers.
        weights: shapes by `layer/weight`, as the manifest has them.
        document: how messages call the file.

    Raises:
        BundleError: a class or an activation is not known, a setting is none, shapes do not fit,
            a weight is missing, of another shape or of no layer; or the model takes more memory
            or work than is allowed.
    """
    root = Field(document, "", None)
    shapes: dict[str, Shape] = {}
    left = dict(weights)
    ends = {source: layer.name for layer in topology.layers for source in layer.inputs}
    live = most = work = 0
    for layer in topology.layers:
        plan = _plan_layer(layer, [shapes[source] for source in layer.inputs])
        for name, expected in plan.weights.items():
            _check_weight(root, f"{layer.name}/{name}", left, expected)
        for shape in (plan.shape, plan.padded):
            if _product(shape) > MAX_LAYER_VALUES:
                layer.entry.refuse(
                    f"{layer.entry.place} gives {dimensions(shape)} values for one picture. "
                    f"Expected at most {MAX_LAYER_VALUES}."
                )
        values = math.prod(plan.shape)
        work += plan.multiply_adds + values * WORK_OF_A_VALUE
        if work > MAX_WORK:
            layer.entry.refuse(
                f"the layers up to {layer.entry.place} take more than {MAX_WORK} multiply-adds for "
                "one picture. Expected fewer."
            )
        shapes[layer.name] = plan.shape
        live += values
        most = max(most, live + (math.prod(plan.padded) if plan.padded else 0))
        if most > MAX_LIVE_VALUES:
            layer.entry.refuse(
                f"more than {MAX_LIVE_VALUES} values are held for one picture at "
                f"{layer.entry.place}. Expected fewer."
            )
        for source in set(layer.inputs):
            if ends[source] == layer.name and source != topology.output:
                live -= math.prod(shapes[source])
    if left:
        root.refuse(f"the weight {quote(next(iter(left)))} belongs to no layer. Expected none.")
    return ModelPlan(shapes[topology.layers[0].name], shapes[topology.output], most, shapes)


def _plan_layer(layer: LayerEntry, inputs: Sequence[Shape]) -> LayerPlan:
    rule = LAYER_RULES.get(layer.class_name)
    if rule is None:
        raise BundleError(
            f"The Python runtime does not know the layer {layer.name!r:.80} of class "
            f"{layer.class_name:.80}. Use the Keras model itself, or a browser."
        )
    plan = rule(layer, inputs)
    activation = layer.settings.get("activation")
    if activation.value in (None, MISSING):
        if layer.class_name == "Activation":
            activation.fail("the name of an activation")
    elif not plan.activates:
        activation.fail("none in this layer")
    elif activation.text() not in ACTIVATION_NAMES:
        raise BundleError(
            f"The Python runtime does not know the activation {activation.shown()} of the layer "
            f"{layer.name!r:.80}. Use the Keras model itself, or a browser."
        )
    return plan


def _check_weight(root: Field, name: str, left: dict[str, Shape], expected: Shape) -> None:
    found = left.pop(name, None)
    if found is None:
        root.refuse(f"the weight {quote(name)} is missing. Expected {dimensions(expected)} values.")
    if found != expected:
        root.refuse(
            f"the weight {quote(name)} has {dimensions(found)} values. Expected "
            f"{dimensions(expected)}, by the settings and the input of its layer."
        )


def _product(shape: Shape) -> int:
    return math.prod(shape)
