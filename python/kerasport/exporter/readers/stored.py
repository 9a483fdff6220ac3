"""Models as they lie in files: one configuration, and arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import ExportError, ModelError
from kerasport.exporter.graph.graph import Graph, Weights
from kerasport.exporter.readers.configuration import MODEL_CLASSES, graph_from_config
from kerasport.exporter.readers.layer_path import LayerPath
from kerasport.exporter.readers.legacy import modern_config
from kerasport.exporter.readers.legacy_graph import modernize_graph
from kerasport.exporter.readers.recognized import check_recognized
from kerasport.exporter.readers.saved_weights import name_saved_weights

__all__ = [
    "Source",
    "StoredModel",
    "assign",
    "read_stored",
    "recognized_config",
    "relative_name",
    "stored_model",
    "without_old_name",
]


Source = Literal["archive", "hdf5", "manifest", "saved-model"]
"""Where the weights were: a `.keras` archive, an HDF5 file, a `weightsManifest`, a checkpoint."""


@dataclass(frozen=True)
class StoredModel:
    """A model out of a file that nothing was built from yet. All of it was recognized.

    Attributes:
        model_config: that of the file for Keras 2, what `modern_config` made of it for Keras 3.
        arrays: weights by the path of their layer and their name, in the order of the file, which
            is that of Keras' own variables everywhere but in a manifest.
        graph: its layers, as Keras 3 would have them.
        keras_2: whether Keras 2 or TensorFlow.js made it; else Keras 3.
        source: where the weights were.
        saved: of an archive, the weights by their paths in `model.weights.h5`.
    """

    model_config: Mapping[str, Any]
    arrays: Mapping[LayerPath, Weights]
    graph: Graph
    keras_2: bool
    source: Source = "manifest"
    saved: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)


def read_stored(
    model_config: Mapping[str, Any],
    arrays: Mapping[str, NDArray[np.generic]],
    *,
    keras_2: bool,
    source: Source = "manifest",
) -> StoredModel:
    """Return a stored model with its graph, whichever Keras or TensorFlow.js wrote it.

    Args:
        model_config: class name and configuration, as `model.to_json()` gives them.
        arrays: weights by a name that ends in the layer's and the variable's, like
            `sequential/conv2d/kernel`; of an archive by their paths in `model.weights.h5`.
        keras_2: whether Keras 2 or TensorFlow.js made it; else Keras 3.
        source: where the weights were.

    Raises:
        ExportError: weights are missing, belong to no layer, or the configuration holds what is
            not recognized.
        ModelError: it is no configuration of layers.
    """
    class_name, config = recognized_config(model_config, keras_2=keras_2)
    if source == "archive":
        by_layer = name_saved_weights(class_name, config, arrays)
        return stored_model(
            model_config, by_layer, keras_2=keras_2, source=source, saved=dict(arrays)
        )
    return stored_model(model_config, assign(config, arrays), keras_2=keras_2, source=source)


def recognized_config(
    model_config: Mapping[str, Any], *, keras_2: bool
) -> tuple[str, dict[str, Any]]:
    """Return the class and the configuration of a model as Keras 3 writes it, all recognized.

    Raises:
        ExportError: it holds what is not recognized.
        ModelError: it is no configuration of layers.
    """
    class_name = str(model_config.get("class_name"))
    if class_name not in MODEL_CLASSES:
        raise ModelError(
            f"The file holds a model of class {class_name!r:.200}. Expected Sequential or "
            "Functional: a subclassed model has no list of layers to convert."
        )
    check_recognized(model_config)
    config = modern_config(class_name, model_config["config"])
    if not keras_2:
        _mark_operations(config)
    return class_name, config


def stored_model(
    model_config: Mapping[str, Any],
    by_layer: Mapping[LayerPath, Weights],
    *,
    keras_2: bool,
    source: Source,
    saved: Mapping[str, NDArray[np.generic]] | None = None,
) -> StoredModel:
    """Return a stored model whose weights are by layer already; see `read_stored`."""
    class_name, config = recognized_config(model_config, keras_2=keras_2)
    graph = graph_from_config(class_name, config, by_layer)
    modernize_graph(graph, keras_2=keras_2)
    stored = model_config if keras_2 else {"class_name": class_name, "config": config}
    return StoredModel(stored, by_layer, graph, keras_2, source, saved or {})


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
    layers: dict[str, list[LayerPath]] = {}
    for path in _paths(config):
        layers.setdefault(path[-1], []).append(path)
    assigned: dict[LayerPath, Weights] = {}
    homeless = []
    for name, array in arrays.items():
        place, _, variable = name.rpartition("/")
        outer = f"/{place}/"
        fitting = _fitting(layers, place.split("/"))
        if not fitting:
            homeless.append(name)
            continue
        path = max(
            fitting, key=lambda path: (len(path[-1]), sum(f"/{each}/" in outer for each in path))
        )
        weights = assigned.setdefault(path, {})
        variable = relative_name(name, path[-1])
        if variable in weights:
            raise ExportError(
                f"Two weights are called {variable!r} in the layer {path[-1]!r}. Expected layer "
                "names that are unique; rename the layers and save or convert the model again."
            )
        weights[variable] = array
    if homeless:
        raise ExportError(
            f"The weights {', '.join(f'{each!r:.200}' for each in homeless[:5])} belong to no "
            "layer of the model. "
            "Expected names like 'layer/kernel'; the configuration and the weights are of "
            "different models, or the converter is not known."
        )
    return {path: without_old_name(weights) for path, weights in assigned.items()}


def _fitting(layers: Mapping[str, list[LayerPath]], parts: list[str]) -> list[LayerPath]:
    """Return the layers whose name ends a weight's place, else those whose name is in it."""
    parts = parts[-_MAX_PARTS:]
    count = len(parts)
    found = [path for start in range(count) for path in layers.get("/".join(parts[start:]), [])]
    if found:
        return found
    # A layer of layers, such as attention: the variable's name keeps the inner layer's.
    return [
        path
        for start in range(count)
        for end in range(start + 1, count)
        for path in layers.get("/".join(parts[start:end]), [])
    ]


_MAX_PARTS = 64
"""How many parts of a weight's name are looked at: slashes in names are rare."""


def relative_name(name: str, layer: str) -> str:
    """Return what a weight is called inside its layer: `query/kernel` of `mha/query/kernel`."""
    place, _, variable = name.rpartition("/")
    return f"/{place}/".rpartition(f"/{layer}/")[2] + variable


def without_old_name(weights: Weights) -> Weights:
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
