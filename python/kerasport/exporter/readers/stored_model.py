"""Models that are stored as one configuration and arrays by name: HDF5, TensorFlow.js."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import ExportError, ModelError
from kerasport.exporter.graph.graph import Graph, Node, Weights
from kerasport.exporter.readers.configuration import MODEL_CLASSES, graph_from_config
from kerasport.exporter.readers.layer_path import LayerPath
from kerasport.exporter.readers.legacy import modern_config
from kerasport.exporter.readers.legacy_graph import modernize_graph
from kerasport.exporter.refusal import Refusal, refuse

__all__ = ["StoredModel", "assign", "read_stored", "refuse_code"]


@dataclass(frozen=True)
class StoredModel:
    """A model out of a file that nothing was built from yet.

    `model_config` is that of the file for Keras 2, and what `modern_config` made of it for Keras 3.
    """

    model_config: Mapping[str, Any]
    arrays: Mapping[LayerPath, Weights]
    graph: Graph
    keras_2: bool


def read_stored(
    model_config: Mapping[str, Any], arrays: Mapping[str, NDArray[np.generic]], *, keras_2: bool
) -> StoredModel:
    """Return a stored model with its graph, whichever Keras or TensorFlow.js wrote it.

    Args:
        model_config: class name and configuration, as `model.to_json()` gives them.
        arrays: weights by a name that ends in the layer's and the variable's, like
            `sequential/conv2d/kernel`.
        keras_2: whether Keras 2 or TensorFlow.js made it; else Keras 3.

    Raises:
        ExportError: weights are missing, belong to no layer, or the model has Lambda layers.
    """
    class_name = str(model_config.get("class_name"))
    if class_name not in MODEL_CLASSES:
        raise ModelError(
            f"The file holds a model of class {class_name!r}. Expected Sequential or Functional: "
            "a subclassed model has no list of layers to convert."
        )
    refuse_code(model_config)
    config = modern_config(class_name, model_config["config"])
    if not keras_2:
        _mark_operations(config)
    by_layer = assign(config, arrays)
    graph = graph_from_config(class_name, config, by_layer)
    modernize_graph(graph, keras_2=keras_2)
    stored = model_config if keras_2 else {"class_name": class_name, "config": config}
    return StoredModel(stored, by_layer, graph, keras_2)


def refuse_code(model_config: Any) -> None:
    """Refuse layers that hold Python code, before anything could run it."""
    names = [str(config.get("name", "lambda")) for config in _lambdas(model_config)]
    refuse(
        [
            Refusal(
                Node(name, "Lambda", {}),
                "it holds Python code, which cannot be read as layers and is not run",
                "rebuild the model with layers in its place (Rescaling for a scaling), or leave "
                "it out and give its scaling with --rescaling",
            )
            for name in names
        ]
    )


def _lambdas(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if value.get("class_name") == "Lambda":
            yield value.get("config", {})
        value = list(value.values())
    if isinstance(value, list):
        for child in value:
            yield from _lambdas(child)


def _mark_operations(config: dict[str, Any]) -> None:
    """Tell operations on tensors from layers of the same name, in place.

    The legacy format drops the module of each layer; an operation has no data type of its own.
    """
    for layer in config["layers"]:
        if "layers" in layer["config"]:
            _mark_operations(layer["config"])
        elif (
            "inbound_nodes" in layer
            and "module" not in layer
            and not {"dtype", "trainable", "batch_shape"} & set(layer["config"])
        ):
            layer["module"] = "keras.ops"


def assign(
    config: Mapping[str, Any], arrays: Mapping[str, NDArray[np.generic]]
) -> dict[LayerPath, Weights]:
    """Return the weights of each layer by its path of names.

    Converters write `layer/variable`, with the names of enclosing models before it or without;
    layers' own names may hold slashes. The longest layer name that fits wins, then the path that
    has most of its enclosing names in the weight's.
    """
    layers = list(_paths(config))
    assigned: dict[LayerPath, Weights] = {}
    homeless = []
    for name, array in arrays.items():
        place, _, variable = name.rpartition("/")
        outer = f"/{place}/"
        fitting = [path for path in layers if outer.endswith(f"/{path[-1]}/")]
        if not fitting:
            # A layer of layers, such as attention: the variable's name keeps the inner layer's.
            fitting = [path for path in layers if f"/{path[-1]}/" in outer]
        if not fitting:
            homeless.append(name)
            continue
        path = max(
            fitting, key=lambda path: (len(path[-1]), sum(f"/{each}/" in outer for each in path))
        )
        weights = assigned.setdefault(path, {})
        variable = outer.rpartition(f"/{path[-1]}/")[2] + variable
        if variable in weights:
            raise ExportError(
                f"Two weights are called {variable!r} in the layer {path[-1]!r}. Expected layer "
                "names that are unique; rename the layers and save or convert the model again."
            )
        weights[variable] = array
    if homeless:
        raise ExportError(
            f"The weights {', '.join(map(repr, homeless[:5]))} belong to no layer of the model. "
            "Expected names like 'layer/kernel'; the configuration and the weights are of "
            "different models, or the converter is not known."
        )
    return {path: _without_old_name(weights) for path, weights in assigned.items()}


def _without_old_name(weights: Weights) -> Weights:
    """Return weights by variable alone where a layer was renamed after it had named them."""
    prefixes = {name.rpartition("/")[0] for name in weights}
    if len(prefixes) > 1:
        return weights
    return {name.rpartition("/")[2]: array for name, array in weights.items()}


def _paths(config: Mapping[str, Any], prefix: LayerPath = ()) -> Iterator[LayerPath]:
    for layer in config["layers"]:
        path = (*prefix, str(layer["config"]["name"]))
        if layer["class_name"] in MODEL_CLASSES:
            yield from _paths(layer["config"], path)
        else:
            yield path
