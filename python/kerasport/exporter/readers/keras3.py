"""Read a Keras 3 model in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasport.errors import ExportError
from kerasport.exporter.graph.graph import Graph, Weights
from kerasport.exporter.readers.configuration import (
    MODEL_CLASSES,
    graph_from_config,
)
from kerasport.exporter.readers.expansion import expand, is_plain
from kerasport.exporter.readers.layer_path import LayerPath
from kerasport.exporter.readers.variables import variable_names
from kerasport.models import import_keras

if TYPE_CHECKING:
    import keras

__all__ = ["read_keras_model"]


def read_keras_model(model: keras.Model, *, image_size: tuple[int, int] | None = None) -> Graph:
    """Return the graph of a built Keras 3 model with one input and one output.

    A model counts by how it is built, not by the name of its class: one that is derived from
    keras.Model and made of inputs and outputs is as good as any. Where layers of somebody's own
    are inside, they are gone through.

    Args:
        model: a model in memory.
        image_size: height and width that an input of any size is given.

    Raises:
        ExportError: the model has no list of layers, is not built, or has several inputs or
            outputs.
    """
    keras = import_keras()
    if not isinstance(model, (keras.src.models.functional.Functional, keras.Sequential)):
        raise ExportError(
            f"The model {model.name!r} is a {type(model).__name__}. Expected a Sequential or "
            "Functional model: a subclassed one has no list of layers to convert. Give it an "
            "input: keras.Model(inputs, model(inputs)) with inputs = keras.Input(shape=(height, "
            "width, channels)). Or rebuild it with keras.Sequential or keras.Model(inputs, "
            "outputs)."
        )
    if not model.built:
        raise ExportError(
            f"The model {model.name!r} is not built yet. Give it an Input layer or call it once."
        )
    shape = tuple(model.input_shape[1:]) if len(model.inputs) == 1 else ()
    if image_size is not None and len(shape) == 3:
        if any(side not in (None, own) for side, own in zip(shape, image_size, strict=False)):
            raise ExportError(
                f"The model {model.name!r} takes pictures of {shape[0]}x{shape[1]}, and its "
                f"preprocessor makes them {image_size[0]}x{image_size[1]}. Expected one size for "
                "both."
            )
        if None in shape:
            return expand(model, (*image_size, shape[2]))
    if not is_plain(model):
        return expand(model, shape)
    return graph_from_config(type(model).__name__, model.get_config(), _arrays(model))


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
