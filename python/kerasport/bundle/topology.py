"""The graph of layers that a `model.json` describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kerasport.errors import BundleError

__all__ = ["LayerEntry", "Topology", "read_topology"]


@dataclass(frozen=True)
class LayerEntry:
    """One layer: `inputs` are the names of the layers whose outputs it takes, in their order."""

    name: str
    class_name: str
    config: Mapping[str, Any]
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Topology:
    """The layers in the order of computation; `output` names the one that answers."""

    layers: tuple[LayerEntry, ...]
    output: str


def read_topology(topology: Mapping[str, Any]) -> Topology:
    """Return the graph in the `modelTopology` of a `model.json`, as the exporter writes it.

    Raises:
        BundleError: it is not a functional model of Keras 2 whose layers are called once each.
    """
    try:
        config = topology["model_config"]["config"]
        return Topology(tuple(map(_entry, config["layers"])), str(config["output_layers"][0][0]))
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise BundleError(
            f"The modelTopology in model.json is not complete: {error!r}. Expected a functional "
            "model of Keras 2. Export the bundle again."
        ) from None


def _entry(layer: Mapping[str, Any]) -> LayerEntry:
    nodes = layer["inbound_nodes"]
    inputs = tuple(str(source[0]) for source in nodes[0]) if nodes else ()
    return LayerEntry(str(layer["name"]), str(layer["class_name"]), layer["config"], inputs)
