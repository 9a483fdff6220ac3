"""Read a Keras 3 model in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasport.errors import ExportError
from kerasport.exporter.graph.graph import Graph, Weights
from kerasport.exporter.readers.configuration import (
    MODEL_CLASSES,
    OPERATIONS,
    graph_from_config,
)
from kerasport.exporter.readers.layer_path import LayerPath
from kerasport.models import import_keras

if TYPE_CHECKING:
    import keras

__all__ = ["read_keras_model", "rebuild_keras", "variable_names"]


def read_keras_model(model: keras.Model) -> Graph:
    """Return the graph of a built Keras 3 model with one input and one output.

    Raises:
        ExportError: the model is subclassed (it has no configuration), not built, or has
            several inputs or outputs.
    """
    class_name = type(model).__name__
    if class_name not in MODEL_CLASSES or not hasattr(model, "layers"):
        raise ExportError(
            f"The model {model.name!r} is a {class_name}. Expected a Sequential or Functional "
            "model: a subclassed one has no list of layers to convert. Rebuild it with "
            "keras.Sequential or keras.Model(inputs, outputs)."
        )
    if not model.built:
        raise ExportError(
            f"The model {model.name!r} is not built yet. Give it an Input layer or call it once."
        )
    _refuse_subclassed(model)
    return graph_from_config(class_name, model.get_config(), _arrays(model))


def _refuse_subclassed(model: keras.Model) -> None:
    """Refuse models inside a model of which the configuration lists no layers."""
    for layer in model.layers:
        kind = type(layer)
        if kind.__name__ in MODEL_CLASSES and hasattr(layer, "layers"):
            _refuse_subclassed(layer)
        elif isinstance(layer, import_keras().Model):
            raise ExportError(
                f"The model {model.name!r} holds {layer.name!r}, a {kind.__name__}: a subclassed "
                "model has no list of layers to convert. Rebuild it with keras.Sequential or "
                "keras.Model(inputs, outputs)."
            )


def _arrays(model: keras.Model, prefix: LayerPath = ()) -> dict[LayerPath, Weights]:
    arrays: dict[LayerPath, Weights] = {}
    for layer in model.layers:
        path = (*prefix, layer.name)
        if type(layer).__name__ in MODEL_CLASSES and hasattr(layer, "layers"):
            arrays |= _arrays(layer, path)
        else:
            names = variable_names(layer)
            arrays[path] = {
                name: np.asarray(weight) for name, weight in zip(names, layer.weights, strict=True)
            }
    return arrays


def variable_names(layer: keras.Layer) -> list[str]:
    """Return a name for each weight of a layer: `kernel`, or `query/kernel` in a layer of layers.

    Layers inside a layer give their weights equal names; only their paths differ.
    """
    names = [str(weight.name) for weight in layer.weights]
    if len(set(names)) < len(names):
        return ["/".join(weight.path.split("/")[-2:]) for weight in layer.weights]
    return names


def rebuild_keras(
    model_config: Mapping[str, Any], arrays: Mapping[LayerPath, Weights]
) -> keras.Model:
    """Return a model built from its stored configuration and arrays.

    Args:
        model_config: class name and configuration, as `modern_config` gives them.
        arrays: weights of each layer by its path of names.
    """
    keras = import_keras()
    model = keras.saving.deserialize_keras_object(_with_modules(model_config))
    _fill(model, arrays)
    return model


def _with_modules(layer: Mapping[str, Any]) -> dict[str, Any]:
    """Return a layer's entry with the module that the legacy format drops.

    Only modules of Keras are named, so that a file cannot have another one imported.
    """
    class_name, config = layer["class_name"], layer["config"]
    if class_name in MODEL_CLASSES:
        config = {**config, "layers": [_with_modules(each) for each in config["layers"]]}
        module = "keras" if class_name == "Sequential" else "keras.src.models.functional"
    elif str(layer.get("module", "")).startswith(OPERATIONS):
        keras = import_keras()
        rooms = (keras.src.ops.numpy, keras.src.ops.nn, keras.src.ops.math, keras.src.ops.core)
        module = next(room.__name__ for room in rooms if hasattr(room, class_name))
    else:
        module = "keras.layers"
    return {**layer, "module": module, "config": config, "registered_name": None}


def _fill(model: keras.Model, arrays: Mapping[LayerPath, Weights], prefix: LayerPath = ()) -> None:
    for layer in model.layers:
        path = (*prefix, layer.name)
        if type(layer).__name__ in MODEL_CLASSES and hasattr(layer, "layers"):
            _fill(layer, arrays, path)
        elif layer.weights:
            layer.set_weights([arrays[path][name] for name in variable_names(layer)])
