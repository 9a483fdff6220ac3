"""Whole models in one HDF5 file, as Keras 2 and Keras 3 save them with the ending `.h5`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import ModelError
from kerasport.exporter.containers import Hdf5Content, parse_json, read_hdf5
from kerasport.exporter.readers.stored_model import StoredModel, read_stored

__all__ = ["named_arrays", "read_hdf5_model"]

_EXPECTED = "a whole-model .h5 file"
_ROOT = "/model_weights"


def read_hdf5_model(path: Path) -> StoredModel:
    """Return the model in an HDF5 file.

    Raises:
        ModelError: the file is damaged, or holds weights only.
        ExportError: it holds what is not recognized.
    """
    content = read_hdf5(path, f"'{path}'", expected=_EXPECTED, skip=("optimizer_weights",))
    text = content.text("/", "model_config")
    if text is None:
        raise ModelError(
            f"'{path}' holds weights without a model. Expected a whole model. Give the JSON of "
            "model.to_json() with the weights beside it, or --architecture for a model of "
            "keras.applications; or build the model in Python, load the weights into it, and save "
            "it with model.save()."
        )
    config = parse_json(text, f"The model_config in '{path}'", expected=_EXPECTED)
    if not isinstance(config, dict):
        raise ModelError(
            f"'{path}' holds no model: its model_config is not an object. Expected {_EXPECTED}."
        )
    version = content.text("/", "keras_version") or "2"
    return read_stored(
        config, named_arrays(content, path), keras_2=not version.startswith("3"), source="hdf5"
    )


def named_arrays(
    content: Hdf5Content, path: Path, root: str = _ROOT
) -> dict[str, NDArray[np.generic]]:
    """Return the weights by `layer/.../variable`, in the order in which Keras lists them."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for layer in content.texts(root or "/", "layer_names"):
        for name in content.texts(f"{root}/{layer}", "weight_names"):
            place = f"{root}/{layer}/{name}"
            if place not in content.arrays:
                raise ModelError(
                    f"'{path}' lists the weight {name!r:.200} of the layer {layer!r:.200} and does "
                    f"not hold it. Expected {_EXPECTED}; save it again."
                )
            arrays[f"{layer}/{name.partition(':')[0]}"] = content.arrays[place]
    return arrays
