"""Load and run models of Keras 2 through tf_keras, the package that Keras 2 lives on in."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kerasport.errors import ModelError, missing_extra
from kerasport.exporter.graph.graph import Graph, Weights
from kerasport.exporter.readers.configuration import MODEL_CLASSES, graph_from_config
from kerasport.exporter.readers.layer_path import LayerPath
from kerasport.exporter.readers.legacy import modern_config
from kerasport.exporter.readers.legacy_graph import modernize_graph
from kerasport.models import import_keras
from kerasport.models.loading import KerasModel

__all__ = [
    "graph_from_tf_keras",
    "import_tf_keras",
    "load_tf_keras",
    "rebuild_tf_keras",
]


def import_tf_keras() -> Any:
    """Return the `tf_keras` module.

    Raises:
        KerasportError: it is not installed.
    """
    import_keras()
    try:
        import tf_keras
    except ModuleNotFoundError as error:
        if error.name != "tf_keras":
            raise
        raise missing_extra("legacy", "Loading a model of Keras 2") from None
    return tf_keras


def load_tf_keras(path: Path) -> KerasModel:
    """Return the model in a file or SavedModel folder; it is not compiled.

    Raises:
        ModelError: tf_keras cannot load it.
    """
    tf_keras = import_tf_keras()
    logger = logging.getLogger("tensorflow")
    level = logger.level
    # It warns of optimizer states and of old formats; what matters here arrives as an exception.
    logger.setLevel(logging.ERROR)
    try:
        return tf_keras.models.load_model(path, compile=False)
    except Exception as error:
        # tf_keras raises whatever its layers, json, h5py or TensorFlow raise.
        raise ModelError(
            f"'{path}' cannot be loaded by tf_keras {tf_keras.__version__}: {error}. Expected a "
            "model that Keras 2 saved, of built-in layers."
        ) from error
    finally:
        logger.setLevel(level)


def rebuild_tf_keras(
    model_config: Mapping[str, Any], arrays: Mapping[LayerPath, Weights]
) -> KerasModel:
    """Return a model built from its stored configuration and arrays."""
    model = import_tf_keras().models.model_from_json(json.dumps(model_config))
    _fill(model, arrays)
    return model


def _fill(model: KerasModel, arrays: Mapping[LayerPath, Weights], prefix: LayerPath = ()) -> None:
    for layer in model.layers:
        path = (*prefix, str(layer.name))
        if type(layer).__name__ in MODEL_CLASSES:
            _fill(layer, arrays, path)
        elif layer.weights:
            layer.set_weights([arrays[path][name] for name in _variables(layer)])


def graph_from_tf_keras(model: KerasModel) -> Graph:
    """Return the graph of a loaded tf_keras model."""
    config = modern_config(type(model).__name__, model.get_config())
    graph = graph_from_config(type(model).__name__, config, _arrays(model))
    modernize_graph(graph, keras_2=True)
    return graph


def _arrays(model: KerasModel, prefix: LayerPath = ()) -> dict[LayerPath, Weights]:
    arrays: dict[LayerPath, Weights] = {}
    for layer in model.layers:
        path = (*prefix, str(layer.name))
        if type(layer).__name__ in MODEL_CLASSES:
            arrays |= _arrays(layer, path)
        else:
            names = _variables(layer)
            arrays[path] = {
                name: weight.numpy() for name, weight in zip(names, layer.weights, strict=True)
            }
    return arrays


def _variables(layer: Any) -> list[str]:
    """Return a name for each weight of a layer, with the inner layer's where names repeat."""
    paths = [str(weight.name).partition(":")[0].split("/") for weight in layer.weights]
    parts = 1 if len({path[-1] for path in paths}) == len(paths) else 2
    return ["/".join(path[-parts:]) for path in paths]
