"""Load and run models of Keras 2 through tf_keras, the package that Keras 2 lives on in."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kerasport.errors import ExportError, ModelError, missing_extra
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
            layer.set_weights([arrays[path][_variable(weight)] for weight in layer.weights])


def graph_from_tf_keras(model: KerasModel) -> Graph:
    """Return the graph of a loaded tf_keras model.

    Raises:
        ExportError: it is not built, or is subclassed, so that its layers are not listed.
    """
    try:
        config = model.get_config()
    except (AttributeError, NotImplementedError, TypeError, ValueError):
        # What tf_keras raises where a class of somebody's own has no configuration.
        config = {}
    if "layers" not in config:
        raise ExportError(
            f"The model {model.name!r} is a {type(model).__name__}. Expected a Sequential or "
            "Functional model: a subclassed one has no list of layers to convert. Rebuild it with "
            "tf_keras.Sequential or tf_keras.Model(inputs, outputs)."
        )
    if not model.built:
        raise ExportError(
            f"The model {model.name!r} is not built yet. Give it an Input layer or call it once."
        )
    kinds = {kind.__name__ for kind in type(model).__mro__}
    class_name = "Sequential" if "Sequential" in kinds else "Functional"
    config = modern_config(class_name, config)
    graph = graph_from_config(class_name, config, _arrays(model))
    modernize_graph(graph, keras_2=True)
    return graph


def _arrays(model: KerasModel, prefix: LayerPath = ()) -> dict[LayerPath, Weights]:
    arrays: dict[LayerPath, Weights] = {}
    for layer in model.layers:
        path = (*prefix, str(layer.name))
        if type(layer).__name__ in MODEL_CLASSES:
            arrays |= _arrays(layer, path)
        else:
            arrays[path] = {_variable(weight): weight.numpy() for weight in layer.weights}
    return arrays


def _variable(weight: Any) -> str:
    return str(weight.name).rpartition("/")[2].partition(":")[0]
