"""Read a Keras 3 model in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasport.errors import ExportError
from kerasport.exporter.graph.graph import Graph, Weights
from kerasport.exporter.readers.configuration import MODEL_CLASSES, graph_from_config
from kerasport.exporter.readers.layer_path import LayerPath

if TYPE_CHECKING:
    import keras

__all__ = ["read_keras_model", "variable_names"]


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
    return graph_from_config(class_name, model.get_config(), _arrays(model))


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
