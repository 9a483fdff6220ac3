"""Models in two halves: an architecture as JSON or by name, and weights in an HDF5 file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.errors import ModelError, UsageError
from kerasport.exporter.containers import Hdf5Content, read_hdf5, read_json
from kerasport.exporter.readers.detection import refuse_pointer
from kerasport.exporter.readers.hdf5_models import named_arrays
from kerasport.exporter.readers.stored_model import Source, StoredModel, read_stored
from kerasport.models import import_keras

__all__ = ["read_architecture", "read_weights_of"]

_EXPECTED = "the JSON of a Keras model, as model.to_json() gives it"
_EXPECTED_WEIGHTS = "weights as model.save_weights() writes them"


def read_architecture(path: Path) -> StoredModel:
    """Return the model in the JSON of `model.to_json()`, or an unzipped `.keras`, and its weights.

    Raises:
        ModelError: it is damaged, or its weights are not beside it.
        ExportError: it holds what is not recognized, or the weights are of another model.
    """
    config: Any = read_json(path, expected=_EXPECTED)
    if not isinstance(config, dict) or "class_name" not in config:
        raise ModelError(f"'{path}' holds no model. Expected {_EXPECTED}.")
    arrays, source = _weights(_weights_beside(path))
    return read_stored(config, arrays, keras_2=_is_keras_2(path, config), source=source)


def read_weights_of(architecture: str, path: Path) -> StoredModel:
    """Return a model of `keras.applications` with the weights in a file.

    The number of classes is that of the last layer in the file.

    Args:
        architecture: `MobileNetV2`, or with `keras.applications.` before it.
        path: an HDF5 file of weights.

    Raises:
        UsageError: there is no such model.
        ModelError: the file holds no weights, or those of a model without a classifier.
        ExportError: the weights are of another model.
    """
    keras = import_keras()
    name = architecture.removeprefix("keras.applications.")
    build = getattr(keras.applications, name, None) if name[:1].isupper() else None
    if build is None:
        known = sorted(each for each in dir(keras.applications) if each[:1].isupper())
        raise UsageError(
            f"There is no architecture {architecture!r} in keras.applications. Expected one of: "
            f"{', '.join(known)}."
        )
    arrays, source = _weights(path)
    model = build(weights=None, classes=_classes(arrays, name, path))
    config = json.loads(model.to_json())
    return read_stored(config, arrays, keras_2=False, source=source)


def _classes(arrays: Mapping[str, NDArray[np.generic]], name: str, path: Path) -> int:
    """Return the length of the last bias, which is a classifier's where there is one."""
    kernels = [array for array in arrays.values() if array.ndim == 2]
    if not kernels:
        raise ModelError(
            f"'{path}' holds the weights of {name} without its classifier (include_top=False). "
            "Expected a whole classifier: build it in Python with your own last layers, load the "
            "weights into it and give the model to kerasport.export."
        )
    return int(kernels[-1].shape[1])


def _is_keras_2(path: Path, config: Mapping[str, Any]) -> bool:
    version = config.get("keras_version")
    metadata = path.with_name("metadata.json")
    if version is None and path.name == "config.json" and metadata.is_file():
        content: Any = read_json(metadata, expected="metadata.json of Keras")
        version = content.get("keras_version") if isinstance(content, dict) else None
    # Keras 3 leaves its version out of to_json().
    return version is not None and not str(version).startswith("3")


def _weights_beside(path: Path) -> Path:
    """Return the file of weights that belongs to an architecture: its namesake, or the only one."""
    stem = re.sub(r"([._-](arch|architecture|config|model|topology))?\.json$", "", path.name)
    namesakes = [f"{stem}.weights.h5", f"{stem}.h5", f"{stem}_weights.h5", f"{stem}.hdf5"]
    if path.name == "config.json":
        namesakes.insert(0, "model.weights.h5")
    for name in namesakes:
        if path.with_name(name).is_file():
            return path.with_name(name)
    files = sorted(
        each for each in path.parent.iterdir() if each.suffix.lower() in (".h5", ".hdf5")
    )
    if len(files) == 1:
        return files[0]
    held = f"There are {', '.join(repr(each.name) for each in files[:4])}. " if files else ""
    raise ModelError(
        f"'{path}' is the architecture of a model without its weights. {held}Expected one of "
        f"{', '.join(map(repr, namesakes[:3]))} beside it, as model.save_weights() writes it; or "
        "save the whole model with model.save('model.keras')."
    )


def _weights(path: Path) -> tuple[dict[str, NDArray[np.generic]], Source]:
    """Return the weights in an HDF5 file of either kind, and which kind it is."""
    refuse_pointer(path)
    content = read_hdf5(
        path,
        f"'{path}'",
        expected=_EXPECTED_WEIGHTS,
        skip=("optimizer", "_optimizer", "optimizer_weights"),
    )
    root = "/model_weights" if _lists_layers(content, "/model_weights") else ""
    if _lists_layers(content, root or "/"):
        return named_arrays(content, path, root), "hdf5"
    if not any("/vars/" in name.replace("\\", "/") for name in content.arrays):
        raise ModelError(f"'{path}' holds no weights. Expected {_EXPECTED_WEIGHTS}.")
    return dict(content.arrays), "archive"


def _lists_layers(content: Hdf5Content, place: str) -> bool:
    return any(name.startswith("layer_names") for name in content.attributes.get(place, {}))
