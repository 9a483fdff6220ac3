"""The graph of layers that a `model.json` describes.

The twin of the client's `model/topology.ts`: what is no graph is refused in the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kerasport.bundle.field import MISSING, Field, is_number
from kerasport.bundle.limits import MAX_LAYERS

__all__ = ["Head", "LayerEntry", "Topology", "find_head", "read_topology"]


@dataclass(frozen=True)
class LayerEntry:
    """One layer: `inputs` are the names of the layers whose outputs it takes, in their order.

    `entry` is what the document says of the layer; in `config` its whole numbers are of type int.
    """

    name: str
    class_name: str
    config: Mapping[str, Any]
    inputs: tuple[str, ...]
    entry: Field = field(repr=False, compare=False)

    @property
    def settings(self) -> Field:
        """The configuration, with its place."""
        return self.entry.get("config")


@dataclass(frozen=True)
class Topology:
    """The layers in the order of computation; `output` names the one that answers."""

    layers: tuple[LayerEntry, ...]
    output: str


@dataclass(frozen=True)
class Head:
    """The layers that a model ends in: averages of feature maps, and one dense layer."""

    pooling: str
    dense: str


def find_head(topology: Topology, *, of_labels: bool = False) -> Head | None:
    """Return how a model ends, where it is averages, one dense layer and a softmax.

    Args:
        topology: the graph.
        of_labels: whether it tells several labels: then it ends in sigmoids instead.
    """
    last = "sigmoid" if of_labels else "softmax"
    layers = {layer.name: layer for layer in topology.layers}

    def before(layer: LayerEntry) -> LayerEntry:
        return layers[layer.inputs[0]]

    layer = layers[topology.output]
    activation = layer.config.get("activation")
    is_alone = (layer.class_name == "Softmax" and not of_labels) or (
        layer.class_name == "Activation" and activation == last
    )
    if is_alone:
        layer = before(layer)
    elif activation != last:
        return None
    activation = layer.config.get("activation")
    if layer.class_name != "Dense" or activation not in (last, "linear", None):
        return None
    dense = layer.name
    layer = before(layer)
    while layer.class_name in ("Flatten", "Reshape"):
        layer = before(layer)
    return Head(layer.name, dense) if layer.class_name == "GlobalAveragePooling2D" else None


def read_topology(root: Field) -> Topology:
    """Return the graph in `modelTopology`: a functional model with one output, or a stack.

    Names, order and connections are checked here; `kerasport.bundle.plan` checks what the layers
    are.

    Raises:
        BundleError: it is neither, or its layers are not called once each, after those they take.
    """
    model = root.get("model_config")
    is_stack = model.get("class_name").one_of("Functional", "Model", "Sequential") == "Sequential"
    config = model.get("config")
    entries = config.get("layers").items()
    if not 1 <= len(entries) <= MAX_LAYERS:
        config.get("layers").refuse(
            f"{config.place}.layers has {len(entries)} layers. Expected at least one layer, and at "
            f"most {MAX_LAYERS}."
        )
    layers: dict[str, LayerEntry] = {}
    previous: str | None = None
    for entry in entries:
        settings = entry.get("config")
        name = settings.get("name").text()
        if name in layers:
            settings.get("name").fail("a name that no other layer has")
        if entry.get("name").value not in (MISSING, name):
            entry.get("name").fail("the name in the layer's config")
        stacked = () if previous is None else (previous,)
        inputs: tuple[str, ...] = stacked if is_stack else _read_inputs(entry)
        if any(source not in layers for source in inputs):
            entry.get("inbound_nodes").fail("names of layers before this one")
        class_name = entry.get("class_name").text()
        if (class_name == "InputLayer") != (not layers):
            entry.get("class_name").fail("one InputLayer, before all other layers")
        layers[name] = LayerEntry(name, class_name, _in_whole(settings.value), inputs, entry)
        previous = name
    output = str(previous) if is_stack else _read_output(config)
    if output not in layers:
        config.get("output_layers").fail("the name of a layer")
    return Topology(tuple(layers.values()), output)


def _in_whole(value: Any) -> Any:
    """Return a setting with 2 for 2.0: they are one number in JSON, and only one of them counts."""
    if isinstance(value, dict):
        return {key: _in_whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_whole(item) for item in value]
    if not is_number(value):
        return value
    # Any number of digits is a double to everybody else.
    double = float(value)
    return int(double) if double.is_integer() and abs(double) < 2**53 else double


def _read_inputs(entry: Field) -> tuple[str, ...]:
    nodes = entry.get("inbound_nodes").each(lambda node: node.each(_name_of))
    if len(nodes) > 1:
        entry.get("inbound_nodes").fail("one call of each layer")
    return tuple(nodes[0]) if nodes else ()


def _read_output(config: Field) -> str:
    names = config.get("output_layers").each(_name_of)
    if len(names) != 1:
        config.get("output_layers").fail("one output")
    return names[0]


def _name_of(source: Field) -> str:
    """Return of `[name, 0, 0, {}]` the name: the only output of the only call of a layer."""
    parts = source.items()
    if not parts:
        source.fail("a list that begins with a name")
    name = parts[0].text()
    for part, only in zip(parts[1:], ("0", "0", "{}"), strict=False):
        if (part.value != {}) if only == "{}" else (part.value != 0 or part.value is False):
            part.fail(only)
    if len(parts) > 4:
        source.fail("[name, 0, 0, {}]")
    return name
