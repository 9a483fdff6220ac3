"""Importing tf_keras, the package that Keras 2 lives on in."""

from __future__ import annotations

from typing import Any

from kerasport.errors import ExportError, missing_extra
from kerasport.exporter.graph.graph import Graph, Weights
from kerasport.exporter.readers.configuration import MODEL_CLASSES, graph_from_config
from kerasport.exporter.readers.layer_path import LayerPath
from kerasport.exporter.readers.legacy import modern_config
from kerasport.exporter.readers.legacy_graph import modernize_graph
from kerasport.models import import_keras
from kerasport.models.loading import KerasModel

__all__ = ["graph_from_tf_keras", "import_tf_keras", "names_in_tf_keras"]


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
        raise missing_extra("legacy", "Running a model of Keras 2") from None
    return tf_keras


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
            names = names_in_tf_keras(layer)
            arrays[path] = {
                name: weight.numpy() for name, weight in zip(names, layer.weights, strict=True)
            }
    return arrays


def names_in_tf_keras(layer: Any) -> list[str]:
    """Return a name for each weight of a layer, `query/kernel` in a layer of layers."""
    names = [str(weight.name).partition(":")[0] for weight in layer.weights]
    inside = [f"/{name}".rpartition(f"/{layer.name}/")[2] for name in names]
    if len({name.rpartition("/")[0] for name in inside}) > 1:
        return inside
    return [name.rpartition("/")[2] for name in inside]
