"""The original of a model that was read from a file, built anew.

The file itself is given to no loader. Keras, or tf_keras for models of Keras 2 and TensorFlow.js,
builds the layers from a configuration that `rewriting` wrote, and receives the arrays in the order
in which it lists its own variables, or from an archive that is written here. So neither how the
graph was read nor how its weights were named is taken over from `readers`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import KerasportError, ModelError
from kerasport.exporter.answering.rewriting import Rewriting
from kerasport.exporter.graph.graph import Weights
from kerasport.exporter.readers import StoredModel
from kerasport.exporter.readers.configuration import MODEL_CLASSES
from kerasport.exporter.readers.layer_path import LayerPath
from kerasport.exporter.readers.tf_keras_models import import_tf_keras, names_in_tf_keras
from kerasport.exporter.readers.variables import variable_names
from kerasport.files import scratch_folder
from kerasport.models import import_keras
from kerasport.models.loading import KerasModel

__all__ = ["build_original"]


def build_original(
    stored: StoredModel, dtype: Literal["float32", "float64"] = "float32"
) -> KerasModel:
    """Return a model of Keras 3, or of tf_keras, built from what was read.

    Args:
        stored: the model as it was read.
        dtype: what it computes in. `Resizing`, `UpSampling2D` other than nearest and the operation
            `resize` compute in float32 all the same: TensorFlow's kernels know nothing else.

    Raises:
        ModelError: this Keras cannot build it.
        KerasportError: it is of Keras 2, and tf_keras is not installed.
    """
    package = import_tf_keras() if stored.keras_2 else import_keras()
    logger = logging.getLogger("tensorflow")
    level = logger.level
    # It warns of old formats; what matters here arrives as an exception.
    logger.setLevel(logging.ERROR)
    try:
        entry = Rewriting(package, keras_2=stored.keras_2, dtype=dtype).model(stored.model_config)
        if stored.keras_2:
            model = package.layers.deserialize(entry)
        else:
            model = package.saving.deserialize_keras_object(entry)
        if stored.source == "archive":
            _fill_from_archive(model, stored.saved)
        else:
            _fill(model, stored, ())
        return model
    except KerasportError:
        raise
    except Exception as error:
        # Keras raises whatever its layers, TensorFlow and json raise.
        reason = " ".join(str(error).split())
        raise ModelError(
            f"{package.__name__} {package.__version__} cannot build the model: "
            f"{type(error).__name__}: {reason:.300}. Expected a model of built-in layers, with "
            "weights that fit its configuration."
        ) from error
    finally:
        logger.setLevel(level)


def _fill(model: KerasModel, stored: StoredModel, prefix: LayerPath) -> None:
    """Give every layer its arrays; Keras compares their number and their shapes."""
    for layer in model.layers:
        path = (*prefix, str(layer.name))
        if type(layer).__name__ in MODEL_CLASSES and hasattr(layer, "layers"):
            _fill(layer, stored, path)
        elif layer.weights:
            arrays = stored.arrays.get(path, {})
            layer.set_weights(list(_in_order(layer, arrays, stored)))


def _in_order(layer: Any, arrays: Weights, stored: StoredModel) -> Iterator[NDArray[np.generic]]:
    """Yield a layer's arrays in the order of its variables.

    Keras saves them in this order, and loads them by it; only a manifest goes by names.
    """
    names = names_in_tf_keras(layer) if stored.keras_2 else variable_names(layer)
    if stored.source == "manifest" and set(names) == set(arrays):
        yield from (arrays[name] for name in names)
    else:
        yield from arrays.values()


def _fill_from_archive(model: KerasModel, saved: Mapping[str, NDArray[np.generic]]) -> None:
    """Have Keras find the variables by its own way through layers, in a file written here."""
    import h5py

    with scratch_folder() as folder:
        path = folder / "original.weights.h5"
        with h5py.File(path, "w") as file:
            # tf_keras looks for it, although a model has no variables of its own.
            file.create_group("vars")
            for name, array in saved.items():
                # Keras 2.12 and 2.13 gave the group of layers another name, on Windows with
                # another separator.
                place = name.replace("\\", "/").replace("_layer_checkpoint_dependencies", "layers")
                file.create_dataset(place, data=array)
        model.load_weights(path)
