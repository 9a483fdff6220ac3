"""Whether a bundle holds plain layers only: asked before a reader gets it that runs what it says.

Keras 2, which the `tensorflowjs` package loads models with, imports modules and runs code that a
`model.json` names. A bundle as it is exported names nothing but layers of TensorFlow.js.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kerasport.bundle import Bundle
from kerasport.errors import BrowserError
from kerasport.exporter.gate import TFJS_LAYERS
from kerasport.runtime.activations import ACTIVATIONS

__all__ = ["check_plain"]

_MODEL_CLASSES = ("Functional", "Model")
_TOPOLOGY_KEYS = {"backend", "keras_version", "model_config"}
_MODEL_KEYS = {"class_name", "config"}
_CONFIG_KEYS = {"input_layers", "layers", "name", "output_layers", "trainable"}
_LAYER_KEYS = {"class_name", "config", "inbound_nodes", "name"}


def check_plain(bundle: Bundle) -> None:
    """Check that a bundle's `model.json` holds plain layers only.

    Raises:
        BrowserError: it holds something else, which is named.
    """
    problem = next(_problems(bundle.model().get("modelTopology")), None)
    if problem is not None:
        raise BrowserError(
            f"The tensorflowjs package is not asked: {problem} in model.json is nothing that an "
            "export writes, and that package would run it. Export the bundle again."
        )


def _problems(topology: Any) -> Iterator[str]:
    """Yield what is not plain, as the subject of a sentence."""
    try:
        model = topology["model_config"]
        yield from _unknown_keys(topology, _TOPOLOGY_KEYS)
        yield from _unknown_keys(model, _MODEL_KEYS)
        yield from _unknown_keys(model["config"], _CONFIG_KEYS)
        if model["class_name"] not in _MODEL_CLASSES:
            yield f"the model of class {model['class_name']!r:.100}"
        for layer in model["config"]["layers"]:
            yield from _unknown_keys(layer, _LAYER_KEYS)
            if layer["class_name"] not in TFJS_LAYERS:
                yield f"the layer {layer['name']!r:.100} of class {layer['class_name']!r:.100}"
            activation = layer["config"].get("activation", "linear")
            if activation not in ACTIVATIONS:
                yield f"the activation {activation!r:.100} of the layer {layer['name']!r:.100}"
            if _has_objects(list(layer["config"].values())) or _has_objects(layer["inbound_nodes"]):
                yield f"an object in the layer {layer['name']!r:.100}"
    except (KeyError, TypeError, AttributeError) as error:
        yield f"a damaged modelTopology ({error!r:.100})"


def _unknown_keys(value: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    yield from (f"the key {key!r:.100}" for key in value if key not in known)


def _has_objects(value: Any) -> bool:
    """Tell whether a setting is more than numbers, texts and lists of them."""
    if isinstance(value, list):
        return any(map(_has_objects, value))
    return isinstance(value, Mapping) and bool(value)
